/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the reasons against acceleration in the hardware's features and the APICs' states. */
#include "apic/virt/accel.h"

static const char *const names[] = {
	"apic = emulate", "no hardware", "unproven hardware", "APIC off",   "APIC base",
	"aliased IDs",	  "ID range",	 "mixed modes",	      "xAPIC mode", "x2APIC mode",
	"logical IDs",	  "ExtINT",	 "software-disabled",
};
static_assert(ARRAY_SIZE(names) == ACCEL_REASONS, "a name each");

const char *accel_reason_name(unsigned number)
{
	return names[number];
}

static u32 mode_reasons(const struct accel_hardware *hardware, const struct route_apic *apic)
{
	switch (apic->mode) {
	case APIC_MODE_XAPIC:
		return (hardware->modes & BIT(APIC_MODE_XAPIC) ? 0 : ACCEL_XAPIC) |
		       (apic->moved ? ACCEL_BASE : 0);
	case APIC_MODE_X2APIC:
		return hardware->modes & BIT(APIC_MODE_X2APIC) ? 0 : ACCEL_X2APIC;
	default:
		return ACCEL_OFF;
	}
}

int accel_logical_entry(const struct route_apic *apic)
{
	u32 cluster = apic->ldr >> 4;
	u32 bits = apic->dfr == APIC_DFR_FLAT ? apic->ldr : apic->ldr & 0xf;

	if (bits == 0 || (bits & (bits - 1)))
		return -1;
	if (apic->dfr == APIC_DFR_FLAT)
		return __builtin_ctz(bits);
	if (apic->dfr == APIC_DFR_CLUSTER && cluster < 15)
		return (int)(cluster * 4) + __builtin_ctz(bits);
	return -1;
}

/* True if each xAPIC that is software-enabled has an entry of the logical table to itself. */
static bool logical_fits(const struct route_apic *apics, unsigned count, u32 traits)
{
	u64 taken = 0;

	if (traits & ROUTE_MIXED_MODELS)
		return false;
	for (unsigned i = 0; i < count; i++) {
		int entry = accel_logical_entry(&apics[i]);

		if (apics[i].mode != APIC_MODE_XAPIC || !apics[i].software_enabled)
			continue;
		if (entry < 0 || (taken & BIT(entry)))
			return false;
		taken |= BIT(entry);
	}
	return true;
}

u32 accel_reasons(const struct accel_hardware *hardware, enum accel_choice choice,
		  const struct route_apic *apics, unsigned count, u32 traits)
{
	u32 reasons = choice == ACCEL_NEVER ? ACCEL_CONFIG : 0;

	if (!hardware->modes)
		reasons |= ACCEL_HARDWARE;
	else if (choice == ACCEL_AUTO && !hardware->proven)
		reasons |= ACCEL_UNPROVEN;
	/* With one of these the guest is always emulated, and other reasons are of no interest. */
	if (reasons)
		return reasons;
	for (unsigned i = 0; i < count; i++) {
		reasons |= mode_reasons(hardware, &apics[i]);
		if (apics[i].mode != APIC_MODE_DISABLED && apics[i].id > hardware->max_id)
			reasons |= ACCEL_ID_RANGE;
	}
	if (traits & ROUTE_ALIASED_IDS)
		reasons |= ACCEL_ALIASED_IDS;
	if ((traits & ROUTE_MIXED_MODES) && !hardware->mixed_modes)
		reasons |= ACCEL_MIXED_MODES;
	if (hardware->logical_tables && !logical_fits(apics, count, traits))
		reasons |= ACCEL_LOGICAL;
	return reasons;
}
