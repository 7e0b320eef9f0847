/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks TF over emulated instructions: exactly one #DB each, at the right place. Also
 * checks RF.
 */
#include "lib/guest.h"
#include "lib/snippet.h"

enum {
	DR6_B0 = 1,
	DR7_G0 = 2,
	STEPS_MAX = 16,
	NOP_SIZE = 1, /* after every AFTER */
};

extern const struct snippet step_snippets[], step_repeats[], step_breakpoints[];
extern const struct snippet step_vmcall[], step_vmmcall[];
extern const u32 step_snippets_count, step_repeats_count, step_breakpoints_count;
extern const u32 step_repeats_iterations[];

static struct {
	u64 rip, dr6, rflags;
} steps[STEPS_MAX];
static u32 step_count;
static u64 last_rip; /* the handler clears TF at this address */
static u8 buffer[64];

static void on_debug(struct trap_frame *frame)
{
	if (step_count < STEPS_MAX) {
		steps[step_count].rip = frame->rip;
		steps[step_count].dr6 = x86_read_dr(6);
		steps[step_count].rflags = frame->rflags;
		step_count++;
	}
	x86_write_dr(6, DR6_RESET);
	if (frame->rip == last_rip || step_count == STEPS_MAX)
		frame->rflags &= ~RFLAGS_TF;
	else if (step_count == 1 && steps[0].dr6 & DR6_B0)
		frame->rflags |= RFLAGS_RF | RFLAGS_TF;
}

/* until: stepping stops at this address. */
static void run(const struct snippet *snippet, u64 until)
{
	step_count = 0;
	memset(steps, 0, sizeof(steps));
	last_rip = until;
	x86_write_dr(6, DR6_RESET);
	snippet->code(buffer);
}

static void check_step(u32 index, u64 rip, const char *name)
{
	if (index >= step_count)
		return check(false, "%s: #DB number %u", name, index + 1);
	check_equal(steps[index].rip, rip, "%s: RIP of #DB number %u", name, index + 1);
	check_equal(steps[index].dr6 & (DR6_BS | DR6_B0), DR6_BS, "%s: DR6 of #DB number %u", name,
		    index + 1);
}

static void check_single(const struct snippet *snippet)
{
	run(snippet, snippet->after + NOP_SIZE);
	check_step(0, snippet->after, snippet->name);
	check(steps[0].rflags & RFLAGS_TF, "%s: TF in the pushed RFLAGS", snippet->name);
	check_equal(steps[0].rflags & RFLAGS_RF, 0, "%s: RF in the pushed RFLAGS", snippet->name);
	check_step(1, snippet->after + NOP_SIZE, snippet->name);
	check_equal(step_count, 2, "%s: one #DB an instruction", snippet->name);
}

/* Every #DB of a repeated instruction but the last points at the instruction itself. */
static void check_repeated(const struct snippet *snippet, u32 iterations)
{
	u32 i;

	run(snippet, snippet->after + NOP_SIZE);
	for (i = 0; i < step_count && steps[i].rip == snippet->target; i++)
		check_step(i, snippet->target, snippet->name);
	check_step(i, snippet->after, snippet->name);
	check_step(i + 1, snippet->after + NOP_SIZE, snippet->name);
	check_equal(i + 1, iterations, "%s: one #DB an iteration", snippet->name);
	check_equal(step_count, i + 2, "%s: no #DB more", snippet->name);
}

/* The #DB comes before the instruction; with RF set it then executes, and RF is clear after it. */
static void check_breakpoint(const struct snippet *snippet)
{
	x86_write_dr(0, snippet->target);
	x86_write_dr(7, DR7_RESET | DR7_G0);
	run(snippet, snippet->after);
	x86_write_dr(7, DR7_RESET);
	check_equal(steps[0].rip, snippet->target, "breakpoint on %s: RIP", snippet->name);
	check_equal(steps[0].dr6 & (DR6_B0 | DR6_BS), DR6_B0, "breakpoint on %s: DR6",
		    snippet->name);
	check_equal(steps[1].rip, snippet->after, "breakpoint on %s: executed with RF",
		    snippet->name);
	check_equal(steps[1].rflags & RFLAGS_RF, 0, "breakpoint on %s: RF clear after it",
		    snippet->name);
}

void guest_main(void)
{
	trap_set_handler(EXC_DB, on_debug);
	for (u32 i = 0; i < step_snippets_count; i++)
		check_single(&step_snippets[i]);
	for (u32 i = 0; i < step_repeats_count; i++)
		check_repeated(&step_repeats[i], step_repeats_iterations[i]);
	if (machine.ashlar)
		check_single(machine.vmcall ? step_vmcall : step_vmmcall);
	else
		skip("no hypervisor of ours", "hypercall");
	for (u32 i = 0; i < step_breakpoints_count; i++)
		check_breakpoint(&step_breakpoints[i]);
}
