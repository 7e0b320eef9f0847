/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's local APIC, of the CPU that calls: x2APIC mode where the CPU has
 * it, else the xAPIC page mapped uncached. Knows nothing of guests' APICs.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/status.h"
#include "core/base/types.h"

/*
 * Chooses the mode for all CPUs; the boot CPU, once. xapic_base is where the
 * MADT says the page is (used only when there is no x2APIC).
 */
enum status lapic_init(struct hpa xapic_base, bool allow_x2apic, struct error *err) must_check;

/* Has this CPU's APIC that mode? Else lapic_enable must not be called. */
bool lapic_has_mode(void);

/* Puts this CPU's APIC into that mode, software-enabled, every LVT masked. */
void lapic_enable(void);

bool lapic_is_x2apic(void);

/* 32 bits in x2APIC mode, 8 bits in xAPIC mode. */
u32 lapic_id(void);

/* The version register (SDM 3A "Local APIC Version Register"). */
u32 lapic_version(void);

void lapic_eoi(void);

/* Each waits until the APIC has taken the previous one. apic_id <= 0xfe in xAPIC mode. */
void lapic_send_ipi(u32 apic_id, u8 vector);
void lapic_send_init(u32 apic_id);
void lapic_send_startup(u32 apic_id, u8 start_page);
void lapic_send_nmi_others(void);

/*
 * The APIC timer as a one-shot alarm on VECTOR_TIMER. Each CPU calls
 * lapic_timer_init after lapic_enable.
 */
void lapic_timer_init(void);

/*
 * Fires once the TSC has passed deadline, at once when it has already; earlier
 * when deadline is further away than the counter reaches, so who handles the
 * interrupt looks at the TSC and arms again. Replaces an alarm that is set.
 */
void lapic_timer_arm(u64 deadline_tsc);
void lapic_timer_stop(void);

/*
 * For calibration. lapic_timer_start_count starts the timer at its highest count,
 * divided by 1, with no interrupt; lapic_timer_read_count returns what is left.
 */
void lapic_timer_start_count(void);
u32 lapic_timer_read_count(void);

/* The rates of the timer and of the TSC in kHz, neither 0: before the first lapic_timer_arm. */
void lapic_timer_set_rate(u32 khz, u32 tsc_khz);
