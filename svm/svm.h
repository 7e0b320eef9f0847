/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of svm/ share: the backend's vCPU and CPU, and the functions
 * between them. Nothing outside svm/ includes this but the line that chooses.
 */
#pragma once

#include "core/base/addr.h"
#include "core/guest/vcpu.h"
#include "core/host/virt.h"
#include "svm/vmcb.h"

extern const struct virt_ops svm_ops;

/* Blocking of NMIs, which hardware without virtual NMIs leaves to us. */
enum svm_nmi_state {
	SVM_NMI_OPEN,
	SVM_NMI_BLOCKED, /* until IRET, which is intercepted */
	SVM_NMI_IRET,	 /* the IRET at iret_rip has been reached, not yet executed */
};

/* What the exit to come has to undo. */
enum svm_after {
	SVM_AFTER_STEP =
		1 << 0, /* TF is set by us, so that the guest exits after one instruction */
	SVM_AFTER_INJECT = 1 << 1, /* EVENTINJ is set */
	SVM_AFTER_FLUSH = 1 << 2,  /* the TLB is flushed at entry */
};

struct svm_vcpu {
	struct vcpu vcpu; /* first: svm/entry.asm finds both at one address */
	struct vmcb *vmcb;
	u64 vmcb_pa;
	u64 asid_generation; /* of the CPU that gave the ASID; 0: none */
	enum svm_nmi_state nmi;
	u64 iret_rip;
	u8 after;	  /* enum svm_after */
	u8 tpr;		  /* V_TPR as the APIC knows it */
	u8 apic_mode;	  /* enum apic_mode in which hardware runs the APIC; disabled: not */
	u32 avic_control; /* of int_ctl, for that */
	u32 avic_id;	  /* ... and the APIC ID it has in the tables */
	bool next_rip;	  /* hardware stores the next RIP */
	bool step_trap;	  /* SVM_AFTER_STEP: TF was set by the guest before */
	bool step_iret;	  /* ... it is for the IRET at iret_rip, which loads a TF of the guest's own
			   */
	/* State the host never uses, while another vCPU has the CPU. */
	u64 dr[4];
	u64 tsc_aux;
	void *fpu; /* XSAVE area, or FXSAVE's where there is no XSAVE */
};

/* Per CPU: filled by svm_cpu_enable. */
struct backend_cpu {
	u64 host_vmcb; /* physical; what VMLOAD restores after each exit */
	void *host_save;
	u64 asid_generation; /* >= 1 */
	u32 asid_next, asid_count;
	bool flush_all; /* ASIDs are being used again: the next entry must flush */
	u64 vm_cr;	/* as the firmware left it, for cpu_disable */
	u64 de_cfg;	/* likewise */
	bool has_de_cfg;
	bool next_rip; /* NRIPS: hardware stores the next RIP */
	bool rdtscp;
	bool ibpb;		   /* the CPU has an indirect branch prediction barrier */
	bool exit_after_injection; /* svm_inject's; for QEMU's TCG */
	struct svm_vcpu *loaded;   /* whose FPU, debug registers, XCR0 are in this CPU */
};

enum { MSR_MAP_PAGES = 2 };

static inline struct svm_vcpu *svm_of(struct vcpu *vcpu)
{
	return (struct svm_vcpu *)vcpu;
}

/* svm/entry.asm */
void svm_run(struct svm_vcpu *v, u64 host_vmcb);
void svm_save_host(u64 host_vmcb);
void svm_enter_once(u64 vmcb); /* a guest that does not get as far as an instruction */

/* svm/selftest.c */
enum status svm_test_cpu(struct error *err) must_check;

/* svm/state.c */
void svm_set_state(struct vcpu *vcpu, const struct vcpu_state *state);
void svm_get_state(struct vcpu *vcpu, struct vcpu_state *state);
void svm_load_regs(struct svm_vcpu *v);	   /* RIP, RSP, RFLAGS from the VMCB */
void svm_store_regs(struct svm_vcpu *v);   /* and back */
void svm_load_paging(struct svm_vcpu *v);  /* of vcpu.ctl what a fetch needs */
void svm_load_control(struct svm_vcpu *v); /* all of it */
void svm_switch_in(struct svm_vcpu *v);	   /* FPU, debug registers, XCR0 into this CPU */
void svm_switch_out(struct svm_vcpu *v);   /* ... and out of it, if they are there */

/* svm/svm.c */
u64 svm_msr_map(bool x2apic); /* physical; x2apic: hardware runs an APIC in that mode */

/* svm/avic.c: hardware that runs the guest's APIC */
extern struct accel_hardware svm_apic;
enum status svm_apics_create(struct vm *vm, struct error *err) must_check;
void svm_apics_destroy(struct vm *vm);
void svm_apics_follow(struct vm *vm);
void svm_apic_switch(struct svm_vcpu *v);      /* before entries: on, off, what is lent */
void svm_apic_enter(const struct svm_vcpu *v); /* around svm_run */
void svm_apic_leave(const struct svm_vcpu *v);
bool svm_apic_access(struct svm_vcpu *v); /* true: execute the instruction in software */
void svm_apic_ipi(struct svm_vcpu *v);

/* svm/msr.c: registers that the VMCB or the CPU holds */
bool svm_read_msr(struct svm_vcpu *v, unsigned place, u64 *value);
bool svm_write_msr(struct svm_vcpu *v, unsigned place, u64 value); /* false: #GP */

/* svm/inject.c */
void svm_inject(struct svm_vcpu *v);
void svm_inject_undo(struct svm_vcpu *v); /* if the guest was not entered after all */
void svm_set_windows(struct svm_vcpu *v);
unsigned svm_accepts(struct svm_vcpu *v);
void svm_requeue(struct svm_vcpu *v);  /* EXITINTINFO: an event whose delivery was interrupted */
void svm_iret(struct svm_vcpu *v);     /* the guest has reached the IRET that opens NMIs */
bool svm_step_end(struct svm_vcpu *v); /* after a step; true: a #DB that was ours alone */

/* svm/exit.c */
void svm_exit(struct svm_vcpu *v); /* called by svm_run */

/* svm/trace.c: in its stead while the trace is on */
void svm_exit_traced(struct svm_vcpu *v);

/* svm/failure.c: VMRUN refuses the VMCB, so the guest ends. */
void svm_exit_invalid(struct svm_vcpu *v);

/* After a shutdown of the guest: panics if it was the machine's own failure. */
void svm_check_machine(const struct svm_vcpu *v);
