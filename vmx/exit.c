/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decodes each VM exit, calls the neutral handler and applies its verdict. Owns the use of
 * hardware's encodings; never decides policy. SDM 3C "VM Exits".
 */
#include "vmx/exit.h"

#include "apic/virt/vlapic.h"
#include "core/base/atomic.h"
#include "core/base/log.h"
#include "core/base/x86.h"
#include "core/guest/exit.h"
#include "core/guest/exit_plain.h"
#include "core/guest/vcpu_accel.h"
#include "core/guest/vm.h"
#include "core/host/traps.h"
#include "core/memory/memory.h"
#include "core/model/msr.h"
#include "pv/abi.h"
#include "vmx/control.h"
#include "vmx/failure.h"
#include "vmx/inject.h"
#include "vmx/msr.h"
#include "vmx/state.h"
#include "vmx/vcpu.h"

/* reason: a constant, so that the kind is computed at compile time; any reason of that kind. */
static inline void count(struct vmx_vcpu *v, enum vmcs_exit_reason reason)
{
	v->vcpu.exits[vmx_exit_kind(reason)]++;
}

/* Every #DB clears DR7.GD: its handler may access debug registers (SDM 3B "Debug Registers"). */
static void close_detect(void)
{
	vmcs_write(VMCS_GUEST_DR7, vmcs_read(VMCS_GUEST_DR7) & ~(u64)DR7_GD);
}

/* Raises the instruction's single-step trap, and the breakpoints that MOV SS has delayed. */
static never_inline void trap(struct vmx_vcpu *v)
{
	u64 held = vmcs_read(VMCS_GUEST_PENDING_DEBUG) & DR6_BREAKPOINTS;

	vmcs_write(VMCS_GUEST_PENDING_DEBUG, 0);
	close_detect();
	x86_write_dr(6, x86_read_dr(6) | DR6_BS | held);
	vcpu_raise(&v->vcpu, event_exception(EXC_DB));
}

/*
 * Completing an instruction (SDM 3A "Single-Step Exception Condition", "Masking
 * Exceptions and Interrupts When Switching Stacks"): RF and the shadow of STI or
 * MOV SS end with it, and a trap is due if TF was set.
 */
static inline void complete(struct vmx_vcpu *v, u64 next_rip)
{
	u64 rflags = vmcs_read(VMCS_GUEST_RFLAGS);
	u64 blocking = vmcs_read(VMCS_GUEST_BLOCKING);

	vmcs_write(VMCS_GUEST_RIP, next_rip);
	if (blocking & BLOCKING_SHADOW)
		vmcs_write(VMCS_GUEST_BLOCKING, blocking & ~(u64)BLOCKING_SHADOW);
	if (!(rflags & (RFLAGS_TF | RFLAGS_RF)))
		return;
	vmcs_write(VMCS_GUEST_RFLAGS, rflags & ~(u64)RFLAGS_RF);
	if (rflags & RFLAGS_TF)
		trap(v);
}

/* Outside 64-bit mode RIP has 32 bits. Reads the mode only if the sum exceeds them. */
static inline u64 advance(u64 length)
{
	u64 rip = vmcs_read(VMCS_GUEST_RIP) + length;

	return rip >> 32 == 1 && !vmx_state_is_64bit() ? (u32)rip : rip;
}

/*
 * To be called before work that may take long or hold locks, which must not run with the
 * guest's CR0.CD. Clears CD in this CPU; run() in vmx/vcpu.c sets it before the next entry.
 */
static inline void take_time(struct vmx_vcpu *v)
{
	if (!v->uncached)
		return;
	vmx_control_set_caching(true);
	vcpu_reconsider(&v->vcpu);
}

static inline void skip(struct vmx_vcpu *v)
{
	complete(v, advance(vmcs_read(VMCS_INSTRUCTION_LENGTH)));
}

static inline void apply(struct vmx_vcpu *v, enum verdict verdict)
{
	if (verdict == VERDICT_SKIP)
		skip(v);
	else
		exit_refuse(&v->vcpu, verdict);
}

static never_inline void exit_read_msr(struct vmx_vcpu *v)
{
	struct msr_result result;
	enum verdict verdict;

	take_time(v);
	verdict = exit_rdmsr(&v->vcpu, &result);
	if (verdict == VERDICT_BACKEND) {
		verdict = vmx_msr_read(v, result.place, &result.value) ? VERDICT_SKIP : VERDICT_GP;
		if (verdict == VERDICT_SKIP)
			exit_plain_set_msr(&v->vcpu, result.value);
	}
	apply(v, verdict);
}

static never_inline void exit_write_msr(struct vmx_vcpu *v)
{
	struct msr_result result;
	enum verdict verdict;

	take_time(v);
	verdict = exit_wrmsr(&v->vcpu, &result);
	if (verdict == VERDICT_BACKEND)
		verdict = vmx_msr_write(v, result.place, result.value) ? VERDICT_SKIP : VERDICT_GP;
	vmx_msr_sync_tsc(v);
	apply(v, verdict);
}

/* Emulates the instruction at RIP. port: the exit was a port access. known: NULL, or the access. */
static never_inline void emulate(struct vmx_vcpu *v, bool port, const struct exit_access *known)
{
	enum verdict verdict;
	u8 length;

	vmx_state_load_regs(v);
	vmx_state_load_control(v);
	verdict = exit_emulate(&v->vcpu, port, known, &length);
	vmx_state_store_regs(v);
	x86_write_cr2(v->vcpu.ctl.cr2);
	if (verdict == VERDICT_SKIP)
		complete(v, advance(length));
}

static never_inline void exit_io(struct vmx_vcpu *v)
{
	u64 info = vmcs_read(VMCS_QUALIFICATION);

	take_time(v);
	count(v, EXIT_IO);
	if (info & IO_STRING)
		emulate(v, true, NULL);
	else
		apply(v, exit_port(&v->vcpu, (u16)(info >> IO_PORT_SHIFT),
				   (u8)((info & IO_SIZE_MASK) + 1), info & IO_IN));
}

/* IRET had unblocked NMIs before it faulted: NMIs stay blocked until IRET succeeds. */
static void block_nmi_again(u64 info)
{
	if (info & VMCS_EVENT_NMI_UNBLOCKED)
		vmcs_write(VMCS_GUEST_BLOCKING, vmcs_read(VMCS_GUEST_BLOCKING) | BLOCKING_NMI);
}

/* Software must update DR6 (SDM 3C "Exit Qualification for Debug Exceptions"). */
static void exit_debug(struct vmx_vcpu *v, unsigned type)
{
	u64 happened = vmcs_read(VMCS_QUALIFICATION) & DR6_CAUSES;

	x86_write_dr(6, (x86_read_dr(6) & ~DR6_BREAKPOINTS) | happened);
	close_detect();
	/* Delivery of an exception ends the shadow; the breakpoints that it delayed are in DR6. */
	vmcs_write(VMCS_GUEST_BLOCKING, vmcs_read(VMCS_GUEST_BLOCKING) & BLOCKING_NMI);
	if (type == VMCS_EVENT_TYPE_INT1) /* a trap: reported after the instruction */
		vmcs_write(VMCS_GUEST_RIP, advance(vmcs_read(VMCS_INSTRUCTION_LENGTH)));
	vcpu_raise(&v->vcpu, event_exception(EXC_DB));
}

/* #DB and #AC are intercepted because a guest could otherwise raise them without end. */
static never_inline void exit_exception(struct vmx_vcpu *v)
{
	u64 info = vmcs_read(VMCS_EXIT_EVENT);
	unsigned type = info >> VMCS_EVENT_TYPE_SHIFT & VMCS_EVENT_TYPE_MASK;
	u8 vector = info & VMCS_EVENT_VECTOR;

	if (type == EVENT_NMI) { /* an NMI for the host */
		x86_int_nmi();
		return;
	}
	take_time(v);
	count(v, EXIT_EXCEPTION);
	if (vector == EXC_MC)
		exit_machine_check(&v->vcpu);
	vmx_inject_requeue(v);
	if (!v->vcpu.event.valid)
		block_nmi_again(info);
	if (vector == EXC_DB)
		exit_debug(v, type);
	else
		vcpu_raise(&v->vcpu,
			   event_exception_error(vector, (u32)vmcs_read(VMCS_EXIT_EVENT_ERROR)));
}

static void fault_in_ram(struct vmx_vcpu *v, struct gpa gpa, u64 info)
{
	u32 flags = (info & EPT_VIOLATION_WRITE ? PAGE_NOT_PRESENT_WRITE : 0) |
		    (info & EPT_VIOLATION_FETCH ? PAGE_NOT_PRESENT_FETCH : 0);
	u64 gva = 0;

	if (info & EPT_VIOLATION_LINEAR) {
		flags |= PAGE_NOT_PRESENT_GVA;
		gva = vmcs_read(VMCS_GUEST_LINEAR);
	}
	page_events_fault(&v->vcpu, gpa, gva, flags);
}

/* If the page is RAM, another CPU may have mapped it meanwhile: the guest then just retries. */
static never_inline void exit_ept_violation(struct vmx_vcpu *v)
{
	u64 info = vmcs_read(VMCS_QUALIFICATION);
	struct exit_access access = {
		.gpa = gpa_make(vmcs_read(VMCS_GUEST_PHYSICAL)),
		.write = info & EPT_VIOLATION_WRITE,
	};
	bool known = (info & (EPT_VIOLATION_TRANSLATED | EPT_VIOLATION_FETCH)) ==
		     EPT_VIOLATION_TRANSLATED;

	take_time(v);
	count(v, EXIT_EPT_VIOLATION);
	vmx_inject_requeue(v);
	if (!v->vcpu.event.valid)
		block_nmi_again(info);
	access.place = vcpu_memory_place(&v->vcpu, access.gpa);
	if (access.place == VCPU_PLACE_RAM)
		fault_in_ram(v, access.gpa, info);
	else
		emulate(v, false, known ? &access : NULL);
}

/* The guest has changed the task priority by MOV to CR8, which does not exit. */
static never_inline void sync_tpr(struct vmx_vcpu *v)
{
	v->tpr = v->apic_page[APIC_REG_TPR / sizeof(u32)];
	vlapic_sync_page(v->vcpu.apic);
}

/* An APIC access that hardware leaves to software: not done, or done but for its effects. */
static never_inline void exit_apic(struct vmx_vcpu *v, u64 reason)
{
	take_time(v);
	count(v, EXIT_APIC_ACCESS);
	if (reason == EXIT_EOI) {
		vcpu_accel_finish_eoi(&v->vcpu, (u8)vmcs_read(VMCS_QUALIFICATION));
	} else if (reason == EXIT_APIC_WRITE) {
		vcpu_accel_finish_write(&v->vcpu, vmcs_read(VMCS_QUALIFICATION) & APIC_OFFSET_MASK);
	} else {
		vmx_inject_requeue(v);
		emulate(v, false, NULL);
	}
}

static inline void exit_interrupt(struct vmx_vcpu *v)
{
	count(v, EXIT_INTERRUPT);
	if (v->posts)
		traps_take((u8)vmcs_read(VMCS_EXIT_EVENT));
	else
		x86_sti_nop_cli();
}

static never_inline void exit_window(struct vmx_vcpu *v, u32 window)
{
	count(v, EXIT_INTERRUPT_WINDOW);
	vmx_inject_set_proc(v, v->proc & ~window);
	vcpu_reconsider(&v->vcpu);
}

/*
 * True in 64-bit code at CPL 0. Reads both from the code segment: the DPL of a segment that
 * is not conforming is the CPL.
 */
static bool hypercall_allowed(void)
{
	const u64 relevant = SEGMENT_L | SEGMENT_EXPAND_DOWN | 3 << SEGMENT_DPL_SHIFT;

	return (vmcs_read(VMCS_GUEST_ACCESS + 2 * SEG_CS) & relevant) == SEGMENT_L;
}

static never_inline void exit_rare(struct vmx_vcpu *v, u64 reason)
{
	take_time(v);
	count(v, EXIT_CR);
	switch (reason) {
	case EXIT_CR:
		apply(v, vmx_control_exit(v));
		break;
	case EXIT_TPR: /* sync_tpr has read the new priority */
		vcpu_reconsider(&v->vcpu);
		break;
	case EXIT_PAUSE:
		atomic_or(&v->vcpu.thread.pending, PENDING_RESCHED);
		skip(v);
		break;
	case EXIT_INVD:
	case EXIT_WBINVD:
		apply(v, exit_wbinvd(&v->vcpu));
		break;
	case EXIT_XSETBV:
		apply(v, exit_xsetbv(&v->vcpu));
		break;
	case EXIT_RDPMC: /* guests have no performance counters */
		apply(v, VERDICT_GP);
		break;
	case EXIT_VMCLEAR ... EXIT_VMXON:
	case EXIT_INVEPT:
	case EXIT_INVVPID:
	case EXIT_GETSEC:
	case EXIT_ENCLS:
	case EXIT_MONITOR:
	case EXIT_MWAIT: /* CPUID shows guests none of these instructions */
		apply(v, VERDICT_UD);
		break;
	case EXIT_TASK_SWITCH:
		vm_stop(v->vcpu.vm, VM_END_CRASH,
			"a task switch by hardware, which is not supported");
		break;
	case EXIT_TRIPLE_FAULT:
		vm_stop(v->vcpu.vm, VM_END_CRASH, "triple fault");
		break;
	case EXIT_EPT_MISCONFIG:
		vmx_failure_misconfigured(v);
		break;
	case EXIT_INIT: /* meant for the host, which needs none */
		break;
	default:
		vmx_failure_unknown(v, reason);
	}
}

void vmx_exit(struct vmx_vcpu *v)
{
	u64 reason = vmcs_read(VMCS_EXIT_REASON);

	if (v->apic_page[APIC_REG_TPR / sizeof(u32)] != v->tpr)
		sync_tpr(v);
	if (reason & EXIT_ENTRY_FAILED) {
		vmx_failure_entry_failed(v, reason & EXIT_REASON_MASK);
		return;
	}
	switch (reason) {
	case EXIT_CPUID:
		count(v, EXIT_CPUID);
		if (!exit_plain_cpuid(&v->vcpu))
			(void)exit_cpuid(&v->vcpu, v->cr4);
		skip(v);
		break;
	case EXIT_RDMSR:
		count(v, EXIT_RDMSR);
		exit_plain_rdmsr(&v->vcpu) ? skip(v) : exit_read_msr(v);
		break;
	case EXIT_WRMSR:
		count(v, EXIT_WRMSR);
		exit_plain_wrmsr(&v->vcpu) ? skip(v) : exit_write_msr(v);
		break;
	case EXIT_IO:
		exit_io(v);
		break;
	case EXIT_EPT_VIOLATION:
		exit_ept_violation(v);
		break;
	case EXIT_HLT:
		count(v, EXIT_HLT);
		apply(v, exit_hlt(&v->vcpu));
		break;
	case EXIT_VMCALL:
		count(v, EXIT_VMCALL);
		take_time(v);
		apply(v, exit_hypercall(&v->vcpu, hypercall_allowed()));
		break;
	case EXIT_INTERRUPT:
		exit_interrupt(v);
		break;
	case EXIT_INTERRUPT_WINDOW:
		exit_window(v, PROC_INTERRUPT_WINDOW);
		break;
	case EXIT_NMI_WINDOW:
		exit_window(v, PROC_NMI_WINDOW);
		break;
	case EXIT_EXCEPTION:
		exit_exception(v);
		break;
	case EXIT_APIC_ACCESS:
	case EXIT_EOI:
	case EXIT_APIC_WRITE:
		exit_apic(v, reason);
		break;
	default:
		exit_rare(v, reason);
	}
}
