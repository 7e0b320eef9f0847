/* SPDX-License-Identifier: BSD-2-Clause */
/* The backend's operations for neutral code: see core/host/virt.h. */
#include "core/host/virt.h"

#include "core/model/cpuid.h"
#include "mm/pt.h"
#include "svm/accel.h"
#include "svm/caps.h"
#include "svm/cpu.h"
#include "svm/state.h"
#include "svm/vcpu.h"

extern const struct virt_ops svm_virt; /* for core/virt.c alone */

const struct virt_ops svm_virt = {
	.name = "SVM",
	.hypercall = CPUID_HYPERCALL_VMMCALL,
	.nested_format = &pt_format_npt,
	.nested_leaf_level = svm_cpu_leaf_level,
	.accel = &svm_accel,
	.accel_create = svm_accel_create,
	.accel_destroy = svm_accel_destroy,
	.accel_sync = svm_accel_sync,
	.caps = &svm_caps_table,
	.caps_read = svm_caps_read,
	.caps_check = svm_caps_check,
	.cpu_enable = svm_cpu_enable,
	.cpu_test = svm_selftest,
	.cpu_disable = svm_cpu_disable,
	.vcpu_create = svm_vcpu_create,
	.vcpu_destroy = svm_vcpu_destroy,
	.vcpu_set_state = svm_state_set,
	.vcpu_get_state = svm_state_get,
	.vcpu_run = svm_vcpu_run,
};
