/* SPDX-License-Identifier: BSD-2-Clause */
/* VMX on one CPU: the backend's state of the CPU, VMX on and off, self-test, translations. */
#pragma once

#include "vmx/caps.h"

struct vm;
struct vmx_vcpu;

/* Filled by vmx_cpu_enable. */
struct backend_cpu {
	struct vmx_controls controls;
	u32 revision; /* identifier of VMCS and VMXON regions */
	void *vmxon_region;
	bool rdtscp;
	bool ibpb;		 /* the CPU has an indirect branch prediction barrier, */
	bool flush_l1d;		 /* ... a way to empty its first data cache, */
	bool verw;		 /* ... and its buffers (SDM 2B "VERW", MD_CLEAR) */
	struct vmx_vcpu *loaded; /* its VMCS is current, its FPU and registers are in this CPU */
};

/* struct virt_ops: cpu_enable, cpu_test, cpu_disable, nested_leaf_level. */
enum status vmx_cpu_enable(struct error *err) must_check;
enum status vmx_selftest(struct error *err) must_check; /* vmx/selftest.c */
void vmx_cpu_disable(void);
u8 vmx_cpu_leaf_level(void);

/* Drops this CPU's translations under this EPTP; under both roots that every vCPU of vm has. */
void vmx_cpu_flush(u64 eptp);
void vmx_cpu_flush_vm(const struct vm *vm);
