/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the words in which a trace is shown. Pure. */
#pragma once

#include "core/trace/trace_ring.h"

/* "exit", "inject", ... for an enum trace_what; "?" for any other number. */
const char *trace_text_what(unsigned what);

/* All of an event but its time, its CPU and its vCPU: "cpuid rip 0x1000 code 0x72 info 0x0". */
void trace_text_describe(const struct trace_event *event, char *buf, size_t size);
