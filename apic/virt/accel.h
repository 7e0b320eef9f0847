/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * May hardware run a guest's APICs? What speaks against it, as a set of named
 * reasons, from what the hardware can do and what the guest has made of its
 * APICs. Pure: it decides; core/guest/vcpu_apic.c and the backends act.
 *
 * Acceleration must never show. So there is no state in which hardware does a
 * part: with any reason against it all of a guest's APICs are emulated, and
 * when the last reason has gone they are accelerated again.
 */
#pragma once

#include "apic/virt/route.h"

/* Bits; the names are accel_reason_name's. */
enum accel_reason {
	ACCEL_CONFIG = BIT(0),	     /* the guest's description says `emulate` */
	ACCEL_HARDWARE = BIT(1),     /* the CPUs cannot */
	ACCEL_UNPROVEN = BIT(2),     /* nobody has seen it work: only `accelerate` uses it */
	ACCEL_OFF = BIT(3),	     /* an APIC is off */
	ACCEL_BASE = BIT(4),	     /* an APIC's page is not at the default address */
	ACCEL_ALIASED_IDS = BIT(5),  /* one physical destination names several APICs */
	ACCEL_ID_RANGE = BIT(6),     /* an ID that the hardware's tables cannot hold */
	ACCEL_MIXED_MODES = BIT(7),  /* xAPIC and x2APIC, and hardware can do one at a time */
	ACCEL_XAPIC = BIT(8),	     /* in use, and hardware has no xAPIC mode */
	ACCEL_X2APIC = BIT(9),	     /* in use, and hardware has no x2APIC mode */
	ACCEL_LOGICAL = BIT(10),     /* logical IDs that the hardware's tables cannot express */
	ACCEL_EXTINT = BIT(11),	     /* the 8259s ask, and hardware cannot deliver that */
	ACCEL_SOFTWARE_OFF = BIT(12) /* of one vCPU: its SVR says so */
};
enum { ACCEL_REASONS = 13 };

/* apic = emulate | accelerate | auto */
enum accel_choice { ACCEL_AUTO, ACCEL_NEVER, ACCEL_ALWAYS };

/* What every CPU that runs guests can do. */
struct accel_hardware {
	u8 modes;	     /* BIT(enum apic_mode) for those it can run; 0: none */
	bool proven;	     /* seen working on it */
	bool mixed_modes;    /* each vCPU may be in its own mode */
	bool extint;	     /* interrupts of the 8259s can go in beside its own */
	bool logical_tables; /* it finds xAPIC logical destinations itself, in tables of one-bit IDs
			      */
	u32 max_id;	     /* largest physical ID */
	char missing[160];   /* modes is 0: the features that are not there */
};

/* The name of the reason with this bit number, below ACCEL_REASONS: "aliased IDs". */
const char *accel_reason_name(unsigned number);

/*
 * Where an xAPIC's logical ID stands in a table of one APIC an entry: flat, 8
 * entries, one a bit; cluster, four for each of the clusters 0 to 14 (15 is
 * broadcast). -1: nowhere, and then a logical broadcast misses it.
 */
int accel_logical_entry(const struct route_apic *apic);

/*
 * Reasons of the guest: all but ACCEL_EXTINT and ACCEL_SOFTWARE_OFF, which come
 * and go with no change of what APICs answer to. traits: enum route_trait.
 */
u32 accel_reasons(const struct accel_hardware *hardware, enum accel_choice choice,
		  const struct route_apic *apics, unsigned count, u32 traits);
