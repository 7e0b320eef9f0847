/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A CPU's timer, and the deadline that it is set to. A timer interrupt can be
 * lost: the CPU then sets the timer again at its next call, and other CPUs can see it.
 */
#pragma once

#include "core/base/types.h"

struct alarm {
	u64 armed; /* host TSC; UINT64_MAX: not set. Atomic: others look */
};

/* This CPU's alarm: its timer interrupts at deadline, or earlier if it was set to. */
void alarm_lower(struct alarm *alarm, u64 deadline);

/* Any CPU's alarm: true if it is overdue by so much that its interrupt must be lost. */
bool alarm_is_lost(const struct alarm *alarm);
