/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the host's local APICs; each function acts on that of the CPU that calls. All
 * are in x2APIC mode, or all in xAPIC mode, whose page is mapped uncached. Knows
 * nothing of guests' APICs.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/status.h"
#include "core/base/types.h"

/*
 * Chooses the mode for all CPUs: x2APIC if it is allowed and present, or locked by
 * firmware; else xAPIC, with the register page at xapic_base, which the MADT names.
 * The boot CPU, once. ERR_NO_MEMORY: no room to map the page.
 */
enum status lapic_init(struct hpa xapic_base, bool allow_x2apic, struct error *err) must_check;

/* True if this CPU's APIC has the chosen mode. Otherwise lapic_enable must not be called. */
bool lapic_has_mode(void);

/*
 * Puts this CPU's APIC into the chosen mode, software-enabled, with all LVT entries
 * masked but a thermal one that is the firmware's. Panics if x2APIC mode is locked and
 * was not chosen.
 */
void lapic_enable(void);

bool lapic_is_x2apic(void);

/* This CPU's APIC ID: 32 bits in x2APIC mode, 8 bits in xAPIC mode. */
u32 lapic_id(void);

/* The version register (SDM 3A "Local APIC Version Register"). */
u32 lapic_version(void);

void lapic_eoi(void);

/*
 * Send an interrupt to the CPU with this APIC ID, at most 0xfe in xAPIC mode, or an NMI
 * to all other CPUs. In xAPIC mode each first waits until the previous one has been sent.
 * lapic_send_nmi_others does nothing before lapic_init.
 */
void lapic_send_ipi(u32 apic_id, u8 vector);
void lapic_send_init(u32 apic_id);
void lapic_send_startup(u32 apic_id, u8 start_page);
void lapic_send_nmi_others(void);

/*
 * Sets up the timer for one-shot interrupts on VECTOR_TIMER, and stops it. Each CPU calls
 * it after lapic_enable.
 */
void lapic_timer_init(void);

/*
 * Arms the timer, instead of an earlier deadline, to interrupt when the TSC reaches
 * deadline_tsc, or at once if it has. The interrupt comes earlier if the counter cannot
 * count as far: the handler must compare the TSC, and arm the timer again.
 */
void lapic_timer_arm(u64 deadline_tsc);

void lapic_timer_stop(void);

/*
 * For calibration: lapic_timer_start_count makes the timer count down from UINT32_MAX,
 * undivided and without an interrupt; lapic_timer_read_count returns the present count.
 */
void lapic_timer_start_count(void);
u32 lapic_timer_read_count(void);

/*
 * Sets the rates of the timer and of the TSC in kHz, not 0. Call before the first lapic_timer_arm.
 */
void lapic_timer_set_rate(u32 khz, u32 tsc_khz);
