/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prints numbered lines without end, and waits for its UART like a driver. The test kills
 * the guest.
 */
#include "core/base/format.h"
#include "lib/guest.h"

enum { COM1 = 0x3f8, LINE_STATUS = COM1 + 5, THR_EMPTY = BIT(5) };

static void put(const char *text)
{
	for (; *text; text++) {
		while (!(x86_in8(LINE_STATUS) & THR_EMPTY))
			x86_pause();
		x86_out8(COM1, (u8)*text);
	}
}

void guest_main(void)
{
	char line[32];

	for (u32 i = 0;; i++) {
		format_text(line, sizeof(line), "flood %u\r\n", i);
		put(line);
	}
}
