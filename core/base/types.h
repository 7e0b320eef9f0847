/* SPDX-License-Identifier: BSD-2-Clause */
/* Fixed-width names for the whole program. Owns nothing else. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64; /* printf's ll, on every compiler */
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;

#define static_assert _Static_assert

/* A rare case that would cost a hot function its small frame. */
#define never_inline __attribute__((noinline))
