/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The side of the virtual local APIC that other CPUs see: they leave messages
 * in struct vlapic_posted and learn whether the owner must be kicked. Touches
 * nothing else, takes no lock.
 *
 * Order: the message first, then `on` or `told`. The owner clears those first and
 * then takes messages, so a message is taken now, or one is set again behind it.
 */
#include "apic/virt/vlapic.h"
#include "core/base/atomic.h"

/* Hardware that runs the APIC may take what is in `pir`, and clears `on`. */
static enum vlapic_tell tell(struct vlapic_posted *p)
{
	return atomic_swap(&p->on, 1) ? VLAPIC_TOLD : VLAPIC_TELL_ANY;
}

static enum vlapic_tell tell_owner(struct vlapic_posted *p)
{
	return atomic_swap(&p->told, 1) ? VLAPIC_TOLD : VLAPIC_TELL_OWNER;
}

/* Hardware knows no trigger mode: what is level-triggered, or was, is the owner's to take. */
enum vlapic_tell vlapic_post_fixed(struct vlapic_posted *p, u8 vector, bool level)
{
	if (vector < APIC_FIRST_LEGAL_VECTOR)
		return vlapic_post_request(p, VLAPIC_ILLEGAL_VECTOR);
	u32 bit = 1U << (vector % 32);
	u32 *word = &p->level[vector / 32];
	bool was_level = atomic_get(word) & bit;
	/* Rarely changes: the ordinary post writes only the vector. */
	if (level && !was_level)
		atomic_or(word, bit);
	if (!level && was_level)
		atomic_and(word, ~bit);
	if (level || was_level) {
		atomic_or(&p->slow[vector / 32], bit);
		return tell_owner(p);
	}
	atomic_or(&p->pir[vector / 32], bit);
	return tell(p);
}

/* What INIT finds waiting of a start-up it ends; of two start-ups the first counts. */
static u32 merge_request(u32 old, u32 request)
{
	if (request & VLAPIC_INIT)
		old &= ~(u32)(VLAPIC_SIPI | VLAPIC_SIPI_VECTOR);
	if ((request & VLAPIC_SIPI) && (old & VLAPIC_SIPI))
		return old;
	return old | request;
}

static enum vlapic_tell post_word(struct vlapic_posted *p, u32 request)
{
	u32 old = atomic_get(&p->requests);
	while (!atomic_compare_swap(&p->requests, &old, merge_request(old, request)))
		;
	return tell_owner(p);
}

enum vlapic_tell vlapic_post_request(struct vlapic_posted *p, u32 request)
{
	return post_word(p, request);
}

enum vlapic_tell vlapic_post_sipi(struct vlapic_posted *p, u8 vector)
{
	return post_word(p, VLAPIC_SIPI | (u32)vector << 8);
}

enum vlapic_tell vlapic_post(struct vlapic_posted *p, const struct apic_message *message)
{
	switch (message->delivery) {
	case APIC_FIXED:
	case APIC_LOWEST_PRIORITY:
		return vlapic_post_fixed(p, message->vector, message->level);
	case APIC_SMI:
		return vlapic_post_request(p, VLAPIC_SMI);
	case APIC_NMI:
		return vlapic_post_request(p, VLAPIC_NMI);
	case APIC_INIT:
		return vlapic_post_request(p, VLAPIC_INIT);
	case APIC_STARTUP:
		return vlapic_post_sipi(p, message->vector);
	case APIC_EXTINT:
		return vlapic_post_request(p, VLAPIC_EXTINT);
	default: /* reserved: no message */
		return VLAPIC_TOLD;
	}
}
