/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A set of vCPUs of one VM, by index, as a bitmap of fixed size: the cost of an
 * operation does not depend on the number of vCPUs. Pure, header only.
 */
#pragma once

#include "core/base/bits.h"

enum { MAX_VCPUS = 256, VCPU_SET_WORDS = MAX_VCPUS / 64 };

struct vcpu_set {
	u64 bits[VCPU_SET_WORDS];
};

static inline void vcpu_set_clear(struct vcpu_set *set)
{
	for (unsigned i = 0; i < VCPU_SET_WORDS; i++)
		set->bits[i] = 0;
}

/* index < MAX_VCPUS, here and below. */
static inline void vcpu_set_add(struct vcpu_set *set, unsigned index)
{
	set->bits[index / 64] |= BIT(index % 64);
}

static inline void vcpu_set_remove(struct vcpu_set *set, unsigned index)
{
	set->bits[index / 64] &= ~BIT(index % 64);
}

static inline bool vcpu_set_has(const struct vcpu_set *set, unsigned index)
{
	return set->bits[index / 64] & BIT(index % 64);
}

static inline void vcpu_set_join(struct vcpu_set *set, const struct vcpu_set *other)
{
	for (unsigned i = 0; i < VCPU_SET_WORDS; i++)
		set->bits[i] |= other->bits[i];
}

static inline void vcpu_set_keep(struct vcpu_set *set, const struct vcpu_set *other)
{
	for (unsigned i = 0; i < VCPU_SET_WORDS; i++)
		set->bits[i] &= other->bits[i];
}

static inline bool vcpu_set_empty(const struct vcpu_set *set)
{
	u64 any = 0;
	for (unsigned i = 0; i < VCPU_SET_WORDS; i++)
		any |= set->bits[i];
	return any == 0;
}

static inline unsigned vcpu_set_count(const struct vcpu_set *set)
{
	unsigned count = 0;
	for (unsigned i = 0; i < VCPU_SET_WORDS; i++)
		count += bits_count(set->bits[i]);
	return count;
}

/* The first member at or after index `from`, or -1. Any `from` is allowed. */
static inline int vcpu_set_next(const struct vcpu_set *set, unsigned from)
{
	for (unsigned i = from / 64; i < VCPU_SET_WORDS; i++) {
		u64 bits = set->bits[i];
		if (i == from / 64)
			bits &= ~0ULL << (from % 64);
		if (bits)
			return (int)(i * 64 + (unsigned)__builtin_ctzll(bits));
	}
	return -1;
}
