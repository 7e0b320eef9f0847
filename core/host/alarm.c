/* SPDX-License-Identifier: BSD-2-Clause */
/* Each CPU's timer, and what is done about one that does not ring. */
#include "core/host/alarm.h"

#include "apic/host/lapic.h"
#include "core/base/atomic.h"
#include "core/base/bits.h"
#include "core/base/time.h"
#include "core/base/x86.h"
#include "drivers/host/clock.h"

enum { LOST_NS = 20 * NS_PER_MS };

/*
 * An alarm that is overdue is set again: were it lost, no timer would ever come
 * again (QEMU's TCG loses one that comes in the very moment of a world switch).
 */
void alarm_lower(struct alarm *alarm, u64 deadline)
{
	u64 now = x86_rdtsc();

	if (alarm->armed <= now)
		deadline = min_u64(deadline, now);
	if (deadline < alarm->armed || alarm->armed <= now) {
		atomic_set(&alarm->armed, max_u64(deadline, now + 1));
		lapic_timer_arm(deadline);
	}
}

bool alarm_is_lost(const struct alarm *alarm)
{
	u64 armed = atomic_get(&alarm->armed), now = x86_rdtsc();

	return armed < now && now - armed > clock_tsc_from_ns(LOST_NS);
}
