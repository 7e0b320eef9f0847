/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads and writes little-endian numbers at any alignment, for parsers and
 * builders of firmware tables and files. The caller checks bounds. Pure, header
 * only.
 */
#pragma once

#include "core/base/string.h"
#include "core/base/types.h"

static inline u16 bytes_get16(const void *at)
{
	u16 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline u32 bytes_get32(const void *at)
{
	u32 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline u64 bytes_get64(const void *at)
{
	u64 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline void bytes_put16(void *at, u16 value)
{
	memcpy(at, &value, sizeof(value));
}

static inline void bytes_put32(void *at, u32 value)
{
	memcpy(at, &value, sizeof(value));
}

static inline void bytes_put64(void *at, u64 value)
{
	memcpy(at, &value, sizeof(value));
}
