/* SPDX-License-Identifier: BSD-2-Clause */
/* An event that is to be delivered to a vCPU, and the combination of two events. Pure. */
#pragma once

#include "core/base/types.h"

/* Both vendors use these numbers in their injection fields. */
enum event_type { EVENT_INTR = 0, EVENT_NMI = 2, EVENT_EXCEPTION = 3, EVENT_SOFT_INT = 4 };

struct event {
	bool valid;
	bool has_error;
	u8 type; /* enum event_type */
	u8 vector;
	u32 error;
};

/* An exception with error code 0, if it pushes one; and one with the given error code. */
struct event event_exception(u8 vector);
struct event event_exception_error(u8 vector, u32 error);

/* True if the exception pushes an error code outside real mode (SDM 3A "Error Code"). */
bool event_pushes_error(u8 vector);

/*
 * The exception second has arisen during the delivery of first: stores the event
 * that the CPU delivers instead. Returns false for shutdown (triple fault).
 * SDM 3A "Interrupt 8--Double Fault Exception (#DF)", table of conditions.
 */
bool event_combine(const struct event *first, const struct event *second, struct event *out);
