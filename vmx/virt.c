/* SPDX-License-Identifier: BSD-2-Clause */
/* The backend's operations for neutral code: see core/host/virt.h. */
#include "core/host/virt.h"

#include "core/model/cpuid.h"
#include "mm/pt.h"
#include "vmx/accel.h"
#include "vmx/caps.h"
#include "vmx/cpu.h"
#include "vmx/state.h"
#include "vmx/vcpu.h"

extern const struct virt_ops vmx_virt; /* for core/virt.c alone */

const struct virt_ops vmx_virt = {
	.name = "VMX",
	.hypercall = CPUID_HYPERCALL_VMCALL,
	.nested_format = &pt_format_ept,
	.nested_leaf_level = vmx_cpu_leaf_level,
	.accel = &vmx_accel,
	.caps = &vmx_caps_table,
	.caps_read = vmx_caps_read,
	.caps_check = vmx_caps_check,
	.cpu_enable = vmx_cpu_enable,
	.cpu_test = vmx_selftest,
	.cpu_disable = vmx_cpu_disable,
	.vcpu_create = vmx_vcpu_create,
	.vcpu_destroy = vmx_vcpu_destroy,
	.vcpu_set_state = vmx_state_set,
	.vcpu_get_state = vmx_state_get,
	.vcpu_run = vmx_vcpu_run,
};
