/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of struct cpu (core/host/cpu.h) that every floor may use. struct cpu
 * begins with struct percpu, and the GS base points to it. Header only.
 */
#pragma once

#include "core/base/x86.h"

struct percpu {
	struct percpu *self; /* at gs:0 */
	u64 *windows;	     /* the leaf entries of its windows (mm/host/window.h); owner writes */
	u32 number;	     /* 0 is the boot CPU; constant */
};

static inline const struct percpu *percpu_this(void)
{
	return x86_read_gs_self();
}
