/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace: a ring a CPU, allocated when it is first turned on. While it is
 * off all it costs is a test of one word where something could be noted.
 */
#pragma once

#include "core/base/atomic.h"
#include "core/base/status.h"
#include "core/trace/trace_ring.h"

/* 0: off; else how often it was turned on. Atomic; the administrator's thread writes. */
extern u32 trace_enabled;

static inline bool trace_on(void)
{
	return __builtin_expect(atomic_get(&trace_enabled) != 0, 0);
}

/* The caller has seen trace_on(). what, kind and code as enum trace_what says. */
void trace_note(struct trace_event event);

static inline void trace_wake(u32 who, u16 bits)
{
	if (trace_on())
		trace_note((struct trace_event){.what = TRACE_WAKE, .who = who, .code = bits});
}

/* name stays for ever. */
static inline void trace_switch(u32 who, const char *name)
{
	if (trace_on())
		trace_note((struct trace_event){.what = TRACE_SWITCH, .who = who, .a = (u64)name});
}

/* ERR_NO_MEMORY: no rings. */
enum status trace_start(struct error *err) must_check;
void trace_stop(void);

/* While hold is true no event is recorded, so that a reader finds the rings unchanged. */
void trace_hold(bool hold);
