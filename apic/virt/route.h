/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From an interrupt message's destination to the set of vCPUs that accept it.
 * Owns the maps and the rule by which senders read them; delivers nothing.
 * Pure.
 *
 * Concurrency. A table holds three maps. Senders read the current one without
 * a lock; whoever changes an APIC's mode, ID, LDR, DFR or software enable calls
 * route_update under the VM's route lock, which builds a whole map in the
 * oldest of the three and then publishes it with one store. A map has a
 * generation that is bumped before it is built again, so a sender that slept
 * through two updates sees that and looks again: never half a map, never an
 * allocation, never a wait for anyone.
 */
#pragma once

#include "apic/virt/apic_regs.h"
#include "apic/virt/vcpu_set.h"

/* What one APIC answers to; the owner vCPU fills it with vlapic_get_route. */
struct route_apic {
	u32 id;		       /* as its mode has it: 8 bits in xAPIC, 32 in x2APIC */
	u32 ldr;	       /* xAPIC: LDR bits 31:24, in bits 7:0; x2APIC: the derived LDR */
	u8 mode;	       /* enum apic_mode; disabled: accepts nothing */
	u8 dfr;		       /* DFR bits 31:28; xAPIC only */
	bool software_enabled; /* SVR bit 8; else only NMI, SMI, INIT, SIPI get in */
	bool moved;	       /* its page is not at the default address: apic/virt/accel.h */
};

enum {
	ROUTE_DIRECT_IDS = 1024, /* x2APIC IDs below this are found without a scan */
	ROUTE_BUFFERS = 3,
};

/* What is unusual about a VM's APICs: reasons not to accelerate. */
enum route_trait {
	ROUTE_ALIASED_IDS = BIT(0),  /* two APICs answer to one physical destination */
	ROUTE_MIXED_MODES = BIT(1),  /* not all APICs that are on are in the same mode */
	ROUTE_LARGE_IDS = BIT(2),    /* an x2APIC ID of ROUTE_DIRECT_IDS or above */
	ROUTE_MIXED_MODELS = BIT(3), /* xAPICs with different DFRs, or a DFR that is reserved */
};

struct route_map {
	u32 traits; /* enum route_trait */
	u32 count;  /* of apics[] */
	struct vcpu_set xapic, x2apic, enabled;
	struct vcpu_set flat[8];
	struct vcpu_set cluster[16][4];
	u16 xapic_ids[APIC_XAPIC_BROADCAST + 1]; /* vCPU index, ROUTE_NONE or ROUTE_MANY */
	u16 x2apic_ids[ROUTE_DIRECT_IDS];
	struct route_apic apics[MAX_VCPUS];
};

struct route_table {
	u32 current;			    /* atomic; index into maps */
	u32 count;			    /* vCPUs; fixed by route_init */
	struct route_apic apics[MAX_VCPUS]; /* under the VM's route lock */
	u32 generation[ROUTE_BUFFERS];	    /* atomic; odd: the map is being built */
	struct route_map maps[ROUTE_BUFFERS];
};

/* Starts a table of `count` (1..MAX_VCPUS) disabled APICs. */
void route_init(struct route_table *table, unsigned count);

/* vCPU `index` now answers to *apic. Caller holds the VM's route lock. */
void route_update(struct route_table *table, unsigned index, const struct route_apic *apic);

/*
 * The vCPUs that accept `message`; `sender` is the index of the vCPU whose ICR
 * sent it and only matters for shorthands (pass 0 for an I/O APIC's). For lowest
 * priority it is the candidates: see route_choose_lowest. Any CPU, no lock.
 */
void route_find(const struct route_table *table, const struct apic_message *message,
		unsigned sender, struct vcpu_set *targets);

/* enum route_trait of the current map. Any CPU, no lock. */
u32 route_traits(const struct route_table *table);

/*
 * Leaves one vCPU in `candidates`: one of those with the lowest priority class
 * (priority[index] bits 7:4; NULL: all the same), and among k of these the
 * (vector mod k)-th by index, so that one source stays with one vCPU and
 * different sources spread. An empty set stays empty.
 */
void route_choose_lowest(struct vcpu_set *candidates, u8 vector, const u8 *priority);

/* The parts, for tests: a map from descriptions, lookup in it, and lookup by scan. */
void route_map_build(struct route_map *map, const struct route_apic *apics, unsigned count);
void route_map_find(const struct route_map *map, const struct apic_message *message,
		    unsigned sender, struct vcpu_set *targets);
void route_scan(const struct route_apic *apics, unsigned count, const struct apic_message *message,
		unsigned sender, struct vcpu_set *targets);
