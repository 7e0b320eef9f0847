/* SPDX-License-Identifier: BSD-2-Clause */
/* Waits for the power button and powers off when it is pressed. */
#include "lib/guest.h"

/* ACPI "PM1 Event Grouping": the status register, four ports below the control register. */
enum { PM1_STATUS = 0x600, PM1_PWRBTN_STS = 1 << 8 };

void guest_main(void)
{
	print("BUTTON waits for the button\n");
	while (!(x86_in16(PM1_STATUS) & PM1_PWRBTN_STS))
		x86_pause();
	machine_power_off();
}
