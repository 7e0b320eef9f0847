/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks the local APIC against the manuals, on all CPUs of the machine. tests/guest/apic/
 * has one file per subject. Citations in these files are section titles of SDM 3A "Advanced
 * Programmable Interrupt Controller (APIC)".
 */
#include "apic/suite.h"

void guest_main(void)
{
	suite_start();
	apic_test_base();
	apic_test_registers();
	apic_test_x2apic_registers();
	apic_test_page();
	apic_test_priorities();
	apic_test_sending();
	apic_test_timer();
	apic_test_destinations();
	apic_test_lines();
	apic_test_pic();
	apic_test_places();
	apic_test_starting();
}
