/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a VM exit means: decodes it, calls the neutral handler and applies its
 * verdict. Knows hardware's encodings and no policy. SDM 3C "VM Exits".
 */
#include "core/exit.h"

#include "core/cpu.h"
#include "core/format.h"
#include "core/guest_mem.h"
#include "core/log.h"
#include "core/msr.h"
#include "core/vm.h"
#include "core/x86.h"
#include "vmx/errors.h"
#include "vmx/vmx.h"

/* CR4 bits whose real value follows what the guest writes although writing them exits. */
#define CR4_FOLLOWED (CR4_OSXSAVE | CR4_PKE)

static void stop(struct vmx_vcpu *v, const char *why)
{
	vm_stop(v->vcpu.vm, VM_END_CRASH, why);
}

/* A trap is due: this instruction's, and those that MOV SS has held back. */
static void trap(struct vmx_vcpu *v)
{
	u64 held = vmcs_read(VMCS_GUEST_PENDING_DEBUG) & DR6_BREAKPOINTS;

	vmcs_write(VMCS_GUEST_PENDING_DEBUG, 0);
	x86_write_dr(6, x86_read_dr(6) | DR6_BS | held);
	vcpu_raise(&v->vcpu, event_exception(EXC_DB));
}

/*
 * Completing an instruction (SDM 3A "Single-Step Exception Condition", "Masking
 * Exceptions and Interrupts When Switching Stacks"): RF and the shadow of STI or
 * MOV SS end with it, and a trap is due if TF was set.
 */
void vmx_complete(struct vmx_vcpu *v, u64 next_rip)
{
	u64 rflags = vmcs_read(VMCS_GUEST_RFLAGS);
	u64 blocking = vmcs_read(VMCS_GUEST_BLOCKING);

	vmcs_write(VMCS_GUEST_RIP, next_rip);
	if (blocking & BLOCKING_SHADOW)
		vmcs_write(VMCS_GUEST_BLOCKING, blocking & ~(u64)BLOCKING_SHADOW);
	if (rflags & RFLAGS_RF)
		vmcs_write(VMCS_GUEST_RFLAGS, rflags & ~(u64)RFLAGS_RF);
	if (rflags & RFLAGS_TF)
		trap(v);
}

static bool in_64bit_mode(void)
{
	return (vmcs_read(VMCS_GUEST_EFER) & EFER_LMA) &&
	       (vmcs_read(VMCS_GUEST_ACCESS + 2 * SEG_CS) & SEGMENT_L);
}

/* Outside 64-bit mode RIP has 32 bits; only where it would pass them is the mode of interest. */
static u64 advance(u64 length)
{
	u64 rip = vmcs_read(VMCS_GUEST_RIP) + length;

	return rip >> 32 == 1 && !in_64bit_mode() ? (u32)rip : rip;
}

static void skip(struct vmx_vcpu *v)
{
	vmx_complete(v, advance(vmcs_read(VMCS_INSTRUCTION_LENGTH)));
}

static void apply(struct vmx_vcpu *v, enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_SKIP:
		skip(v);
		break;
	case VERDICT_GP:
		vcpu_raise(&v->vcpu, event_exception(EXC_GP));
		break;
	case VERDICT_UD:
		vcpu_raise(&v->vcpu, event_exception(EXC_UD));
		break;
	case VERDICT_RESUME:
	case VERDICT_BACKEND:
		break;
	}
}

static void exit_read_msr(struct vmx_vcpu *v)
{
	struct msr_result result;
	enum verdict verdict = exit_rdmsr(&v->vcpu, &result);

	if (verdict == VERDICT_BACKEND) {
		verdict = vmx_read_msr(v, result.place, &result.value) ? VERDICT_SKIP : VERDICT_GP;
		if (verdict == VERDICT_SKIP)
			exit_msr_value(&v->vcpu, result.value);
	}
	apply(v, verdict);
}

static void exit_write_msr(struct vmx_vcpu *v)
{
	struct msr_result result;
	enum verdict verdict = exit_wrmsr(&v->vcpu, &result);

	if (verdict == VERDICT_BACKEND)
		verdict = vmx_write_msr(v, result.place, result.value) ? VERDICT_SKIP : VERDICT_GP;
	if (v->tsc_offset != v->vcpu.tsc_offset) {
		v->tsc_offset = v->vcpu.tsc_offset;
		vmcs_write(VMCS_TSC_OFFSET, v->tsc_offset);
	}
	apply(v, verdict);
}

/* The instruction at RIP, in software. */
static void emulate(struct vmx_vcpu *v)
{
	enum verdict verdict;
	u8 length;

	vmx_load_regs(v);
	vmx_load_control(v);
	verdict = exit_emulate(&v->vcpu, &length);
	vmx_store_regs(v);
	x86_write_cr2(v->vcpu.ctl.cr2);
	if (verdict == VERDICT_SKIP)
		vmx_complete(v, advance(length));
}

static void exit_io(struct vmx_vcpu *v)
{
	u64 info = vmcs_read(VMCS_QUALIFICATION);

	v->vcpu.exits[EXIT_KIND_PORT]++;
	if (info & IO_STRING)
		emulate(v);
	else
		apply(v, exit_port(&v->vcpu, (u16)(info >> IO_PORT_SHIFT),
				   (u8)((info & IO_SIZE_MASK) + 1), info & IO_IN));
}

/*
 * A write that changes bits of ours. What is valid is taken into the shadow, and
 * the guest executes the instruction again: now it changes nothing of ours, and
 * hardware does the rest (paging on and off, long mode, table pointers).
 */
static void write_cr0(struct vmx_vcpu *v, u64 value)
{
	if (!control_cr0_valid(&v->vcpu.ctl, value))
		apply(v, VERDICT_GP);
	else
		vmcs_write(VMCS_CR0_SHADOW, value);
}

static void write_cr4(struct vmx_vcpu *v, u64 value)
{
	u64 real = vmcs_read(VMCS_GUEST_CR4) & ~CR4_FOLLOWED;

	if (!control_cr4_valid(&v->vcpu.vm->cpuid->model, &v->vcpu.ctl, value)) {
		apply(v, VERDICT_GP);
		return;
	}
	vmcs_write(VMCS_GUEST_CR4, real | (value & CR4_FOLLOWED));
	vmcs_write(VMCS_CR4_SHADOW, value);
	v->cr4 = value;
}

static void exit_cr(struct vmx_vcpu *v)
{
	u64 info = vmcs_read(VMCS_QUALIFICATION);
	unsigned access = info >> CR_ACCESS_SHIFT & CR_ACCESS_MASK;
	unsigned number = info & CR_NUMBER_MASK;
	u64 value;

	vmx_load_regs(v);
	vmx_load_control(v);
	value = v->vcpu.regs.gpr[info >> CR_REGISTER_SHIFT & CR_REGISTER_MASK];
	if (!in_64bit_mode())
		value = (u32)value;
	if (access == CR_ACCESS_MOV_TO && number == 0)
		write_cr0(v, value);
	else if (access == CR_ACCESS_MOV_TO && number == 4)
		write_cr4(v, value);
	else
		stop(v, "an access to a control register that should not exit");
}

/* The fault of an IRET that had opened NMIs already: they are blocked until it succeeds. */
static void block_nmi_again(u64 info)
{
	if (info & VMCS_EVENT_NMI_UNBLOCKED)
		vmcs_write(VMCS_GUEST_BLOCKING, vmcs_read(VMCS_GUEST_BLOCKING) | BLOCKING_NMI);
}

/* Hardware leaves DR6 to us (SDM 3C "Exit Qualification for Debug Exceptions"). */
static void exit_debug(struct vmx_vcpu *v, unsigned type)
{
	u64 happened = vmcs_read(VMCS_QUALIFICATION) & DR6_CAUSES;

	x86_write_dr(6, (x86_read_dr(6) & ~DR6_BREAKPOINTS) | happened);
	/* A shadow ends where an exception is delivered, and with it goes what it held back. */
	vmcs_write(VMCS_GUEST_BLOCKING, vmcs_read(VMCS_GUEST_BLOCKING) & BLOCKING_NMI);
	if (type == VMCS_EVENT_TYPE_INT1) /* a trap of the instruction's own: behind it */
		vmcs_write(VMCS_GUEST_RIP, advance(vmcs_read(VMCS_INSTRUCTION_LENGTH)));
	vcpu_raise(&v->vcpu, event_exception(EXC_DB));
}

/* #DB and #AC are intercepted because a guest could otherwise raise them without end. */
static void exit_exception(struct vmx_vcpu *v)
{
	u64 info = vmcs_read(VMCS_EXIT_EVENT);
	unsigned type = info >> VMCS_EVENT_TYPE_SHIFT & VMCS_EVENT_TYPE_MASK;
	u8 vector = info & VMCS_EVENT_VECTOR;

	if (type == EVENT_NMI) { /* the host's */
		x86_int_nmi();
		return;
	}
	v->vcpu.exits[EXIT_KIND_EXCEPTION]++;
	if (vector == EXC_MC) {
		stop(v, "machine check while the guest ran");
		return;
	}
	vmx_requeue(v);
	if (!v->vcpu.event.valid)
		block_nmi_again(info);
	if (vector == EXC_DB)
		exit_debug(v, type);
	else
		vcpu_raise(&v->vcpu, event_exception_error(
					     vector, (u32)vmcs_read(VMCS_EXIT_EVENT_ERROR)));
}

/*
 * An access to what is not RAM, or to RAM that another CPU has mapped
 * meanwhile: then trying again is all.
 */
static void exit_ept_violation(struct vmx_vcpu *v)
{
	v->vcpu.exits[EXIT_KIND_MMIO]++;
	vmx_requeue(v);
	if (!v->vcpu.event.valid)
		block_nmi_again(vmcs_read(VMCS_QUALIFICATION));
	if (guest_is_ram(v->vcpu.vm, gpa_make(vmcs_read(VMCS_GUEST_PHYSICAL))))
		return;
	if (v->vcpu.event.valid) {
		stop(v, "an event could not be delivered: its stack or descriptor is not in RAM");
		return;
	}
	emulate(v);
}

/* MOV to CR8 changes the task priority without an exit. */
static void sync_tpr(struct vmx_vcpu *v)
{
	u64 cr8 = v->apic_page[VIRTUAL_APIC_TPR] >> 4;

	if (cr8 != vlapic_read_cr8(v->vcpu.apic))
		(void)!vlapic_write_cr8(v->vcpu.apic, cr8);
}

static void exit_window(struct vmx_vcpu *v, u32 window)
{
	v->vcpu.exits[EXIT_KIND_WINDOW]++;
	vmx_set_proc(v, v->proc & ~window);
	vcpu_reconsider(&v->vcpu);
}

static void exit_pause(struct vmx_vcpu *v)
{
	__atomic_fetch_or(&v->vcpu.thread.pending, PENDING_RESCHED, __ATOMIC_RELAXED);
	skip(v);
}

/*
 * 64-bit code at CPL 0: the code segment tells both, since one that is not
 * conforming has the CPL as its DPL.
 */
static bool hypercall_allowed(void)
{
	const u64 relevant = SEGMENT_L | SEGMENT_EXPAND_DOWN | 3 << SEGMENT_DPL_SHIFT;

	return (vmcs_read(VMCS_GUEST_ACCESS + 2 * SEG_CS) & relevant) == SEGMENT_L;
}

static void entry_failed(struct vmx_vcpu *v, u64 reason)
{
	u64 info = vmcs_read(VMCS_QUALIFICATION);
	const char *why = "a machine check during VM entry";

	if (reason == EXIT_ENTRY_STATE)
		why = vmx_entry_failure_text(info);
	else if (reason == EXIT_ENTRY_MSR)
		why = "an MSR cannot be loaded";
	vmx_load_control(v);
	log_write(LOG_ERROR,
		  "%s: vCPU %u: VM entry failed: %s: RIP %llx CR0 %llx CR3 %llx CR4 %llx EFER %llx",
		  v->vcpu.vm->config->name, v->vcpu.id, why,
		  (unsigned long long)vmcs_read(VMCS_GUEST_RIP),
		  (unsigned long long)v->vcpu.ctl.cr0, (unsigned long long)v->vcpu.ctl.cr3,
		  (unsigned long long)v->vcpu.ctl.cr4, (unsigned long long)v->vcpu.ctl.efer);
	stop(v, why);
}

static void exit_unknown(struct vmx_vcpu *v, u64 reason)
{
	log_write(LOG_ERROR, "%s: vCPU %u: exit reason %llu, qualification 0x%llx",
		  v->vcpu.vm->config->name, v->vcpu.id, (unsigned long long)reason,
		  (unsigned long long)vmcs_read(VMCS_QUALIFICATION));
	stop(v, "an exit of an unknown kind");
}

static void exit_misconfigured(struct vmx_vcpu *v)
{
	log_write(LOG_ERROR, "%s: vCPU %u: EPT entry for 0x%llx is malformed",
		  v->vcpu.vm->config->name, v->vcpu.id,
		  (unsigned long long)vmcs_read(VMCS_GUEST_PHYSICAL));
	stop(v, "its EPT tables are malformed");
}

static void exit_rare(struct vmx_vcpu *v, u64 reason)
{
	v->vcpu.exits[EXIT_KIND_OTHER]++;
	switch (reason) {
	case EXIT_CR:
		exit_cr(v);
		break;
	case EXIT_TPR: /* sync_tpr has seen it */
		vcpu_reconsider(&v->vcpu);
		break;
	case EXIT_PAUSE:
		exit_pause(v);
		break;
	case EXIT_INVD: /* caches are shared with the host: write back before */
		x86_wbinvd();
		skip(v);
		break;
	case EXIT_XSETBV:
		apply(v, exit_xsetbv(&v->vcpu));
		break;
	case EXIT_RDPMC: /* no counters */
		apply(v, VERDICT_GP);
		break;
	case EXIT_VMCLEAR ... EXIT_VMXON:
	case EXIT_INVEPT:
	case EXIT_INVVPID:
	case EXIT_GETSEC:
	case EXIT_ENCLS:
	case EXIT_MONITOR:
	case EXIT_MWAIT: /* CPUID offers none of these */
		apply(v, VERDICT_UD);
		break;
	case EXIT_TASK_SWITCH:
		stop(v, "a task switch by hardware, which is not supported");
		break;
	case EXIT_TRIPLE_FAULT:
		stop(v, "triple fault");
		break;
	case EXIT_EPT_MISCONFIG:
		exit_misconfigured(v);
		break;
	case EXIT_INIT: /* the host's, of no concern */
		break;
	default:
		exit_unknown(v, reason);
	}
}

void vmx_exit(struct vmx_vcpu *v)
{
	u64 reason = vmcs_read(VMCS_EXIT_REASON);

	sync_tpr(v);
	if (reason & EXIT_ENTRY_FAILED) {
		entry_failed(v, reason & EXIT_REASON_MASK);
		return;
	}
	switch (reason) {
	case EXIT_CPUID:
		apply(v, exit_cpuid(&v->vcpu, v->cr4));
		break;
	case EXIT_RDMSR:
		exit_read_msr(v);
		break;
	case EXIT_WRMSR:
		exit_write_msr(v);
		break;
	case EXIT_IO:
		exit_io(v);
		break;
	case EXIT_EPT_VIOLATION:
		exit_ept_violation(v);
		break;
	case EXIT_HLT:
		apply(v, exit_hlt(&v->vcpu));
		break;
	case EXIT_VMCALL:
		apply(v, exit_hypercall(&v->vcpu, hypercall_allowed()));
		break;
	case EXIT_INTERRUPT:
		v->vcpu.exits[EXIT_KIND_INTERRUPT]++;
		x86_sti_nop_cli();
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
	default:
		exit_rare(v, reason);
	}
}
