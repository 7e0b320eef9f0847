/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers that a guest has in the CPU and the hypervisor itself never
 * uses: FPU and SIMD state (by XSAVE, or FXSAVE where there is no XSAVE), XCR0,
 * and DR0 to DR3. They stay in the CPU until another vCPU runs there.
 */
#pragma once

#include "core/base/status.h"

/* The saved registers of a vCPU while another vCPU uses the CPU. */
struct xstate {
	void *area; /* what XSAVE or FXSAVE writes */
	u64 xcr0;
	u64 dr[4];
};

/* Turns FPU, SSE and, if present, XSAVE on for the CPU that runs this. */
void xstate_init_cpu(void);

/*
 * Sets the XCR0 bits that all CPUs of this machine have, the calling one included;
 * 0: no XSAVE. Before the first xstate_create.
 */
void xstate_set_components(u64 xcr0);

/* Allocates the state, with the values after reset. False: no memory. */
bool xstate_create(struct xstate *x) must_check;
void xstate_destroy(struct xstate *x); /* safe after a failed xstate_create */

/* The XCR0 in force, a guest's own while its state is in the CPU; 0 without XSAVE. */
u64 xstate_xcr0(void);

/* Copies the registers from the CPU to x. */
void xstate_save(struct xstate *x);

/*
 * Copies the registers from x to the CPU. ibpb: the CPU has an indirect branch
 * prediction barrier; it is used first, so that this guest cannot learn which
 * branches the last one took.
 */
void xstate_restore(const struct xstate *x, bool ibpb);
