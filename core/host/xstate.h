/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FPU and SIMD state, which the hypervisor itself never uses, between a CPU
 * and memory: XSAVE where there, else FXSAVE.
 */
#pragma once

#include "core/base/types.h"

/* Turns FPU, SSE and, where there, XSAVE on for the CPU that runs this. */
void xstate_init_cpu(void);

/*
 * The XCR0 bits that all CPUs of this machine have, the one that runs this
 * included; 0: no XSAVE. Before any area is made.
 */
void xstate_set_components(u64 xcr0);

/* Bytes of an area, a multiple of PAGE_SIZE. */
size_t xstate_size(void);

/* Makes an area (zeroed, 64-byte aligned) hold the state after reset. */
void xstate_reset(void *area);

/* The XCR0 in force, a guest's own while it is loaded; 0 without XSAVE. */
u64 xstate_xcr0(void);

/* The CPU's state to the area, and the XCR0 that was in force to *xcr0. */
void xstate_save(void *area, u64 *xcr0);

/* The area's state to the CPU; XCR0 becomes xcr0. */
void xstate_restore(const void *area, u64 xcr0);
