/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the host's IOAPICs, which send each device interrupt to a CPU and a vector.
 * Every pin is masked unless ioapic_route has routed it. Knows nothing of guests'
 * IOAPICs.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/status.h"
#include "core/base/types.h"

enum { IOAPIC_MAX = 16 };

/* An IOAPIC, as the MADT describes it. */
struct ioapic_place {
	struct hpa address;
	u32 gsi_base; /* global system interrupt of the first pin */
};

struct ioapic_line {
	u32 gsi;
	bool level, active_low;
};

/*
 * Masks both 8259s, maps the first IOAPIC_MAX of the IOAPICs, and masks their pins.
 * An IOAPIC that cannot be mapped is named in the log and not used. The boot CPU, once.
 */
void ioapic_init(const struct ioapic_place *places, u32 count);

/*
 * Delivers the line's interrupts as vector to the CPU with this APIC ID.
 * ERR_NOT_FOUND: no IOAPIC has the line. ERR_UNSUPPORTED: apic_id is above 0xfe,
 * which an entry cannot hold without interrupt remapping.
 */
enum status ioapic_route(struct ioapic_line line, u8 vector, u32 apic_id,
			 struct error *err) must_check;
