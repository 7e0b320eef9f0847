/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the interrupt command register to the message it sends. SDM 3A "Issuing
 * Interprocessor Interrupts". Never chooses targets.
 */
#include "apic/virt/vlapic_parts.h"

/*
 * Delivery modes that may go with each shorthand (SDM 3A "Interrupt Command
 * Register", valid combinations for Pentium 4 and Xeon); others send nothing.
 */
enum {
	FIXED_ONLY = BIT(APIC_FIXED),
	ANY_MODE = BIT(APIC_FIXED) | BIT(APIC_LOWEST_PRIORITY) | BIT(APIC_SMI) | BIT(APIC_NMI) |
		   BIT(APIC_INIT) | BIT(APIC_STARTUP),
};

static const u8 valid_modes[] = {
	[APIC_TO_DESTINATION] = ANY_MODE,
	[APIC_TO_SELF] = FIXED_ONLY,
	[APIC_TO_ALL] = FIXED_ONLY,
	[APIC_TO_OTHERS] = ANY_MODE,
};

/* INIT level de-assert only synchronised arbitration IDs, on the APIC bus of old. */
static bool is_deassert(u32 icr)
{
	return bits_get(icr, 10, 8) == APIC_INIT && (icr & APIC_ICR_LEVEL) &&
	       !(icr & APIC_ICR_ASSERT);
}

void vlapic_send(struct vlapic *v, u32 icr, u32 destination, struct vlapic_effects *fx)
{
	struct apic_message message = {
		.destination = destination,
		.vector = icr & APIC_ICR_VECTOR,
		.delivery = (u8)bits_get(icr, 10, 8),
		.shorthand = (u8)bits_get(icr, 19, 18),
		.logical = icr & APIC_ICR_LOGICAL,
		.level = false, /* the trigger mode is for INIT de-assert only */
	};
	if (!(valid_modes[message.shorthand] & BIT(message.delivery)) || is_deassert(icr))
		return;
	/* The message goes out all the same: its receivers log an error of their own. */
	if (message.delivery <= APIC_LOWEST_PRIORITY && message.vector < APIC_FIRST_LEGAL_VECTOR)
		vlapic_raise_error(v, APIC_ESR_SEND_ILLEGAL_VECTOR);
	if (message.shorthand == APIC_TO_SELF) {
		vlapic_accept(v, message.vector, false);
		return;
	}
	fx->ipi = message;
	fx->what |= VLAPIC_SEND_IPI;
}
