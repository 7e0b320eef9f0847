/* SPDX-License-Identifier: BSD-2-Clause */
/* The prompt, the completion of words, and the loop of the administrator's thread. */
#include "core/shell/shell.h"

#include "core/base/atomic.h"
#include "core/base/log.h"
#include "core/base/string.h"
#include "core/base/time.h"
#include "core/base/x86.h"
#include "core/console/console.h"
#include "core/guest/chips.h"
#include "core/guest/vm.h"
#include "core/host/cpu.h"
#include "core/host/sched.h"
#include "core/shell/commands.h"
#include "core/shell/keyboard.h"
#include "core/terminal/complete.h"
#include "core/terminal/line.h"
#include "core/terminal/report.h"
#include "core/vm/life.h"
#include "drivers/host/clock.h"

enum {
	POLL_NS = 10 * NS_PER_MS,     /* the period of vm_life_tick, and of polling in case a UART
					 interrupt is lost */
	SEQUENCE_NS = 50 * NS_PER_MS, /* the bytes of one key arrive within this time */
};

static const char prompt[] = "ashlar> ";
static struct line line;
static struct vm *next_owner; /* gets the keyboard after the command; NULL: the shell keeps it */
static u64 last_ticks;	      /* see shell_last_ticks */
static bool begun;	      /* the prompt has been shown */
static u64 last_key;	      /* TSC of the last typed character */

void shell_begin(void)
{
	begun = true;
	line_begin(&line);
	console_set_idle(true);
}

void shell_hand_over(struct vm *vm)
{
	next_owner = vm;
}

u64 shell_last_ticks(void)
{
	return last_ticks;
}

void shell_print_ok(void)
{
	console_print("ok\r\n");
}

/* Runs a command. Its verdict is the last line, with --json too, because scripts wait for it. */
static void run(const char **words, u32 count)
{
	static struct report out;
	struct error err = {0};
	bool json = command_remove_flag(words, &count, "--json");
	bool done;

	report_begin(&out, json, console_write);
	done = count && commands_run(words, count, &out, &err) == OK;
	if (!count)
		fail(&err, ERR_INVALID, "--json goes with a command");
	report_end(&out, done ? NULL : &err);
	if (done)
		shell_print_ok();
	else
		console_print("error: %s\r\n", err.text);
}

/* Runs the line that was entered, and then gives the keyboard to next_owner or shows the prompt. */
static void execute(void)
{
	const char *words[COMMAND_WORDS_MAX];
	struct error err;
	u64 typed = console_input_tsc();
	u32 count;

	console_set_idle(false);
	if (command_split(line.text, words, &count, &err) != OK)
		console_print("error: %s\r\n", err.text);
	else if (count)
		run(words, count);
	last_ticks = x86_rdtsc() - typed;
	if (next_owner) {
		keyboard_attach(next_owner);
	} else {
		line_begin(&line);
		console_set_idle(true);
	}
	next_owner = NULL;
}

static void list_candidate(const char *candidate)
{
	console_print("%s  ", candidate);
}

/* Inserts the common start of all candidates; if the word has it already, lists the candidates. */
static void complete_word(void)
{
	struct completion found;

	complete(&commands, commands_value, line.text, line.cursor, &found, NULL);
	if (found.count && strlen(found.text) > found.typed) {
		line_insert(&line, found.text + found.typed, strlen(found.text) - found.typed);
	} else if (found.count > 1) {
		console_print("\r\n");
		complete(&commands, commands_value, line.text, line.cursor, &found, list_candidate);
		console_print("\r\n");
		line_redraw(&line);
	}
	if (found.count == 1)
		line_insert(&line, " ", 1);
}

void shell_input(char c)
{
	last_key = x86_rdtsc();
	if (c == CONSOLE_ESCAPE) {
		console_print("\r\n");
		shell_begin();
		return;
	}
	switch (line_key(&line, c)) {
	case LINE_ENTERED:
		execute();
		break;
	case LINE_TAB:
		complete_word();
		break;
	case LINE_ABANDONED:
		line_begin(&line);
		break;
	case LINE_NOTHING:
		break;
	}
}

void shell_input_idle(void)
{
	if (x86_rdtsc() - last_key > clock_tsc_from_ns(SEQUENCE_NS))
		line_idle(&line);
}

static void start_guests(void)
{
	struct error err;

	for (u32 i = 0; i < vm_count(); i++) {
		struct vm *vm = vm_by_id(i);

		if (vm->config->valid && vm->config->autostart && vm_life_start(vm, &err) != OK)
			log_write(LOG_ERROR, "%s", err.text);
	}
}

/*
 * Gives the keyboard to the first guest that has started; to the shell if none
 * has and none is starting. False: nothing is decided yet, a guest is starting.
 */
static bool attach_first(void)
{
	for (u32 i = 0; i < vm_count(); i++) {
		struct vm *vm = vm_by_id(i);

		if (vm->life.starts) {
			keyboard_attach(vm);
			return true;
		}
		if (vm->life.state == VM_STARTING)
			return false;
	}
	log_write(LOG_WARN, "no guest runs; 'help' lists what can be done");
	keyboard_attach(NULL);
	shell_begin();
	return true;
}

/*
 * Serves the UART, lets guests print whose output has been sent, and passes keys on.
 * True if the caller has to call again at once (see console_poll).
 */
static bool serve_console(void)
{
	bool busy = console_poll();

	for (u32 i = 0; i < vm_count(); i++)
		chips_release_output(vm_by_id(i));
	keyboard_dispatch();
	return busy;
}

_Noreturn void shell_thread(void *unused)
{
	bool attached = false;

	(void)unused;
	sched_current()->urgent = true;
	console_set_admin(sched_current());
	line_init(&line, prompt, console_write);
	start_guests();
	for (;;) {
		thread_take_pending(sched_current());
		vm_life_tick();
		if (!attached && !begun)
			attached = attach_first();
		if (serve_console()) {
			sched_yield();
			continue;
		}
		sched_arm(x86_rdtsc() + clock_tsc_from_ns(POLL_NS));
		sched_block();
	}
}
