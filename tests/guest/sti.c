/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks that a waiting interrupt is delivered right after the one instruction of the shadow. */
#include "lib/guest.h"
#include "lib/snippet.h"

enum { VECTOR = 0x62, TRIES = 3 };

extern const struct snippet sti_snippets[], ss_snippets[];
extern const u32 sti_snippets_count, ss_snippets_count;

static volatile u32 taken;
static u64 taken_at;

static void on_interrupt(struct trap_frame *frame)
{
	if (!taken)
		taken_at = frame->rip;
	taken = taken + 1;
	apic_eoi();
}

static void on_debug(struct trap_frame *frame)
{
	if (!taken)
		taken_at = frame->rip;
	taken = taken + 1;
	frame->rflags &= ~RFLAGS_TF;
}

static void check_taken(const struct snippet *snippet)
{
	check_equal(taken, 1, "%s: taken once", snippet->name);
	check_equal(taken_at - snippet->target, snippet->after - snippet->target,
		    "%s: taken after the instruction", snippet->name);
}

/* True if the interrupt came at the right place. */
static bool run_sti(const struct snippet *snippet, bool *held)
{
	taken = 0;
	apic_send(0, VECTOR | ICR_SELF | ICR_ASSERT);
	timer_delay_us(100);
	*held = taken == 0;
	snippet->code(NULL);
	return *held && taken == 1 && taken_at == snippet->after;
}

/* Tries several times: QEMU's TCG forgets the shadow when its timer interrupts in it. */
static void check_sti(const struct snippet *snippet)
{
	bool held;

	for (u32 i = 0; i < TRIES && !run_sti(snippet, &held); i++)
		;
	check(held, "%s: held while IF is clear", snippet->name);
	check_taken(snippet);
}

void guest_main(void)
{
	trap_set_handler(VECTOR, on_interrupt);
	trap_set_handler(EXC_DB, on_debug);
	for (u32 i = 0; i < sti_snippets_count; i++)
		check_sti(&sti_snippets[i]);
	for (u32 i = 0; i < ss_snippets_count; i++) {
		taken = 0;
		ss_snippets[i].code(NULL);
		check_taken(&ss_snippets[i]);
	}
}
