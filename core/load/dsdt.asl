/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices of a guest that ACPI describes and nothing else announces. CPUs,
 * the IOAPIC and the fixed hardware are in MADT and FADT. The ports are those
 * of drivers/virt/.
 */
DefinitionBlock ("dsdt.aml", "DSDT", 2, "ASHLAR", "ASHLARVM", 1)
{
	/* SLP_TYPa: PM_SLP_TYP_S5 of drivers/virt/pm.h. */
	Name (\_S5, Package () { 0, 0, 0, 0 })

	Scope (\_SB)
	{
		Device (COM1)
		{
			Name (_HID, EisaId ("PNP0501"))
			Name (_UID, 1)
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x3F8, 0x3F8, 1, 8)
				IRQNoFlags () { 4 }
			})
		}

		Device (RTC)
		{
			Name (_HID, EisaId ("PNP0B00"))
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x70, 0x70, 1, 2)
				IRQNoFlags () { 8 }
			})
		}

		Device (TIMR)
		{
			Name (_HID, EisaId ("PNP0100"))
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x40, 0x40, 1, 4)
				IRQNoFlags () { 0 }
			})
		}

		Device (FWCF)
		{
			Name (_HID, "QEMU0002")
			Name (_STA, 0x0B) /* present, enabled, working; not for users to see */
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x510, 0x510, 1, 2)
			})
		}

		/* Ports that are taken, and by no device above. */
		Device (MISC)
		{
			Name (_HID, EisaId ("PNP0C02"))
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x80, 0x80, 1, 1)
				IO (Decode16, 0xF4, 0xF4, 1, 1)
				IO (Decode16, 0x600, 0x600, 1, 12)
				IO (Decode16, 0xCF9, 0xCF9, 1, 1)
			})
		}
	}
}
