/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a signature into every page of its memory above 4 MiB and sleeps for ever. A test
 * that reads host memory from outside recognises the guest's pages. The test kills the
 * guest.
 */
#include "lib/guest.h"

static const char signature[16] = "ASHLAR-CANARY-PG";

void guest_main(void)
{
	for (u64 page = 4 * MIB; page + PAGE_SIZE <= machine.memory_end; page += PAGE_SIZE)
		memcpy((void *)page, signature, sizeof(signature));
	print("CANARY ready\n");
	while (true)
		x86_hlt();
}
