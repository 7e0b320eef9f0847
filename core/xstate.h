/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FPU and SIMD state, which the hypervisor itself never uses, between a CPU
 * and memory: XSAVE where there, else FXSAVE.
 */
#pragma once

#include "core/types.h"

/* Turns XSAVE on for the CPU that runs this; the first CPU also measures. */
void xstate_init_cpu(void);

/* XCR0 bits of this machine; 0 without XSAVE. */
u64 xstate_supported(void);

/* Bytes of an area, a multiple of PAGE_SIZE. */
size_t xstate_size(void);

/* Makes an area (zeroed, 64-byte aligned) hold the state after reset. */
void xstate_reset(void *area);

/* The CPU's state to the area. XCR0 may be anything before. */
void xstate_save(void *area);

/* The area's state to the CPU; XCR0 becomes xcr0. */
void xstate_restore(const void *area, u64 xcr0);
