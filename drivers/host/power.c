/* SPDX-License-Identifier: BSD-2-Clause */
/* Power-off by ACPI, and all methods to reset a PC, the standard ones first. */
#include "drivers/host/power.h"

#include "boot/acpi_sleep.h"
#include "core/base/bytes.h"
#include "core/base/x86.h"
#include "drivers/chips/power.h"
#include "mm/host/hostmap.h"

enum {
	PORT_KEYBOARD = 0x64,
	EFFECT_SPINS = 1000000,
};

static struct acpi_fadt fadt;

void power_init(const struct acpi_fadt *table)
{
	fadt = *table;
}

/* Gives the chip set time to switch off, to reset, or to enter ACPI mode. */
static void wait_for_effect(void)
{
	for (u32 i = 0; i < EFFECT_SPINS; i++)
		x86_pause();
}

/* Reads the sleep types of S5 from the DSDT. False if it has none. */
static bool read_s5(struct acpi_sleep_types *types)
{
	enum { HEADER_SIZE = 36, LENGTH_AT = 4 };
	const u8 *dsdt = fadt.dsdt ? hostmap_map_boot(hpa_make(fadt.dsdt), HEADER_SIZE) : NULL;
	u32 size = dsdt ? bytes_get32(dsdt + LENGTH_AT) : 0;
	bool found;

	hostmap_unmap_boot();
	dsdt = size > HEADER_SIZE ? hostmap_map_boot(hpa_make(fadt.dsdt), size) : NULL;
	found = dsdt && acpi_sleep_find_s5(dsdt + HEADER_SIZE, size - HEADER_SIZE, types);
	hostmap_unmap_boot();
	return found;
}

static void enter_sleep(const struct acpi_address *control, u8 type)
{
	u16 port = (u16)control->address, value;

	if (!port || control->space != ACPI_SPACE_IO)
		return;
	value = (u16)((x86_in16(port) & ~PM1_SLP_TYP_MASK) | type << PM1_SLP_TYP_SHIFT);
	x86_out16(port, value);
	x86_out16(port, value | PM1_SLP_EN);
}

bool power_can_off(void)
{
	struct acpi_sleep_types types;

	return (u16)fadt.pm1a_control.address && read_s5(&types);
}

void power_off(void)
{
	struct acpi_sleep_types types;
	u16 control = (u16)fadt.pm1a_control.address;

	if (!control || !read_s5(&types))
		return;
	if (fadt.smi_command && fadt.acpi_enable && !(x86_in16(control) & PM1_SCI_EN)) {
		x86_out8((u16)fadt.smi_command, fadt.acpi_enable);
		wait_for_effect();
	}
	enter_sleep(&fadt.pm1a_control, types.a);
	enter_sleep(&fadt.pm1b_control, types.b);
	wait_for_effect();
}

_Noreturn void power_reset(void)
{
	struct x86_table_pointer no_idt = {0, 0};

	x86_cli();
	if (fadt.reset.address && fadt.reset.space == ACPI_SPACE_IO) {
		x86_out8((u16)fadt.reset.address, fadt.reset_value);
		wait_for_effect();
	}
	x86_out8(PM_RESET_PORT, RESET_HARD);
	x86_out8(PM_RESET_PORT, RESET_HARD | RESET_CPU);
	wait_for_effect();
	x86_out8(PORT_KEYBOARD, KEYBOARD_PULSE_RESET);
	wait_for_effect();
	x86_lidt(&no_idt);
	x86_ud2();
}
