/* SPDX-License-Identifier: BSD-2-Clause */
/* The interrupt vectors that the hypervisor uses, the same on every CPU. Header only. */
#pragma once

enum vector {
	VECTOR_SERIAL = 0xe0,
	VECTOR_TIMER = 0xf0,
	VECTOR_KICK = 0xf1,   /* makes a CPU check its run queue and pending word */
	VECTOR_POSTED = 0xf2, /* posted interrupts; hardware takes it while a guest runs */
	VECTOR_SPURIOUS = 0xff,
};
