/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the format of AVIC's tables and the meaning of its exits. Pure. */
#include "svm/avic.h"

#include "core/base/atomic.h"

/* Sets all bits of the entry but AVIC_RUNNING and AVIC_HOST_ID. value 0 clears these too. */
static void set_entry(u64 *entry, u64 value)
{
	u64 old = atomic_get(entry), new;

	do {
		new = value ? value | (old & (AVIC_RUNNING | AVIC_HOST_ID)) : 0;
	} while (old != new && !atomic_compare_swap(entry, &old, new));
}

/* The index of the only APIC with this ID, if software has enabled it; else -1. */
static int only_owner(const struct route_apic *apics, unsigned count, u32 id)
{
	int owner = -1;

	for (unsigned i = 0; i < count; i++) {
		if (apics[i].mode == APIC_MODE_DISABLED || (u8)apics[i].id != id)
			continue;
		if (owner >= 0 || apics[i].id != id)
			return -1;
		owner = (int)i;
	}
	return owner >= 0 && apics[owner].software_enabled ? owner : -1;
}

static void build_logical(u32 *table, const struct route_apic *apics, unsigned count)
{
	u32 entries[AVIC_LOGICAL_ENTRIES] = {0};

	for (unsigned i = 0; i < count; i++) {
		int at = accel_logical_entry(&apics[i]);

		if (apics[i].mode == APIC_MODE_XAPIC && apics[i].software_enabled && at >= 0)
			entries[at] = AVIC_LOGICAL_VALID | (u8)apics[i].id;
	}
	/* Release: hardware that reads an entry here finds the physical entry that it names. */
	for (unsigned i = 0; i < AVIC_LOGICAL_ENTRIES; i++)
		atomic_store_release(&table[i], entries[i]);
}

void avic_build(struct avic_tables *tables, const struct route_apic *apics, const u64 *pages,
		unsigned count)
{
	for (u32 id = 0; id < APIC_XAPIC_BROADCAST; id++) {
		int owner = only_owner(apics, count, id);

		set_entry(&tables->physical[id], owner < 0 ? 0 : AVIC_VALID | pages[owner]);
	}
	build_logical(tables->logical, apics, count);
}

void avic_set_running(struct avic_tables *tables, u32 id, s64 host_id)
{
	bool running = host_id >= 0 && host_id <= (s64)AVIC_HOST_ID;
	u64 *entry, old, new;

	if (id >= APIC_XAPIC_BROADCAST)
		return;
	entry = &tables->physical[id];
	old = atomic_get(entry);
	do {
		new = old & ~(AVIC_RUNNING | AVIC_HOST_ID);
		if (running && (old & AVIC_VALID))
			new |= AVIC_RUNNING | (u64)host_id;
	} while (!atomic_compare_swap(entry, &old, new));
}

void avic_keep_unknown(const struct avic_tables *tables, const struct route_apic *apics,
		       struct vcpu_set *targets, struct vcpu_set *known)
{
	vcpu_set_clear(known);
	for (int i = vcpu_set_next(targets, 0); i >= 0;
	     i = vcpu_set_next(targets, (unsigned)i + 1)) {
		u32 id = apics[i].id;

		if (id >= APIC_XAPIC_BROADCAST || !(atomic_get(&tables->physical[id]) & AVIC_VALID))
			continue;
		vcpu_set_add(known, (unsigned)i);
		vcpu_set_remove(targets, (unsigned)i);
	}
}

/* True if hardware ran the APIC in the APIC's present mode. If not, the exit means nothing. */
static bool is_genuine(enum apic_mode ran, enum apic_mode mode)
{
	return ran == mode && ran != APIC_MODE_DISABLED;
}

/* True for a register that hardware writes before the exit. Others exit before the write. */
static bool is_trap(u32 offset)
{
	switch (offset) {
	case APIC_REG_ID:
	case APIC_REG_EOI:
	case APIC_REG_RRD ... APIC_REG_SVR:
	case APIC_REG_ESR:
	case APIC_REG_ICR:
	case APIC_REG_LVT_TIMER ... APIC_REG_TIMER_INITIAL:
	case APIC_REG_TIMER_DIVIDE:
		return true;
	default:
		return false;
	}
}

#define INFO_WRITE BIT(32)

enum avic_action avic_unaccelerated(enum apic_mode ran, enum apic_mode mode, u64 info1)
{
	if (!is_genuine(ran, mode))
		return AVIC_NOTHING;
	return (info1 & INFO_WRITE) && is_trap(info1 & AVIC_OFFSET) ? AVIC_WRITTEN : AVIC_EMULATE;
}

enum avic_action avic_incomplete_ipi(enum apic_mode ran, enum apic_mode mode, u64 info2)
{
	enum { INVALID_TYPE, NOT_RUNNING, INVALID_TARGET, INVALID_PAGE, INVALID_VECTOR };

	if (!is_genuine(ran, mode))
		return AVIC_NOTHING;
	switch (info2 >> 32) {
	case NOT_RUNNING:
	case INVALID_TARGET:
		return AVIC_REST;
	case INVALID_PAGE:
		return AVIC_BROKEN;
	default: /* hardware does not send this type of message, or this vector */
		return AVIC_SEND;
	}
}
