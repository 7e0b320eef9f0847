/* SPDX-License-Identifier: BSD-2-Clause */
/* A triple fault on purpose: the machine must end here, without DONE. */
#include "lib/guest.h"

void guest_main(void)
{
	struct x86_table_pointer empty = {0, 0};

	check(true, "about to triple-fault");
	x86_lidt(&empty);
	__asm__ volatile("int3");
	check(false, "alive after a triple fault");
}
