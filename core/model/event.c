/* SPDX-License-Identifier: BSD-2-Clause */
/* Decides how two exceptions combine. Pure: never injects, which is the backends' work. */
#include "core/model/event.h"

#include "core/base/regs.h"

static const u32 pushes_error = BIT(EXC_DF) | BIT(EXC_TS) | BIT(EXC_NP) | BIT(EXC_SS) |
				BIT(EXC_GP) | BIT(EXC_PF) | BIT(EXC_AC) | BIT(EXC_CP);
static const u32 contributory =
	BIT(EXC_DE) | BIT(EXC_TS) | BIT(EXC_NP) | BIT(EXC_SS) | BIT(EXC_GP) | BIT(EXC_CP);

struct event event_exception(u8 vector)
{
	return (struct event){
		.valid = true,
		.type = EVENT_EXCEPTION,
		.vector = vector,
		.has_error = event_pushes_error(vector),
	};
}

struct event event_exception_error(u8 vector, u32 error)
{
	struct event event = event_exception(vector);

	event.error = error;
	return event;
}

bool event_pushes_error(u8 vector)
{
	return vector < 32 && (pushes_error & BIT(vector));
}

static bool is_contributory(u8 vector)
{
	return vector < 32 && (contributory & BIT(vector));
}

bool event_combine(const struct event *first, const struct event *second, struct event *out)
{
	bool second_serious = is_contributory(second->vector) || second->vector == EXC_PF;

	*out = *second;
	if (!first->valid || first->type != EVENT_EXCEPTION || second->type != EVENT_EXCEPTION)
		return true;
	if (first->vector == EXC_DF)
		return !second_serious;
	if ((is_contributory(first->vector) && is_contributory(second->vector)) ||
	    (first->vector == EXC_PF && second_serious))
		*out = event_exception(EXC_DF);
	return true;
}
