/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decides whether hardware runs a guest's APICs: computes the set of reasons against
 * it from the hardware's features and the states of the guest's APICs. Changes
 * nothing: core/guest/vcpu_apic.c and the backends act on the reasons. Pure.
 *
 * A guest must not notice acceleration. So hardware runs all of a guest's APICs or
 * none: while there is any reason against it, all are emulated; without a reason all
 * are accelerated. (ACCEL_SOFTWARE_OFF alone concerns a single vCPU.)
 */
#pragma once

#include "apic/virt/route.h"

/* Reasons against acceleration. accel_reason_name has a name for each bit. */
enum accel_reason {
	ACCEL_CONFIG = BIT(0),	     /* the guest's description says apic = emulate */
	ACCEL_HARDWARE = BIT(1),     /* the CPUs cannot */
	ACCEL_UNPROVEN = BIT(2),     /* not yet seen working: used only with apic = accelerate */
	ACCEL_OFF = BIT(3),	     /* an APIC is off */
	ACCEL_BASE = BIT(4),	     /* an APIC's page is not at the default address */
	ACCEL_ALIASED_IDS = BIT(5),  /* one physical destination names several APICs */
	ACCEL_ID_RANGE = BIT(6),     /* an ID that the hardware's tables cannot hold */
	ACCEL_MIXED_MODES = BIT(7),  /* xAPIC and x2APIC at once, which hardware cannot run */
	ACCEL_XAPIC = BIT(8),	     /* in use, and hardware has no xAPIC mode */
	ACCEL_X2APIC = BIT(9),	     /* in use, and hardware has no x2APIC mode */
	ACCEL_LOGICAL = BIT(10),     /* logical IDs that the hardware's tables cannot express */
	ACCEL_EXTINT = BIT(11),	     /* the 8259s interrupt, and hardware cannot deliver it */
	ACCEL_SOFTWARE_OFF = BIT(12) /* of one vCPU: its APIC is software-disabled */
};
enum { ACCEL_REASONS = 13 };

/* apic = emulate | accelerate | auto */
enum accel_choice { ACCEL_AUTO, ACCEL_NEVER, ACCEL_ALWAYS };

/* The APIC features that every CPU which runs guests has. */
struct accel_hardware {
	u8 modes;	     /* BIT(enum apic_mode) for those it can run; 0: none */
	bool proven;	     /* acceleration has been seen working on it */
	bool mixed_modes;    /* each vCPU may be in its own mode */
	bool extint;	     /* interrupts of the 8259s can be injected meanwhile */
	bool logical_tables; /* routes xAPIC logical destinations by tables of one-bit IDs */
	u32 max_id;	     /* largest physical ID */
	char missing[160];   /* if modes is 0: the names of the missing features */
};

/* The name of the reason with this bit number, below ACCEL_REASONS: "aliased IDs". */
const char *accel_reason_name(unsigned number);

/*
 * The index of an xAPIC's logical ID in hardware's table, which has one APIC an entry:
 * in the flat model one of 8 entries, by bit; in the cluster model one of four for each
 * of the clusters 0 to 14 (15 is broadcast). -1: the ID has no entry, and then a logical
 * broadcast does not reach the APIC.
 */
int accel_logical_entry(const struct route_apic *apic);

/*
 * The reasons against acceleration of the guest with these `count` APICs; traits: enum
 * route_trait. Never ACCEL_EXTINT and ACCEL_SOFTWARE_OFF, which the caller adds: they
 * change without a change of the routing.
 */
u32 accel_reasons(const struct accel_hardware *hardware, enum accel_choice choice,
		  const struct route_apic *apics, unsigned count, u32 traits);
