/* SPDX-License-Identifier: BSD-2-Clause */
/* Events of a trace in words. Pure. */
#pragma once

#include "core/trace/trace_ring.h"

/* "exit", "inject", ...; "?" for what is none. */
const char *trace_what_name(unsigned what);

/* All but time, CPU and who: "cpuid rip 0x1000 code 0x72 info 0x0". */
void trace_describe(const struct trace_event *event, char *buf, size_t size);
