/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 8254 and the ACPI PM timer, for the driver of the host's and the models of
 * the guests' (Intel 8254 data sheet; ACPI "Power Management Timer"). Header only.
 */
#pragma once

enum { PIT_HZ = 1193182, PM_TIMER_HZ = 3579545 };

/* The registers behind ports 0x40 to 0x43. */
enum pit_register { PIT_COUNTER0, PIT_COUNTER1, PIT_COUNTER2, PIT_CONTROL, PIT_REGISTERS };
