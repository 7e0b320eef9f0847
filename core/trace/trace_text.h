/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the text form of a trace. Never reads a ring. Pure. */
#pragma once

#include "core/trace/trace_ring.h"

/* Returns the name of an enum trace_what ("exit", "inject", ...); "?" for any other number. */
const char *trace_text_what(unsigned what);

/* Describes an event without its time, CPU and vCPU: "cpuid rip 0x1000 code 0x72 info 0x0". */
void trace_text_describe(const struct trace_event *event, char *buf, size_t size);
