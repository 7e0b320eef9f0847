/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AMD's hardware that runs a guest's APICs: the tables by which it finds the
 * targets of an IPI, and what its exits ask for. Pure; svm/accel.c does it. APM2 "Advanced Virtual
 * Interrupt Controller".
 */
#pragma once

#include "apic/virt/accel.h"

struct svm_vcpu;
struct vm;

/*
 * Physical APIC ID table, an entry an ID. Valid: that APIC is in the mode which
 * hardware runs, accepts interrupts, and no other has its ID. Where its vCPU
 * runs is the vCPU's to write, what else the entry says is written under the
 * route lock; both change it atomically.
 */
enum { AVIC_PHYSICAL_ENTRIES = 256, AVIC_LOGICAL_ENTRIES = 64 };
#define AVIC_HOST_ID BITS(7, 0)
#define AVIC_PAGE    BITS(51, 12)
#define AVIC_RUNNING BIT(62)
#define AVIC_VALID   BIT(63)

/* Logical APIC ID table: 8 entries of the flat model, or 4 for each of 15 clusters. */
#define AVIC_LOGICAL_ID	   BITS(7, 0)
#define AVIC_LOGICAL_VALID ((u32)BIT(31))

struct avic_tables {
	u64 physical[AVIC_PHYSICAL_ENTRIES] __attribute__((aligned(4096)));
	u32 logical[AVIC_LOGICAL_ENTRIES] __attribute__((aligned(4096)));
};

/* Makes the tables say what apics[] are; pages[i]: physical, of the registers of apics[i]. */
void avic_build(struct avic_tables *tables, const struct route_apic *apics, const u64 *pages,
		unsigned count);

/* The vCPU with this APIC ID runs on the CPU with that one, or (AVIC_NOWHERE) not. */
enum { AVIC_NOWHERE = -1 };
void avic_set_running(struct avic_tables *tables, u32 id, s64 host_id);

/*
 * Of all targets of an IPI that hardware has not completed, leaves those that it
 * has not found by the tables; the others have it in their IRR, and may sleep.
 */
void avic_keep_unknown(const struct avic_tables *tables, const struct route_apic *apics,
		       struct vcpu_set *targets, struct vcpu_set *known);

enum avic_action {
	AVIC_NOTHING, /* the exit should not have come: the guest goes on, in the way it is now in
		       */
	AVIC_EMULATE, /* the instruction is executed in software */
	AVIC_WRITTEN, /* the register's new value is in the page, the rest is to be done */
	AVIC_SEND,    /* nobody has got the IPI */
	AVIC_REST,    /* those in the tables have it, and may sleep; others have not */
	AVIC_BROKEN,  /* hardware does not take our table's entry */
};

/*
 * What an exit asks for. ran: the mode in which hardware ran the APIC, disabled
 * if it did not; mode: the APIC's own. EXITINFO1 and EXITINFO2 as they are.
 */
enum avic_action avic_unaccelerated(enum apic_mode ran, enum apic_mode mode, u64 info1);
enum avic_action avic_incomplete_ipi(enum apic_mode ran, enum apic_mode mode, u64 info2);

#define AVIC_OFFSET BITS(11, 4) /* of the register, in EXITINFO1 of an unaccelerated access */
