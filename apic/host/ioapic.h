/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's IOAPICs: which device interrupt arrives where. All pins are masked
 * but those that are routed. Knows nothing of guests' IOAPICs.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/status.h"
#include "core/base/types.h"

enum { IOAPIC_MAX = 16 };

/* From the MADT. */
struct ioapic_place {
	struct hpa address;
	u32 gsi_base; /* global system interrupt of its first pin */
};

struct ioapic_line {
	u32 gsi;
	bool level, active_low;
};

/* Maps them and masks every pin. One that cannot be mapped is named in the log and left out. */
void ioapic_init(const struct ioapic_place *places, u32 count);

/*
 * Delivers the line's interrupts as vector to the CPU with this APIC ID.
 * ERR_NOT_FOUND: no IOAPIC has the line. ERR_UNSUPPORTED: an ID of more than 8
 * bits needs interrupt remapping.
 */
enum status ioapic_route(struct ioapic_line line, u8 vector, u32 apic_id,
			 struct error *err) must_check;
