/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes to one host port that may be passed through to it, so that a look
 * from outside can tell whether the write got there.
 */
#include "lib/guest.h"

enum { PORT = 0x500 }; /* also in tests/boot/test_console.py */

void guest_main(void)
{
	print("DOORWAY knocks\n");
	x86_out8(PORT, 'A');
	check(true, "lived on after the write");
}
