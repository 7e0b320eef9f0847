/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys, one at a time, from the console to the shell or to a guest. */
#include "core/shell/keyboard.h"

#include "core/console/console.h"
#include "core/guest/chips.h"
#include "core/guest/vm.h"
#include "core/shell/shell.h"

static struct vm *attached;	 /* has the keyboard; NULL: the shell has it */
static struct vm *last_attached; /* had it last */
static bool just_escaped;	 /* the last key was the Ctrl-] that took it away */

void keyboard_attach(struct vm *vm)
{
	attached = vm;
	if (vm)
		last_attached = vm;
	just_escaped = false;
	console_attach(vm ? vm->output : NULL);
}

/*
 * A second Ctrl-] right after the first is a key for the guest that the first
 * one took the keyboard from; so are the keys that follow.
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

/* False: the guest that has the keyboard cannot take the key now. */
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
		else if (!console_skip_to_escape()) /* Ctrl-] overtakes keys for a guest that reads
						       none */
			return;
	}
}
