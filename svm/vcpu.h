/* SPDX-License-Identifier: BSD-2-Clause */
/* SVM's vCPU: its VMCB, and the backend's own state of the vCPU. */
#pragma once

#include "core/guest/vcpu.h"
#include "svm/vmcb.h"

/* Blocking of NMIs, which hardware without virtual NMIs leaves to software. */
enum svm_nmi_state {
	SVM_NMI_OPEN,
	SVM_NMI_BLOCKED, /* until IRET, which is intercepted */
	SVM_NMI_IRET,	 /* the guest has reached, not yet executed, the IRET at iret_rip */
};

/* Properties of one entry that the next exit must undo. */
enum svm_after {
	SVM_AFTER_STEP = 1 << 0,   /* we set TF, so that the guest exits after one instruction */
	SVM_AFTER_INJECT = 1 << 1, /* EVENTINJ is set */
	SVM_AFTER_FLUSH = 1 << 2,  /* the TLB is flushed at entry */
};

struct svm_vcpu {
	struct vcpu vcpu; /* first: svm/entry.asm uses one address for both */
	struct vmcb *vmcb;
	u64 vmcb_pa;
	u64 asid_generation; /* of the CPU that gave the ASID; 0: none */
	enum svm_nmi_state nmi;
	u64 iret_rip;
	u8 after;	  /* enum svm_after */
	u8 tpr;		  /* V_TPR as the APIC's model last knew it */
	u8 apic_mode;	  /* enum apic_mode in which hardware runs the APIC, or disabled */
	u32 avic_control; /* bits of int_ctl for that mode */
	u32 avic_id;	  /* APIC ID of the vCPU's entry in AVIC's tables */
	bool next_rip;	  /* hardware stores the next RIP */
	bool step_trap;	  /* SVM_AFTER_STEP: the guest itself had set TF */
	bool step_iret;	  /* SVM_AFTER_STEP: the step is the IRET at iret_rip, which loads TF */
	u64 tsc_aux;	  /* valid while the vCPU is not loaded in a CPU */
};

static inline struct svm_vcpu *svm_vcpu_of(struct vcpu *vcpu)
{
	return (struct svm_vcpu *)vcpu;
}

/* struct virt_ops: vcpu_create, vcpu_destroy, vcpu_run. */
struct vcpu *svm_vcpu_create(struct vm *vm) must_check;
void svm_vcpu_destroy(struct vcpu *vcpu);
enum vcpu_action svm_vcpu_run(struct vcpu *vcpu);

/*
 * svm/entry.asm. svm_entry_run runs the guest and handles its exits until the pending word
 * is not empty. svm_entry_once makes one entry of a guest that exits before its first
 * instruction. VMCBs are physical addresses.
 */
void svm_entry_run(struct svm_vcpu *v, u64 host_vmcb);
void svm_entry_once(u64 vmcb);
