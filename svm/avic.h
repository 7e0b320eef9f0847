/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AMD's hardware that runs a guest's APICs: the tables in which it finds the targets of
 * an IPI, and the work that its exits demand, which svm/accel.c carries out. Pure. APM2
 * "Advanced Virtual Interrupt Controller".
 */
#pragma once

#include "apic/virt/accel.h"

/*
 * Physical APIC ID table, one entry per ID. A valid entry says: the APIC is in the mode
 * that hardware runs, accepts interrupts, and no other APIC has its ID. AVIC_RUNNING and
 * AVIC_HOST_ID are written by the vCPU's own thread, all other bits under vm_apics' lock;
 * hence both change an entry atomically.
 */
enum { AVIC_PHYSICAL_ENTRIES = 256, AVIC_LOGICAL_ENTRIES = 64 };
#define AVIC_HOST_ID BITS(7, 0)
#define AVIC_PAGE    BITS(51, 12)
#define AVIC_RUNNING BIT(62)
#define AVIC_VALID   BIT(63)

/* Logical APIC ID table: 8 entries in the flat model, or 4 for each of 15 clusters. */
#define AVIC_LOGICAL_ID	   BITS(7, 0)
#define AVIC_LOGICAL_VALID ((u32)BIT(31))

struct avic_tables {
	u64 physical[AVIC_PHYSICAL_ENTRIES] __attribute__((aligned(4096)));
	u32 logical[AVIC_LOGICAL_ENTRIES] __attribute__((aligned(4096)));
};

/* Fills the tables from apics[]. pages[i]: physical address of the registers of apics[i]. */
void avic_build(struct avic_tables *tables, const struct route_apic *apics, const u64 *pages,
		unsigned count);

/* Notes that the vCPU with APIC ID id runs on the CPU with APIC ID host_id, or nowhere. */
enum { AVIC_NOWHERE = -1 };
void avic_set_running(struct avic_tables *tables, u32 id, s64 host_id);

/*
 * Splits the targets of an IPI that hardware has not completed. known gets the targets
 * with a valid entry: hardware has set their IRR, but their vCPUs may sleep. targets keeps
 * the others, which hardware has not reached.
 */
void avic_keep_unknown(const struct avic_tables *tables, const struct route_apic *apics,
		       struct vcpu_set *targets, struct vcpu_set *known);

enum avic_action {
	AVIC_NOTHING, /* the exit does not fit the APIC's present mode: the guest continues */
	AVIC_EMULATE, /* emulate the instruction */
	AVIC_WRITTEN, /* the page has the register's new value: carry out its effects */
	AVIC_SEND,    /* no target has received the IPI: send it to all */
	AVIC_REST,    /* targets in the tables have the IPI: wake them, send it to the others */
	AVIC_BROKEN,  /* hardware refuses an entry of our table */
};

/*
 * The work that an exit demands. ran: the mode in which hardware ran the APIC, disabled
 * if it did not; mode: the APIC's present mode; info1, info2: EXITINFO1 and EXITINFO2.
 */
enum avic_action avic_unaccelerated(enum apic_mode ran, enum apic_mode mode, u64 info1);
enum avic_action avic_incomplete_ipi(enum apic_mode ran, enum apic_mode mode, u64 info2);

#define AVIC_OFFSET BITS(11, 4) /* of the register, in EXITINFO1 of an unaccelerated access */
