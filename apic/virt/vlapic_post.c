/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of the virtual local APIC that other CPUs use: puts messages into struct
 * vlapic_posted and returns the notification that they need. Touches nothing else and
 * takes no lock.
 *
 * Order. A post writes the message first and `on` or `notified` second. The owner clears
 * these first and removes messages second. So either the owner finds the message, or the
 * post finds the flag clear and notifies the owner again. All are read-modify-writes,
 * which are in order with everything before and after them.
 */
#include "apic/virt/vlapic.h"
#include "core/base/atomic.h"

static enum vlapic_notify notify_owner(struct vlapic_posted *p)
{
	return atomic_swap(&p->notified, 1) ? VLAPIC_NOTIFIED : VLAPIC_NOTIFY_OWNER;
}

/* Adds a request. An INIT removes a waiting SIPI; of two SIPIs the first stays. */
static u32 merge_request(u32 old, u32 request)
{
	if (request & VLAPIC_INIT)
		old &= ~(u32)(VLAPIC_SIPI | VLAPIC_SIPI_VECTOR);
	if ((request & VLAPIC_SIPI) && (old & VLAPIC_SIPI))
		return old;
	return old | request;
}

static enum vlapic_notify post_request(struct vlapic_posted *p, u32 request)
{
	u32 old = atomic_get(&p->requests);
	while (!atomic_compare_swap(&p->requests, &old, merge_request(old, request)))
		;
	return notify_owner(p);
}

/*
 * Hardware does not update TMR. So a vector that is level-triggered, or was so at its
 * last post, goes into `slow`, from which only the owner moves it to IRR.
 */
static enum vlapic_notify post_fixed(struct vlapic_posted *p, u8 vector, bool level)
{
	if (vector < APIC_FIRST_LEGAL_VECTOR)
		return post_request(p, VLAPIC_ILLEGAL_VECTOR);
	u32 bit = 1U << (vector % 32);
	u32 *word = &p->level[vector / 32];
	bool was_level = atomic_get(word) & bit;
	/* Written only if it changes, which is rare. */
	if (level && !was_level)
		atomic_or(word, bit);
	if (!level && was_level)
		atomic_and(word, ~bit);
	if (level || was_level) {
		atomic_or(&p->slow[vector / 32], bit);
		return notify_owner(p);
	}
	atomic_or(&p->pir[vector / 32], bit);
	/* Hardware that runs the APIC may remove vectors from `pir`, and clears `on`. */
	return atomic_swap(&p->on, 1) ? VLAPIC_NOTIFIED : VLAPIC_NOTIFY_ANY;
}

enum vlapic_notify vlapic_post(struct vlapic_posted *p, const struct apic_message *message)
{
	switch (message->delivery) {
	case APIC_FIXED:
	case APIC_LOWEST_PRIORITY:
		return post_fixed(p, message->vector, message->level);
	case APIC_SMI:
		return post_request(p, VLAPIC_SMI);
	case APIC_NMI:
		return post_request(p, VLAPIC_NMI);
	case APIC_INIT:
		return post_request(p, VLAPIC_INIT);
	case APIC_STARTUP:
		return post_request(p, VLAPIC_SIPI | (u32)message->vector << 8);
	case APIC_EXTINT:
		return post_request(p, VLAPIC_EXTINT);
	default: /* reserved: no message */
		return VLAPIC_NOTIFIED;
	}
}
