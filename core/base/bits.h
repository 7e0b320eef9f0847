/* SPDX-License-Identifier: BSD-2-Clause */
/* Bit fields, alignment and small arithmetic. Pure, header only. */
#pragma once

#include "core/base/types.h"

/* BIT(n): bit n of a 64-bit value, 0 <= n <= 63. BITS(h, l): bits h down to l. */
#define BIT(n)				(1ULL << (n))
#define BITS(h, l)			((~0ULL >> (63 - (h))) & (~0ULL << (l)))
#define ARRAY_SIZE(a)			(sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

enum {
	KIB = 1024,
	MIB = 1024 * 1024,
	PAGE_SHIFT = 12,
	PAGE_SIZE = 1 << PAGE_SHIFT,
};

static inline u64 bits_get(u64 value, unsigned high, unsigned low)
{
	return (value & BITS(high, low)) >> low;
}

/* align must be a power of two. */
static inline u64 align_down(u64 value, u64 align)
{
	return value & ~(align - 1);
}

/* Wraps to 0 when the result does not fit in 64 bits. */
static inline u64 align_up(u64 value, u64 align)
{
	return (value + align - 1) & ~(align - 1);
}

/* The number of pages that so many bytes take. */
static inline size_t pages_of(u64 bytes)
{
	return (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
}

static inline bool is_aligned(u64 value, u64 align)
{
	return (value & (align - 1)) == 0;
}

static inline u64 min_u64(u64 a, u64 b)
{
	return a < b ? a : b;
}

static inline u64 max_u64(u64 a, u64 b)
{
	return a > b ? a : b;
}

/* Does [start, start + size) lie within [0, limit)? Safe against wrap-around. */
static inline bool range_fits(u64 start, u64 size, u64 limit)
{
	return start <= limit && size <= limit - start;
}

/* How many bits are set: the compiler's own would call a library that is not there. */
static inline unsigned bits_count(u64 value)
{
	value -= (value >> 1) & 0x5555555555555555ULL;
	value = (value & 0x3333333333333333ULL) + ((value >> 2) & 0x3333333333333333ULL);
	value = (value + (value >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return (unsigned)((value * 0x0101010101010101ULL) >> 56);
}
