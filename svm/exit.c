/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decodes each #VMEXIT, calls the neutral handler and applies its verdict. Owns the use of
 * hardware's encodings; never decides policy.
 */
#include "svm/exit.h"

#include "apic/virt/vlapic.h"
#include "core/base/log.h"
#include "core/base/x86.h"
#include "core/guest/exit.h"
#include "core/guest/exit_plain.h"
#include "core/guest/vm.h"
#include "core/host/cpu.h"
#include "core/insn/decode.h"
#include "core/memory/memory.h"
#include "pv/abi.h"
#include "svm/accel.h"
#include "svm/cpu.h"
#include "svm/failure.h"
#include "svm/inject.h"
#include "svm/msr.h"
#include "svm/state.h"
#include "svm/vcpu.h"

/* code: a constant, so that the kind is computed at compile time; any code of that kind. */
static inline void count(struct svm_vcpu *v, enum vmcb_exit_code code)
{
	v->vcpu.exits[svm_exit_kind(code)]++;
}

/*
 * Completing an instruction (SDM 3A "Single-Step Exception Condition", "Masking
 * Exceptions and Interrupts When Switching Stacks"): RF and the interrupt
 * shadow end with it, and a trap is due if TF was set.
 */
static never_inline void complete_flags(struct svm_vcpu *v)
{
	struct vmcb *vmcb = v->vmcb;

	vmcb->rflags &= ~(u64)RFLAGS_RF;
	if (vmcb->rflags & RFLAGS_TF) {
		vmcb->dr6 |= DR6_BS;
		vmcb->dr7 &= ~(u64)DR7_GD; /* as #DB delivery does (SDM 3B "Debug Registers") */
		vmcb->clean &= ~(u32)CLEAN_DR;
		vcpu_raise(&v->vcpu, event_exception(EXC_DB));
	}
}

static void complete(struct svm_vcpu *v, u64 next_rip)
{
	struct vmcb *vmcb = v->vmcb;

	vmcb->rip = next_rip;
	vmcb->int_state = 0;
	if (vmcb->rflags & (RFLAGS_TF | RFLAGS_RF))
		complete_flags(v);
}

static u64 advance(const struct svm_vcpu *v, unsigned length)
{
	u64 rip = v->vmcb->rip + length;

	return v->vcpu.ctl.efer & EFER_LMA && v->vcpu.ctl.seg[SEG_CS].attr & SEGMENT_L ? rip
										       : (u32)rip;
}

static void store_cr2(struct svm_vcpu *v)
{
	v->vmcb->cr2 = v->vcpu.ctl.cr2;
	v->vmcb->clean &= ~(u32)CLEAN_CR2;
}

/* For a CPU that stores no next RIP: decodes the length from the instruction's bytes. */
static never_inline void skip_fetched(struct svm_vcpu *v, enum insn_known known)
{
	u8 bytes[INSN_MAX_LENGTH];
	unsigned length;
	size_t count;

	svm_state_load_regs(v);
	svm_state_load_paging(v);
	count = vcpu_memory_fetch(&v->vcpu, bytes, sizeof(bytes));
	length = decode_known_length(bytes, count, decode_mode(&v->vcpu.ctl), known);
	if (length)
		complete(v, advance(v, length));
	else /* another vCPU has changed code or page tables: the guest executes the new code */
		store_cr2(v);
}

static void skip(struct svm_vcpu *v, enum insn_known known)
{
	if (v->next_rip)
		complete(v, v->vmcb->next_rip);
	else
		skip_fetched(v, known);
}

static inline void apply(struct svm_vcpu *v, enum verdict verdict, enum insn_known known)
{
	if (verdict == VERDICT_SKIP)
		skip(v, known);
	else
		exit_refuse(&v->vcpu, verdict);
}

static never_inline void read_msr(struct svm_vcpu *v)
{
	struct msr_result result;
	enum verdict verdict = exit_rdmsr(&v->vcpu, &result);

	if (verdict == VERDICT_BACKEND) {
		verdict = svm_msr_read(v, result.place, &result.value) ? VERDICT_SKIP : VERDICT_GP;
		if (verdict == VERDICT_SKIP)
			exit_plain_set_msr(&v->vcpu, result.value);
	}
	apply(v, verdict, INSN_KNOWN_RDMSR);
}

static never_inline void write_msr(struct svm_vcpu *v)
{
	struct msr_result result;
	enum verdict verdict = exit_wrmsr(&v->vcpu, &result);

	if (verdict == VERDICT_BACKEND)
		verdict = svm_msr_write(v, result.place, result.value) ? VERDICT_SKIP : VERDICT_GP;
	apply(v, verdict, INSN_KNOWN_WRMSR);
}

/* Emulates the instruction at RIP. port: the exit was a port access. known: NULL, or the access. */
static void emulate(struct svm_vcpu *v, bool port, const struct exit_access *known)
{
	u8 length;

	svm_state_load_regs(v);
	svm_state_load_control(v);
	if (exit_emulate(&v->vcpu, port, known, &length) == VERDICT_SKIP) {
		svm_state_store_regs(v);
		complete(v, advance(v, length));
	} else {
		svm_state_store_regs(v);
	}
	store_cr2(v);
}

/* For a port access hardware gives the next RIP in EXITINFO2, with or without NRIPS. */
static never_inline void exit_ioio(struct svm_vcpu *v)
{
	u64 info = v->vmcb->exit_info1;
	u8 size = (info >> IOIO_SIZE_SHIFT) & IOIO_SIZE_MASK;

	count(v, EXIT_IOIO);
	if (info & IOIO_STRING) {
		emulate(v, true, NULL);
		return;
	}
	if (exit_port(&v->vcpu, (u16)(info >> IOIO_PORT_SHIFT), size, info & IOIO_IN) ==
	    VERDICT_SKIP)
		complete(v, v->vmcb->exit_info2);
}

/* MOV to a control register: [REX] 0F 22 /r, always a register operand. */
static enum gpr mov_to_cr_source(const struct insn *insn)
{
	u8 modrm = insn->bytes[insn->length - 1];
	u8 rex = insn->mode == INSN_64 && insn->length > 3 ? insn->bytes[insn->length - 4] : 0;

	return (modrm & 7) | ((rex & 0xf1) == 0x41 ? 8 : 0);
}

/*
 * MOV to CR8 while an interrupt waits for a lower task priority. Decodes the source
 * register from the instruction's bytes, since not every CPU has decode assists.
 */
static void exit_cr8_write(struct svm_vcpu *v)
{
	u8 bytes[INSN_MAX_LENGTH];
	struct insn insn;

	svm_state_load_regs(v);
	svm_state_load_control(v);
	if (decode_insn(bytes, vcpu_memory_fetch(&v->vcpu, bytes, sizeof(bytes)),
			decode_mode(&v->vcpu.ctl), &insn) != OK) {
		store_cr2(v);
		return;
	}
	if (!vlapic_write_cr8(v->vcpu.apic, v->vcpu.regs.gpr[mov_to_cr_source(&insn)])) {
		vcpu_raise(&v->vcpu, event_exception(EXC_GP));
		return;
	}
	vcpu_reconsider(&v->vcpu);
	complete(v, advance(v, insn.length));
}

static void exit_exception(struct svm_vcpu *v, u8 vector)
{
	count(v, EXIT_EXCEPTION_BASE);
	if (vector == EXC_MC)
		exit_machine_check(&v->vcpu);
	/* #DB and #AC are intercepted because a guest could otherwise raise them without end. */
	vcpu_raise(&v->vcpu, event_exception_error(vector, (u32)v->vmcb->exit_info1));
}

/* If the page is RAM, another CPU may have mapped it meanwhile: the guest then just retries. */
static void exit_nested_fault(struct svm_vcpu *v)
{
	struct gpa gpa = gpa_make(v->vmcb->exit_info2);
	u64 info = v->vmcb->exit_info1;
	u32 flags = (info & NPF_WRITE ? PAGE_NOT_PRESENT_WRITE : 0) |
		    (info & NPF_FETCH ? PAGE_NOT_PRESENT_FETCH : 0);
	struct exit_access access = {
		.gpa = gpa,
		.place = vcpu_memory_place(&v->vcpu, gpa),
		.write = info & NPF_WRITE,
	};
	bool known = (info & NPF_FINAL) && !(info & NPF_FETCH);

	count(v, EXIT_NPF);
	if (access.place == VCPU_PLACE_RAM)
		page_events_fault(&v->vcpu, gpa, 0, flags);
	else
		emulate(v, false, known ? &access : NULL);
}

/* An APIC access or IPI that AVIC has not completed. */
static void exit_apic(struct svm_vcpu *v, u64 code)
{
	count(v, EXIT_AVIC_NOACCEL);
	if (code == EXIT_AVIC_INCOMPLETE_IPI)
		svm_accel_ipi(v);
	else if (svm_accel_access(v))
		emulate(v, false, NULL);
}

static never_inline void exit_rare(struct svm_vcpu *v, u64 code)
{
	if (code == EXIT_NPF) {
		exit_nested_fault(v);
		return;
	}
	if (code == EXIT_AVIC_INCOMPLETE_IPI || code == EXIT_AVIC_NOACCEL) {
		exit_apic(v, code);
		return;
	}
	if (code >= EXIT_EXCEPTION_BASE && code <= EXIT_EXCEPTION_LAST) {
		exit_exception(v, (u8)(code - EXIT_EXCEPTION_BASE));
		return;
	}
	count(v, EXIT_SHUTDOWN);
	switch (code) {
	case EXIT_CR_WRITE_BASE + 8:
		exit_cr8_write(v);
		break;
	case EXIT_IRET:
		svm_inject_iret(v);
		break;
	case EXIT_INVD:
		apply(v, exit_wbinvd(&v->vcpu), INSN_KNOWN_INVD);
		break;
	case EXIT_WBINVD:
		apply(v, exit_wbinvd(&v->vcpu), INSN_KNOWN_WBINVD);
		break;
	case EXIT_XSETBV:
		apply(v, v->vmcb->cpl ? VERDICT_GP : exit_xsetbv(&v->vcpu), INSN_KNOWN_XSETBV);
		break;
	case EXIT_RDPMC: /* guests have no performance counters */
		apply(v, VERDICT_GP, INSN_KNOWN_RDPMC);
		break;
	case EXIT_INVLPGA:
	case EXIT_VMRUN:
	case EXIT_VMLOAD:
	case EXIT_VMSAVE:
	case EXIT_STGI:
	case EXIT_CLGI:
	case EXIT_SKINIT:
	case EXIT_MONITOR:
	case EXIT_MWAIT:
	case EXIT_MWAIT_ARMED:
	case EXIT_RDPRU: /* CPUID shows guests none of these instructions */
		apply(v, VERDICT_UD, INSN_KNOWN_COUNT);
		break;
	case EXIT_SHUTDOWN:
		svm_failure_check_machine(v);
		vm_stop(v->vcpu.vm, VM_END_CRASH, "triple fault");
		break;
	case EXIT_NMI:
	case EXIT_SMI:
	case EXIT_INIT:
	case EXIT_FERR_FREEZE: /* the host's: handled at STGI, or of no concern */
		break;
	default:
		svm_failure_invalid(v);
	}
}

static bool hypercall_allowed(const struct vmcb *vmcb)
{
	return vmcb->cpl == 0 && (vmcb->efer & EFER_LMA) && (vmcb->cs.attr & VMCB_ATTR_L);
}

/* The guest has changed V_TPR by MOV to CR8, which does not exit. */
static never_inline void sync_tpr(struct svm_vcpu *v)
{
	v->tpr = v->vmcb->int_ctl & INT_CTL_TPR_MASK;
	if (!v->avic_control) /* with AVIC the register page holds the priority */
		(void)!vlapic_write_cr8(v->vcpu.apic, v->tpr);
}

static never_inline void exit_window(struct svm_vcpu *v)
{
	count(v, EXIT_VINTR);
	v->vmcb->intercept3 &= ~(u32)INTERCEPT_VINTR;
	v->vmcb->int_ctl &= ~(u32)INT_CTL_V_IRQ;
	v->vmcb->clean &= ~(u32)(CLEAN_INTERCEPTS | CLEAN_TPR);
	vcpu_reconsider(&v->vcpu);
}

/*
 * Ends an entry that flushed, injected or stepped, and requeues an event whose delivery the
 * exit interrupted. False: the exit needs no more handling.
 */
static never_inline bool finish_entry(struct svm_vcpu *v)
{
	bool stepped = v->after & SVM_AFTER_STEP;

	if (v->after & SVM_AFTER_FLUSH)
		cpu_this()->backend->flush_all = false;
	v->after = 0;
	v->vmcb->tlb_control = TLB_CONTROL_NONE;
	v->vmcb->event_inj = 0;
	if (v->vmcb->exit_int_info & VMCB_EVENT_VALID)
		svm_inject_requeue(v);
	return !stepped || !svm_inject_step_end(v);
}

/* Inline: a call would lengthen the path of every exit. */
static inline void handle(struct svm_vcpu *v, struct vmcb *vmcb)
{
	u64 code = vmcb->exit_code;

	switch (code) {
	case EXIT_CPUID:
		count(v, EXIT_CPUID);
		if (!exit_plain_cpuid(&v->vcpu))
			(void)exit_cpuid(&v->vcpu, vmcb->cr4);
		skip(v, INSN_KNOWN_CPUID);
		break;
	case EXIT_MSR:
		count(v, EXIT_MSR);
		if (vmcb->exit_info1 & MSR_INFO_WRITE)
			exit_plain_wrmsr(&v->vcpu) ? skip(v, INSN_KNOWN_WRMSR) : write_msr(v);
		else
			exit_plain_rdmsr(&v->vcpu) ? skip(v, INSN_KNOWN_RDMSR) : read_msr(v);
		break;
	case EXIT_IOIO:
		exit_ioio(v);
		break;
	case EXIT_HLT:
		count(v, EXIT_HLT);
		apply(v, exit_hlt(&v->vcpu), INSN_KNOWN_HLT);
		break;
	case EXIT_VMMCALL:
		count(v, EXIT_VMMCALL);
		if (hypercall_allowed(vmcb))
			apply(v, exit_hypercall(&v->vcpu, true), INSN_KNOWN_VMMCALL);
		else
			exit_refuse(&v->vcpu, VERDICT_UD);
		break;
	case EXIT_INTR:
		count(v, EXIT_INTR);
		x86_sti_nop_cli();
		break;
	case EXIT_VINTR:
		exit_window(v);
		break;
	default:
		exit_rare(v, code);
	}
}

void svm_exit(struct svm_vcpu *v)
{
	struct vmcb *vmcb = v->vmcb;

	v->vcpu.regs.gpr[RAX] = vmcb->rax;
	vmcb->clean = CLEAN_ALL;
	if ((u8)vmcb->int_ctl != v->tpr) /* V_TPR is the first byte */
		sync_tpr(v);
	if (!(v->after || vmcb->exit_int_info & VMCB_EVENT_VALID) || finish_entry(v))
		handle(v, vmcb);
	vmcb->rax = v->vcpu.regs.gpr[RAX];
}
