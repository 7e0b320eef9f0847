/* SPDX-License-Identifier: BSD-2-Clause */
/* The order in which a test guest starts. */
#include "lib/boot.h"
#include "lib/guest.h"

void guest_start(void);

void guest_start(void)
{
	trap_init();
	boot_init();
	machine_init();
	apic_init();
	timer_init();
	guest_main();
	report_done();
}
