/* SPDX-License-Identifier: BSD-2-Clause */
/* Passes keys, one at a time, from the console to the shell or to the guest with the keyboard. */
#include "core/shell/keyboard.h"

#include "core/console/console.h"
#include "core/guest/chips.h"
#include "core/guest/vm.h"
#include "core/shell/shell.h"

static struct vm *attached;	 /* has the keyboard; NULL: the shell has it */
static struct vm *last_attached; /* the last guest that had the keyboard */
static bool just_escaped;	 /* the last key was the Ctrl-] that took the keyboard from it */

void keyboard_attach(struct vm *vm)
{
	attached = vm;
	if (vm)
		last_attached = vm;
	just_escaped = false;
	console_attach(vm ? vm->output : NULL);
}

/*
 * A second Ctrl-] right after the first gives the keyboard back to the guest that
 * the first one took it from, and is a key for that guest. True: c was such a key.
 */
static bool escape_twice(char c)
{
	bool twice = c == CONSOLE_ESCAPE && just_escaped && last_attached;

	just_escaped = false;
	if (twice) {
		keyboard_attach(last_attached);
		chips_receive(last_attached, CONSOLE_ESCAPE);
	}
	return twice;
}

/* Passes on one key. False: the guest that has the keyboard cannot receive the key now. */
static bool pass(char c)
{
	if (!attached) {
		if (!escape_twice(c))
			shell_input(c);
		return true;
	}
	if (c == CONSOLE_ESCAPE) {
		keyboard_attach(NULL);
		shell_begin();
		just_escaped = true;
		return true;
	}
	return chips_receive(attached, (u8)c);
}

void keyboard_dispatch(void)
{
	char c;

	if (!console_peek_key(&c))
		shell_input_idle();
	while (console_peek_key(&c)) {
		if (pass(c))
			console_remove_key();
		else if (!console_skip_to_escape()) /* keys wait for the guest; Ctrl-] does not */
			return;
	}
}
