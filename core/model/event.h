/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event on its way into a vCPU, and how two of them combine. Pure.
 */
#pragma once

#include "core/base/types.h"

/* The numbers are those both vendors use in their injection fields. */
enum event_type { EVENT_INTR = 0, EVENT_NMI = 2, EVENT_EXCEPTION = 3, EVENT_SOFT_INT = 4 };

struct event {
	bool valid;
	bool has_error;
	u8 type; /* enum event_type */
	u8 vector;
	u32 error;
};

struct event event_exception(u8 vector);
struct event event_exception_error(u8 vector, u32 error);

/* Does this exception push an error code outside real mode? (SDM 3A "Error Code") */
bool event_pushes_error(u8 vector);

/*
 * An exception arises while another event is being delivered: stores what the
 * CPU delivers instead. Returns false for shutdown (triple fault).
 * SDM 3A "Interrupt 8--Double Fault Exception (#DF)", table of conditions.
 */
bool event_combine(const struct event *first, const struct event *second, struct event *out);
