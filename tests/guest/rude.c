/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes to its UART without end and without a look at it. Ends by being killed. */
#include "lib/guest.h"

void guest_main(void)
{
	for (u32 i = 0;; i++)
		print("rude %u\n", i);
}
