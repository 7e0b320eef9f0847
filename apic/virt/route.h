/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the routing maps, which lead from an interrupt message's destination to the set
 * of vCPUs that accept it, and the rule by which senders read them. Delivers nothing.
 * Pure.
 *
 * Concurrency. A table holds three maps. Senders read the current map without a lock.
 * A vCPU that changes its APIC's mode, ID, LDR, DFR or software enable calls
 * route_update under the lock of the VM's routing map, which changes the generation of the oldest
 * map, builds the whole map there, and publishes the map with one store. A sender compares
 * the map's generation before and after its look-up, and repeats the look-up if the
 * generation changed. So a sender never uses half a map, never allocates, and never
 * waits for a lock.
 */
#pragma once

#include "apic/virt/apic_regs.h"
#include "apic/virt/vcpu_set.h"

/* All that decides which messages one APIC accepts. Its vCPU fills it with vlapic_get_route. */
struct route_apic {
	u32 id;		       /* of 8 bits in xAPIC mode, 32 in x2APIC mode */
	u32 ldr;	       /* xAPIC: LDR bits 31:24, in bits 7:0; x2APIC: the derived LDR */
	u8 mode;	       /* enum apic_mode; a disabled APIC accepts nothing */
	u8 dfr;		       /* DFR bits 31:28; xAPIC only */
	bool software_enabled; /* SVR bit 8; clear: accepts only NMI, SMI, INIT, SIPI */
	bool moved;	       /* the page is not at the default address; for apic/virt/accel.h */
};

enum {
	ROUTE_DIRECT_IDS = 1024, /* x2APIC IDs below this are found without a scan */
	ROUTE_BUFFERS = 3,
};

/* Unusual states of a VM's APICs. Some of them prevent acceleration. */
enum route_trait {
	ROUTE_ALIASED_IDS = BIT(0),  /* two APICs accept the same physical destination */
	ROUTE_MIXED_MODES = BIT(1),  /* some APICs are in xAPIC mode and some in x2APIC mode */
	ROUTE_LARGE_IDS = BIT(2),    /* an x2APIC ID of ROUTE_DIRECT_IDS or above */
	ROUTE_MIXED_MODELS = BIT(3), /* xAPICs have different DFRs, or a reserved one */
};

/* One routing map: for each destination, the vCPUs whose APICs accept a message to it. */
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
	struct route_apic apics[MAX_VCPUS]; /* under the lock of the VM's routing map */
	u32 generation[ROUTE_BUFFERS];	    /* atomic; odd: the map is being built */
	struct route_map maps[ROUTE_BUFFERS];
};

/* Makes a table of `count` (1..MAX_VCPUS) APICs, all disabled. */
void route_init(struct route_table *table, unsigned count);

/* Replaces the description of vCPU `index`'s APIC, and publishes a new map. Route lock held. */
void route_update(struct route_table *table, unsigned index, const struct route_apic *apic);

/*
 * Sets *targets to the vCPUs that accept `message`. `sender` is the index of the vCPU
 * whose ICR sent it, and matters for shorthands only (pass 0 for a message of an I/O
 * APIC). A lowest-priority message goes to one of the targets: see
 * route_choose_lowest. Any CPU, no lock.
 */
void route_find(const struct route_table *table, const struct apic_message *message,
		unsigned sender, struct vcpu_set *targets);

/* enum route_trait of the current map. Any CPU, no lock. */
u32 route_traits(const struct route_table *table);

/*
 * Reduces `candidates` to one vCPU. It is one of the k vCPUs with the lowest priority
 * class (priority[index] bits 7:4; NULL: all have the same), the (vector mod k)-th of
 * them by index: so interrupts of one source go to one vCPU, and those of different
 * sources to different ones. An empty set stays empty.
 */
void route_choose_lowest(struct vcpu_set *candidates, u8 vector, const u8 *priority);

/* Parts of the above, public for tests: building a map, look-up in it, look-up by a scan of all
 * APICs. */
void route_map_build(struct route_map *map, const struct route_apic *apics, unsigned count);
void route_map_find(const struct route_map *map, const struct apic_message *message,
		    unsigned sender, struct vcpu_set *targets);
void route_scan(const struct route_apic *apics, unsigned count, const struct apic_message *message,
		unsigned sender, struct vcpu_set *targets);
