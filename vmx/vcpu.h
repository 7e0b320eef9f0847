/* SPDX-License-Identifier: BSD-2-Clause */
/* VMX's vCPU: its VMCS, and the backend's own state of the vCPU. */
#pragma once

#include "core/guest/vcpu.h"

enum { VMX_SWITCHED_MSRS = 6 };

struct vmx_vcpu {
	struct vcpu vcpu; /* first: vmx/entry.asm uses one address for both */
	void *vmcs;
	u64 vmcs_pa;
	const u32 *apic_page; /* hardware's virtual-APIC page: the registers of vcpu.apic */
	/*
	 * True while the vCPU's thread is in vmx_vcpu_run: its CPU may hold its VMCS. Otherwise
	 * the VMCS is clear, all its data is in memory, and any CPU may load it.
	 */
	bool live;
	bool launched; /* since the VMCS was last cleared */
	u64 host_rsp;  /* as in the VMCS */
	/* Copies of VMCS fields, so that reading them needs no VMREAD. */
	u32 tpr; /* the value in apic_page when last read */
	u32 proc, tpr_threshold;
	u8 apic_mode;	  /* in which hardware runs the APIC; disabled: it does not */
	bool posts;	  /* posted interrupts are on, and with them "acknowledge on exit" */
	u64 eoi_exits[4]; /* the vectors whose EOI exits */
	u64 tsc_offset;
	u64 cr4;       /* as the guest reads it, in the bits that are in VMCS_CR4_MASK */
	bool uncached; /* the guest's CR0.CD is set and has effect (memory-type policy) */
	/* Valid while the vCPU is not loaded in a CPU. */
	u64 cr2, dr6;
	u64 msr[VMX_SWITCHED_MSRS]; /* in the order of vmx/switch.c's table */
};

static inline struct vmx_vcpu *vmx_vcpu_of(struct vcpu *vcpu)
{
	return (struct vmx_vcpu *)vcpu;
}

/* These implement vcpu_create, vcpu_destroy and vcpu_run of struct virt_ops. */
struct vcpu *vmx_vcpu_create(struct vm *vm) must_check;
void vmx_vcpu_destroy(struct vcpu *vcpu);
enum vcpu_action vmx_vcpu_run(struct vcpu *vcpu);

enum vmx_entry_result {
	VMX_ENTRY_PENDING = 0, /* the pending word is not empty */
	VMX_ENTRY_EVENT = 1,   /* an exit's handling has left an event to inject */
	VMX_ENTRY_REFUSED = 2, /* the VMCS's controls or host state are invalid */
};

/*
 * vmx/entry.asm. vmx_entry_run runs the guest and handles its exits until one of the results
 * above. vmx_entry_once makes one entry; false if the CPU refuses it. The two labels below
 * are the values of HOST_RIP for these functions, and must not be called.
 */
enum vmx_entry_result vmx_entry_run(struct vmx_vcpu *v);
bool vmx_entry_once(struct vmx_vcpu *v) must_check;
void vmx_entry_exited(void), vmx_entry_exited_once(void);
