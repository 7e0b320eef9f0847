/* SPDX-License-Identifier: BSD-2-Clause */
/* Causes a triple fault. The machine must end without DONE. */
#include "lib/guest.h"

void guest_main(void)
{
	struct x86_table_pointer empty = {0, 0};

	check(true, "about to triple-fault");
	x86_lidt(&empty);
	__asm__ volatile("int3");
	check(false, "alive after a triple fault");
}
