/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of vmx/ share: the backend's vCPU and CPU, and the functions
 * between them. Nothing outside vmx/ includes this but the line that chooses.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/x86.h"
#include "core/guest/vcpu.h"
#include "core/host/traps.h"
#include "core/host/virt.h"
#include "vmx/caps.h"
#include "vmx/vmcs.h"

extern const struct virt_ops vmx_ops;

enum { VMX_SWITCHED_MSRS = 6 };

struct vmx_vcpu {
	struct vcpu vcpu; /* first: vmx/entry.asm finds both at one address */
	void *vmcs;
	u64 vmcs_pa;
	const u32 *apic_page; /* hardware's virtual-APIC page: the registers of vcpu.apic */
	/*
	 * Live: its thread is in vcpu_run, its VMCS may be in its CPU. Before and
	 * after it is clear, in memory, for any CPU to load.
	 */
	bool live;
	bool launched; /* since the VMCS was last cleared */
	u64 host_rsp;  /* as in the VMCS */
	/* What was last written to the VMCS, and what its own exits keep true. */
	u32 tpr; /* as in apic_page when it was last looked at */
	u32 proc, tpr_threshold;
	u8 apic_mode;	  /* enum apic_mode in which hardware runs the APIC; disabled: not */
	bool posts;	  /* ... and takes what is posted; then interrupts are acknowledged */
	u64 eoi_exits[4]; /* ... and the vectors whose EOI exits */
	u64 tsc_offset;
	u64 cr4;       /* as the guest reads it, in the bits that are in VMCS_CR4_MASK */
	bool uncached; /* its CR0.CD is set, and its policy has that count */
	/* State the host never uses, while another vCPU has the CPU. */
	u64 cr2, dr[4], dr6;
	u64 msr[VMX_SWITCHED_MSRS]; /* in the order of vmx/switch.c's table */
	void *fpu;		    /* XSAVE area, or FXSAVE's where there is no XSAVE */
};

/* What a VMCS says of the VM. */
struct vmx_guest {
	u64 io_bitmaps; /* physical; IO_BITMAP_PAGES */
	u64 apic_page;	/* physical; the vCPU's */
	u64 eptp;
	u64 cr4; /* bits the guest may have */
};

/* Per CPU: filled by cpu_enable. */
struct backend_cpu {
	struct vmx_controls controls;
	u32 revision; /* identifier of VMCS and VMXON regions */
	void *vmxon_region;
	bool rdtscp;
	bool ibpb;	/* the CPU has an indirect branch prediction barrier, */
	bool flush_l1d; /* ... a way to empty its first data cache, */
	bool verw;	/* ... and its buffers (SDM 2B "VERW", MD_CLEAR) */
	struct vmx_vcpu
		*loaded; /* whose VMCS is current, whose FPU and registers are in this CPU */
};

/* INVEPT's operand (SDM 3C "INVEPT"). */
struct vmx_invept {
	u64 eptp, reserved_8;
};
enum { INVEPT_SINGLE = 1, INVEPT_ALL = 2 };

enum { IO_BITMAP_PAGES = 2 };

enum vmx_run_result {
	VMX_RUN_PENDING = 0, /* the pending word is not empty */
	VMX_RUN_EVENT = 1,   /* an exit has left an event to inject */
	VMX_RUN_REFUSED = 2, /* the VMCS's controls or host state are invalid */
};

static inline struct vmx_vcpu *vmx_of(struct vcpu *vcpu)
{
	return (struct vmx_vcpu *)vcpu;
}

/* vmx/vmcs.c: fields of the current VMCS. That they exist is our own affair. */
_Noreturn void vmcs_failed(const char *instruction, u64 field);

static inline u64 vmcs_read(u64 field)
{
	u64 value;

	if (!x86_vmread(field, &value))
		vmcs_failed("VMREAD", field);
	return value;
}

static inline void vmcs_write(u64 field, u64 value)
{
	if (!x86_vmwrite(field, value))
		vmcs_failed("VMWRITE", field);
}

/* The current VMCS: guest fields that vmx_set_state does not set; and all that depends on the CPU.
 */
void vmx_init_guest(void);
void vmx_init_for_cpu(struct vmx_vcpu *v, const struct vmx_guest *guest);

/* Long mode, which VM entry takes from a control, as the guest's EFER says. */
void vmx_set_entry_controls(u64 efer);

/* vmx/entry.asm */
enum vmx_run_result vmx_run(struct vmx_vcpu *v);
bool vmx_enter_once(struct vmx_vcpu *v) must_check;
void vmx_exit_point(void), vmx_exit_once(void); /* HOST_RIP of each, not to be called */
/* Addresses of physical addresses; false: the CPU refuses. */
bool vmx_on(const u64 *region) must_check;
bool vmx_clear(const u64 *vmcs) must_check;
bool vmx_load(const u64 *vmcs) must_check;
void vmx_off(void);
bool vmx_invept(u64 type, const struct vmx_invept *what) must_check;

/* vmx/vmx.c */
struct vmx_vcpu *vmx_vcpu_alloc(void) must_check; /* NULL: no memory */
void vmx_vcpu_free(struct vmx_vcpu *v);

/* vmx/cpu.c */
enum status vmx_cpu_enable(struct error *err) must_check;
void vmx_cpu_disable(void);
u8 vmx_leaf_level(void); /* of the largest EPT leaf that every CPU enabled so far has */
u64 vmx_eptp(struct hpa root);
void vmx_flush(u64 eptp);		/* this CPU's translations of the guest that has it */
void vmx_flush_vm(const struct vm *vm); /* those of both of its views */

/* vmx/selftest.c */
enum status vmx_test_cpu(struct error *err) must_check;

/* vmx/state.c */
void vmx_set_state(struct vcpu *vcpu, const struct vcpu_state *state);
void vmx_get_state(struct vcpu *vcpu, struct vcpu_state *state);
void vmx_load_regs(struct vmx_vcpu *v);	   /* RIP, RSP, RFLAGS from the VMCS */
void vmx_store_regs(struct vmx_vcpu *v);   /* and back */
void vmx_load_control(struct vmx_vcpu *v); /* vcpu.ctl from the VMCS */

bool vmx_in_64bit_mode(void);

/* vmx/switch.c: which VMCS is current, and whose are the registers the host never uses */
void vmx_prepare(struct vmx_vcpu *v);				  /* a new vCPU's VMCS */
void vmx_open(struct vmx_vcpu *v, const struct vmx_guest *guest); /* it becomes live on this CPU */
void vmx_close(struct vmx_vcpu *v);				  /* ... and no longer is */
void vmx_switch_in(struct vmx_vcpu *v); /* its VMCS, FPU, debug registers, MSRs into this CPU */
void vmx_give_back(struct vmx_vcpu *v); /* after vmx_switch_in of a vCPU that may not be live */

/* vmx/msr.c: registers that the VMCS holds, but for those the guest reaches without an exit */
bool vmx_read_msr(struct vmx_vcpu *v, unsigned place, u64 *value);
bool vmx_write_msr(struct vmx_vcpu *v, unsigned place, u64 value); /* false: #GP */
void vmx_sync_tsc(struct vmx_vcpu *v); /* after the offset may have changed */
enum status vmx_msr_map_init(struct error *err) must_check;
u64 vmx_msr_map(bool x2apic); /* physical; x2apic: hardware runs an APIC in that mode */

/* vmx/inject.c */
void vmx_inject(struct vmx_vcpu *v);
void vmx_inject_undo(struct vmx_vcpu *v); /* the guest was not entered after all */
void vmx_set_windows(struct vmx_vcpu *v);
unsigned vmx_accepts(void);
void vmx_requeue(struct vmx_vcpu *v); /* an event whose delivery was interrupted */
void vmx_set_proc(struct vmx_vcpu *v, u32 proc);

/* vmx/apicv.c: hardware that runs the guest's APIC */
extern struct accel_hardware vmx_apic;
void vmx_apic_switch(struct vmx_vcpu *v); /* before an entry: on, off, what it has to know */
u64 vmx_root(const struct vmx_vcpu *v);	  /* the EPTP that its APIC wants */
void vmx_posted_interrupt(struct trap_frame *frame);
void vmx_exit_apic_write(struct vmx_vcpu *v);
void vmx_exit_eoi(struct vmx_vcpu *v);

/* vmx/control.c: RESUME: the guest executes the instruction again */
enum verdict vmx_exit_cr(struct vmx_vcpu *v);
void vmx_follow_cd(struct vmx_vcpu *v, u64 cr0); /* cr0: as the guest has it from now on */
void vmx_set_caching(bool on);

/* vmx/failure.c: what ends a guest, said as exactly as hardware lets us */
void vmx_stop(struct vmx_vcpu *v, const char *why);
void vmx_entry_refused(struct vmx_vcpu *v);
void vmx_explain_entry(u64 reason, struct error *err); /* why it failed, into err */
void vmx_entry_failed(struct vmx_vcpu *v, u64 reason);
void vmx_exit_misconfigured(struct vmx_vcpu *v);
void vmx_exit_unknown(struct vmx_vcpu *v, u64 reason);

/* vmx/exit.c */
void vmx_exit(struct vmx_vcpu *v);

/* vmx/trace.c: in its stead while the trace is on */
void vmx_exit_traced(struct vmx_vcpu *v);
