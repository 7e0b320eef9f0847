/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator sees of one vCPU, while it lives and after its end. */
#include "core/shell/vcpu_commands.h"

#include "core/base/bits.h"
#include "core/guest/vcpu_record.h"
#include "core/guest/vm.h"
#include "core/terminal/report.h"

/* The picture that the arguments VM and N ask for. */
static const struct vcpu_record *look(const struct argument *args, struct error *err)
{
	struct vm *vm = args[0].vm;

	if (vm->life.state == VM_STARTING || !vm->life.starts) {
		fail(err, ERR_BUSY, "%s: it is %s", vm->config->name, vm_state_name(vm));
		return NULL;
	}
	if (args[1].number >= vm->records.count) {
		fail(err, ERR_RANGE, "%s: it has %u vCPUs, from 0", vm->config->name,
		     vm->records.count);
		return NULL;
	}
	return vcpu_look(vm, (u32)args[1].number, err);
}

static void show_general(const struct regs *regs, struct report *out)
{
	static const char *const names[GPR_COUNT] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp",
						     "rsi", "rdi", "r8",  "r9",	 "r10", "r11",
						     "r12", "r13", "r14", "r15"};

	for (unsigned i = 0; i < GPR_COUNT; i++)
		report_fact_hex(out, names[i], regs->gpr[i]);
	report_fact_hex(out, "rip", regs->rip);
	report_fact_hex(out, "rflags", regs->rflags);
}

static void show_control(const struct vcpu_state *state, struct report *out)
{
	const struct control_state *ctl = &state->ctl;

	report_fact_hex(out, "cr0", ctl->cr0);
	report_fact_hex(out, "cr2", ctl->cr2);
	report_fact_hex(out, "cr3", ctl->cr3);
	report_fact_hex(out, "cr4", ctl->cr4);
	report_fact_hex(out, "efer", ctl->efer);
	report_fact_hex(out, "dr6", state->dr6);
	report_fact_hex(out, "dr7", state->dr7);
	report_fact_number(out, "cpl", ctl->cpl);
}

static void show_segment(const char *name, const struct segment *segment, struct report *out)
{
	report_row(out);
	report_string(out, "segment", -5, name);
	report_hex(out, "selector", 7, segment->selector);
	report_note(out, " base ");
	report_hex(out, "base", 18, segment->base);
	report_note(out, " limit ");
	report_hex(out, "limit", 10, segment->limit);
	report_note(out, " attributes ");
	report_hex(out, "attributes", 0, segment->attr);
	report_row_end(out);
}

static void show_segments(const struct vcpu_state *state, struct report *out)
{
	static const char *const names[SEG_COUNT] = {"es", "cs", "ss", "ds", "fs", "gs"};

	report_list(out, "segments");
	for (unsigned i = 0; i < SEG_COUNT; i++)
		show_segment(names[i], &state->ctl.seg[i], out);
	show_segment("ldtr", &state->ldtr, out);
	show_segment("tr", &state->tr, out);
	show_segment("gdtr", &state->gdtr, out);
	show_segment("idtr", &state->idtr, out);
	report_list_end(out);
}

enum status vcpu_regs(const struct argument *args, struct report *out, struct error *err)
{
	const struct vcpu_record *record = look(args, err);

	if (!record)
		return err->status;
	show_general(&record->state.regs, out);
	show_control(&record->state, out);
	show_segments(&record->state, out);
	return OK;
}

/* Why the vCPU does not run, in an operator's words. */
static const char *waits_for(const struct vm *vm, const struct vcpu_record *record)
{
	if (vm->life.state == VM_STOPPED)
		return "nothing: its guest has ended";
	if (vm->pause.on)
		return "'vm resume'";
	switch (record->mode) {
	case VCPU_HALTED:
		return "an interrupt (HLT)";
	case VCPU_WAIT_FOR_SIPI:
		return "a startup IPI";
	case VCPU_RUNNING:
		break;
	}
	return "nothing: it runs";
}

enum status vcpu_where(const struct argument *args, struct report *out, struct error *err)
{
	const struct vcpu_record *record = look(args, err);

	if (!record)
		return err->status;
	report_fact(out, "state", vm_state_name(args[0].vm));
	report_fact_number(out, "cpu", record->cpu);
	report_fact_hex(out, "rip", record->state.regs.rip);
	report_fact_number(out, "cpl", record->state.ctl.cpl);
	report_fact(out, "waits_for", waits_for(args[0].vm, record));
	return OK;
}
