/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prints the length and the sum of the bytes of each line that it receives. Polls its UART
 * slowly. The test kills the guest.
 */
#include "lib/guest.h"

enum { COM1 = 0x3f8, FIFO_CONTROL = COM1 + 2, LINE_STATUS = COM1 + 5, DATA_READY = BIT(0) };

void guest_main(void)
{
	u32 count = 0, sum = 0;

	x86_out8(FIFO_CONTROL, BIT(0));
	print("ECHO ready\n");
	while (true) {
		u8 byte;

		while (!(x86_in8(LINE_STATUS) & DATA_READY))
			x86_pause();
		byte = x86_in8(COM1);
		if (byte == '\r') {
			print("ECHO %u bytes, sum %u\n", count, sum);
			count = sum = 0;
		} else {
			count++;
			sum += byte;
		}
	}
}
