/* SPDX-License-Identifier: BSD-2-Clause */
/* VMX's vCPU: its VMCS, and what this backend keeps beside it. */
#pragma once

#include "core/guest/vcpu.h"

enum { VMX_SWITCHED_MSRS = 6 };

struct vmx_vcpu {
	struct vcpu vcpu; /* first: vmx/entry.asm finds both at one address */
	void *vmcs;
	u64 vmcs_pa;
	const u32 *apic_page; /* hardware's virtual-APIC page: the registers of vcpu.apic */
	/*
	 * Live: its thread is in vmx_vcpu_run, its VMCS may be in its CPU. Before and
	 * after, the VMCS is clear, in memory, and any CPU may load it.
	 */
	bool live;
	bool launched; /* since the VMCS was last cleared */
	u64 host_rsp;  /* as in the VMCS */
	/* What was last written to the VMCS, or what the vCPU's own exits keep true. */
	u32 tpr; /* as in apic_page when that was last read */
	u32 proc, tpr_threshold;
	u8 apic_mode;	  /* enum apic_mode in which hardware runs the APIC; disabled: not */
	bool posts;	  /* it also takes what is posted; then interrupts are acknowledged */
	u64 eoi_exits[4]; /* the vectors whose EOI exits */
	u64 tsc_offset;
	u64 cr4;       /* as the guest reads it, in the bits that are in VMCS_CR4_MASK */
	bool uncached; /* its CR0.CD is set, and its memory-type policy has that count */
	/* While another vCPU has the CPU. */
	u64 cr2, dr6;
	u64 msr[VMX_SWITCHED_MSRS]; /* in the order of vmx/switch.c's table */
};

static inline struct vmx_vcpu *vmx_vcpu_of(struct vcpu *vcpu)
{
	return (struct vmx_vcpu *)vcpu;
}

/* struct virt_ops: vcpu_create (vm is not looked at), vcpu_destroy, vcpu_run. */
struct vcpu *vmx_vcpu_create(struct vm *vm) must_check;
void vmx_vcpu_destroy(struct vcpu *vcpu);
enum vcpu_action vmx_vcpu_run(struct vcpu *vcpu);

enum vmx_entry_result {
	VMX_ENTRY_PENDING = 0, /* the pending word is not empty */
	VMX_ENTRY_EVENT = 1,   /* an exit has left an event to inject */
	VMX_ENTRY_REFUSED = 2, /* the VMCS's controls or host state are invalid */
};

/*
 * vmx/entry.asm. The first runs the guest and handles its exits until there is
 * something else to do; the second makes one entry, false if the CPU refuses it.
 * HOST_RIP of each is the label below it, which is not to be called.
 */
enum vmx_entry_result vmx_entry_run(struct vmx_vcpu *v);
bool vmx_entry_once(struct vmx_vcpu *v) must_check;
void vmx_entry_exited(void), vmx_entry_exited_once(void);
