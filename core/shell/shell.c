/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads lines, splits them into words, and reports how each command ended. */
#include "core/shell/shell.h"

#include "core/cpu.h"
#include "core/log.h"
#include "core/sched.h"
#include "core/shell/commands.h"
#include "core/shell/console.h"
#include "core/shell/report.h"
#include "core/vm.h"
#include "core/x86.h"
#include "drivers/host/clock.h"

enum {
	LINE_SIZE = 256,
	POLL_NS = 10000000,
	KEY_BACKSPACE = 0x08,
	KEY_KILL_LINE = 0x15, /* Ctrl-U */
	KEY_DELETE = 0x7f,
};

static const char prompt[] = "ashlar> ";
static char line[LINE_SIZE];
static size_t length;
static struct vm *next_owner; /* of the keyboard; NULL: the shell keeps it */
static bool begun;	      /* the prompt has been shown */

void shell_begin(void)
{
	length = 0;
	begun = true;
	console_print("\r\n%s", prompt);
}

void shell_redraw(void (*put)(const char *text, size_t size))
{
	if (begun) {
		put(prompt, sizeof(prompt) - 1);
		put(line, length);
	}
}

void shell_hand_over(struct vm *vm)
{
	next_owner = vm;
}

void shell_print_ok(void)
{
	console_print("ok\r\n");
}

/* The verdict is the last line, with --json too: a script may look for nothing else. */
static void run(const char **words, u32 count)
{
	static struct report out;
	struct error err = {0};
	bool json = command_take_flag(words, &count, "--json");
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

static void execute(void)
{
	const char *words[COMMAND_WORDS_MAX];
	struct error err;
	u32 count;

	line[length] = '\0';
	length = 0;
	console_print("\r\n");
	if (command_split(line, words, &count, &err) != OK)
		console_print("error: %s\r\n", err.text);
	else if (count)
		run(words, count);
	if (!next_owner)
		console_print("%s", prompt);
	else
		console_attach(next_owner);
	next_owner = NULL;
}

static void erase(size_t characters)
{
	for (; characters && length; characters--, length--)
		console_print("\b \b");
}

void shell_input(char c)
{
	if (c == CONSOLE_ESCAPE) {
		shell_begin();
	} else if (c == '\r' || c == '\n') {
		execute();
	} else if (c == KEY_BACKSPACE || c == KEY_DELETE) {
		erase(1);
	} else if (c == KEY_KILL_LINE) {
		erase(length);
	} else if (c >= ' ' && c < KEY_DELETE && length < LINE_SIZE - 1) {
		line[length++] = c;
		console_write(&c, 1);
	}
}

static void start_guests(void)
{
	struct error err;

	for (u32 i = 0; i < vm_count(); i++) {
		struct vm *vm = vm_by_id(i);

		if (vm->config->valid && vm->config->autostart && vm_start(vm, &err) != OK)
			log_write(LOG_ERROR, "%s", err.text);
	}
}

/* Gives the first guest that starts the keyboard. False: it is not known yet which will. */
static bool attach_first(void)
{
	for (u32 i = 0; i < vm_count(); i++) {
		struct vm *vm = vm_by_id(i);

		if (vm->starts) {
			console_attach(vm);
			return true;
		}
		if (vm->state == VM_STARTING)
			return false;
	}
	log_write(LOG_WARN, "no guest runs; Ctrl-] and 'help' are for the console");
	shell_begin();
	return true;
}

_Noreturn void shell_thread(void *unused)
{
	bool settled = false;

	(void)unused;
	start_guests();
	for (;;) {
		__atomic_store_n(&sched_current()->pending, 0, __ATOMIC_SEQ_CST);
		vm_tick();
		if (!settled && !begun)
			settled = attach_first();
		console_poll();
		sched_arm(x86_rdtsc() + clock_tsc_from_ns(POLL_NS));
		sched_block();
	}
}
