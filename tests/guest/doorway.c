/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes to one host port, which may be passed through. A test checks from outside whether
 * the write has reached the host's port.
 */
#include "lib/guest.h"

enum { PORT = 0x500 }; /* also in tests/boot/test_console.py */

void guest_main(void)
{
	print("DOORWAY knocks\n");
	x86_out8(PORT, 'A');
	check(true, "lived on after the write");
}
