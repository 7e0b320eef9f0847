/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds the vCPUs of a destination in two ways, which give the same result: by a scan of
 * all APICs, and by a map. Builds and publishes maps. SDM 3A "Determining IPI
 * Destination", "Logical Destination Mode in x2APIC Mode".
 */
#include "apic/virt/route.h"
#include "core/base/atomic.h"
#include "core/base/string.h"

/* Values of an ID map's entry that are not a vCPU's index. */
enum { ROUTE_NONE = 0xffff, ROUTE_MANY = 0xfffe };

/* --- The messages that one APIC accepts --- */

static bool xapic_matches(const struct route_apic *apic, const struct apic_message *message)
{
	u32 dest = message->destination & 0xff;
	if (dest == APIC_XAPIC_BROADCAST)
		return true;
	if (!message->logical)
		return dest == apic->id;
	if (apic->dfr == APIC_DFR_FLAT)
		return dest & apic->ldr;
	if (apic->dfr == APIC_DFR_CLUSTER)
		return dest >> 4 == apic->ldr >> 4 && (dest & apic->ldr & 0xf);
	return false; /* with a reserved model an APIC has no logical ID */
}

static bool x2apic_matches(const struct route_apic *apic, const struct apic_message *message)
{
	u32 dest = message->destination;
	if (dest == APIC_X2APIC_BROADCAST)
		return true;
	if (!message->logical)
		return dest == apic->id;
	return dest >> 16 == apic->ldr >> 16 && (dest & apic->ldr & 0xffff);
}

/* True for delivery modes that an APIC accepts only while it is software-enabled. */
static bool needs_enabled(u8 delivery)
{
	return delivery == APIC_FIXED || delivery == APIC_LOWEST_PRIORITY ||
	       delivery == APIC_EXTINT;
}

static bool apic_matches(const struct route_apic *apic, const struct apic_message *message)
{
	if (apic->mode == APIC_MODE_DISABLED)
		return false;
	if (message->shorthand != APIC_TO_DESTINATION)
		return true;
	return apic->mode == APIC_MODE_X2APIC ? x2apic_matches(apic, message)
					      : xapic_matches(apic, message);
}

/* --- The scan --- */

void route_scan(const struct route_apic *apics, unsigned count, const struct apic_message *message,
		unsigned sender, struct vcpu_set *targets)
{
	vcpu_set_clear(targets);
	for (unsigned i = 0; i < count; i++) {
		if (message->shorthand == APIC_TO_SELF && i != sender)
			continue;
		if (message->shorthand == APIC_TO_OTHERS && i == sender)
			continue;
		if (needs_enabled(message->delivery) && !apics[i].software_enabled)
			continue;
		if (apic_matches(&apics[i], message))
			vcpu_set_add(targets, i);
	}
}

/* --- Building a map --- */

static void map_id(struct route_map *map, u16 *entry, unsigned index)
{
	if (*entry == ROUTE_NONE) {
		*entry = (u16)index;
	} else {
		*entry = ROUTE_MANY;
		map->traits |= ROUTE_ALIASED_IDS;
	}
}

static void map_xapic(struct route_map *map, const struct route_apic *apic, unsigned index)
{
	vcpu_set_add(&map->xapic, index);
	map_id(map, &map->xapic_ids[apic->id & 0xff], index);
	for (unsigned bit = 0; bit < 8; bit++) {
		if (!(apic->ldr & BIT(bit)))
			continue;
		if (apic->dfr == APIC_DFR_FLAT)
			vcpu_set_add(&map->flat[bit], index);
		else if (apic->dfr == APIC_DFR_CLUSTER && bit < 4)
			vcpu_set_add(&map->cluster[apic->ldr >> 4 & 0xf][bit], index);
	}
}

static void map_x2apic(struct route_map *map, const struct route_apic *apic, unsigned index)
{
	vcpu_set_add(&map->x2apic, index);
	if (apic->id < ROUTE_DIRECT_IDS)
		map_id(map, &map->x2apic_ids[apic->id], index);
	else
		map->traits |= ROUTE_LARGE_IDS;
}

/* An xAPIC compares only 8 bits of a destination, so it also accepts some IDs of x2APICs. */
static void note_cross_aliases(struct route_map *map)
{
	for (unsigned id = 0; id < ROUTE_DIRECT_IDS; id++)
		if (map->x2apic_ids[id] != ROUTE_NONE && map->xapic_ids[id & 0xff] != ROUTE_NONE)
			map->traits |= ROUTE_ALIASED_IDS;
}

static void note_mixtures(struct route_map *map)
{
	if (!vcpu_set_empty(&map->xapic) && !vcpu_set_empty(&map->x2apic))
		map->traits |= ROUTE_MIXED_MODES;
	int first = vcpu_set_next(&map->xapic, 0);
	for (int i = first; i >= 0; i = vcpu_set_next(&map->xapic, (unsigned)i + 1)) {
		u8 dfr = map->apics[i].dfr;
		if (dfr != map->apics[first].dfr ||
		    (dfr != APIC_DFR_FLAT && dfr != APIC_DFR_CLUSTER))
			map->traits |= ROUTE_MIXED_MODELS;
	}
}

void route_map_build(struct route_map *map, const struct route_apic *apics, unsigned count)
{
	memset(map, 0, sizeof(*map));
	memset(map->xapic_ids, 0xff, sizeof(map->xapic_ids));
	memset(map->x2apic_ids, 0xff, sizeof(map->x2apic_ids));
	map->count = count;
	memcpy(map->apics, apics, count * sizeof(*apics));
	for (unsigned i = 0; i < count; i++) {
		if (apics[i].mode == APIC_MODE_DISABLED)
			continue;
		if (apics[i].software_enabled)
			vcpu_set_add(&map->enabled, i);
		if (apics[i].mode == APIC_MODE_X2APIC)
			map_x2apic(map, &apics[i], i);
		else
			map_xapic(map, &apics[i], i);
	}
	note_cross_aliases(map);
	note_mixtures(map);
}

/* --- Looking up --- */

/* Adds the vCPU of an ID map's entry, if it has one. False: several APICs have that ID. */
static bool add_entry(struct vcpu_set *targets, u16 entry)
{
	if (entry == ROUTE_MANY)
		return false;
	if (entry < MAX_VCPUS)
		vcpu_set_add(targets, entry);
	return true;
}

/*
 * Here and below: adds to targets. False: the map does not have all targets of this
 * destination, and the caller must scan.
 */
static bool find_physical(const struct route_map *map, u32 dest, struct vcpu_set *targets)
{
	if (dest == APIC_X2APIC_BROADCAST)
		vcpu_set_join(targets, &map->x2apic);
	else if (dest < ROUTE_DIRECT_IDS ? !add_entry(targets, map->x2apic_ids[dest])
					 : (map->traits & ROUTE_LARGE_IDS) != 0)
		return false;

	if ((dest & 0xff) != APIC_XAPIC_BROADCAST)
		return add_entry(targets, map->xapic_ids[dest & 0xff]);
	vcpu_set_join(targets, &map->xapic);
	return true;
}

static void find_logical_xapic(const struct route_map *map, u32 dest, struct vcpu_set *targets)
{
	if (dest == APIC_XAPIC_BROADCAST) {
		vcpu_set_join(targets, &map->xapic);
		return;
	}
	for (unsigned bit = 0; bit < 8; bit++) {
		if (!(dest & BIT(bit)))
			continue;
		vcpu_set_join(targets, &map->flat[bit]);
		if (bit < 4)
			vcpu_set_join(targets, &map->cluster[dest >> 4][bit]);
	}
}

/* A cluster has 16 consecutive IDs, so its members are found by ID. */
static bool find_logical_x2apic(const struct route_map *map, u32 dest, struct vcpu_set *targets)
{
	if (dest == APIC_X2APIC_BROADCAST) {
		vcpu_set_join(targets, &map->x2apic);
		return true;
	}
	if (map->traits & ROUTE_LARGE_IDS)
		return false;
	u32 first = (dest >> 16) * 16;
	if (first >= ROUTE_DIRECT_IDS)
		return true;
	for (u32 members = dest & 0xffff; members; members &= members - 1)
		if (!add_entry(targets, map->x2apic_ids[first + (u32)__builtin_ctz(members)]))
			return false;
	return true;
}

static void find_shorthand(const struct route_map *map, u8 shorthand, unsigned sender,
			   struct vcpu_set *targets)
{
	if (shorthand == APIC_TO_SELF) {
		if (vcpu_set_has(&map->xapic, sender) || vcpu_set_has(&map->x2apic, sender))
			vcpu_set_add(targets, sender);
		return;
	}
	vcpu_set_join(targets, &map->xapic);
	vcpu_set_join(targets, &map->x2apic);
	if (shorthand == APIC_TO_OTHERS)
		vcpu_set_remove(targets, sender);
}

static bool find_by_map(const struct route_map *map, const struct apic_message *message,
			unsigned sender, struct vcpu_set *targets)
{
	u32 dest = message->destination;
	if (message->shorthand != APIC_TO_DESTINATION) {
		find_shorthand(map, message->shorthand, sender, targets);
		return true;
	}
	if (!message->logical)
		return find_physical(map, dest, targets);
	find_logical_xapic(map, dest & 0xff, targets);
	return find_logical_x2apic(map, dest, targets);
}

void route_map_find(const struct route_map *map, const struct apic_message *message,
		    unsigned sender, struct vcpu_set *targets)
{
	vcpu_set_clear(targets);
	if (find_by_map(map, message, sender, targets)) {
		if (needs_enabled(message->delivery))
			vcpu_set_keep(targets, &map->enabled);
		return;
	}
	/*
	 * If the map is being built again meanwhile, route_find discards the result, but count
	 * may have any value here.
	 */
	u32 count = map->count <= MAX_VCPUS ? map->count : MAX_VCPUS;
	route_scan(map->apics, count, message, sender, targets);
}

void route_choose_lowest(struct vcpu_set *candidates, u8 vector, const u8 *priority)
{
	struct vcpu_set best = {{0}};
	unsigned lowest = 0xff;
	for (int i = vcpu_set_next(candidates, 0); i >= 0;
	     i = vcpu_set_next(candidates, (unsigned)i + 1)) {
		unsigned class = priority ? atomic_get(&priority[i]) >> 4 : 0;
		if (class > lowest)
			continue;
		if (class < lowest)
			vcpu_set_clear(&best);
		lowest = class;
		vcpu_set_add(&best, (unsigned)i);
	}
	*candidates = (struct vcpu_set){{0}};
	unsigned count = vcpu_set_count(&best);
	if (count == 0)
		return;
	int chosen = vcpu_set_next(&best, 0);
	for (unsigned skip = vector % count; skip > 0; skip--)
		chosen = vcpu_set_next(&best, (unsigned)chosen + 1);
	vcpu_set_add(candidates, (unsigned)chosen);
}

/* --- Publishing --- */

void route_init(struct route_table *table, unsigned count)
{
	memset(table, 0, sizeof(*table));
	table->count = count;
	route_map_build(&table->maps[0], table->apics, count);
}

/*
 * Readers that see an odd generation, or see it change, look again. So the order counts: odd, the
 * map, even, current.
 */
static void publish(struct route_table *table)
{
	u32 next = (table->current + 1) % ROUTE_BUFFERS;
	u32 *generation = &table->generation[next];
	atomic_set(generation, *generation + 1);
	atomic_fence_release();
	route_map_build(&table->maps[next], table->apics, table->count);
	atomic_store_release(generation, *generation + 1);
	atomic_store_release(&table->current, next);
}

void route_update(struct route_table *table, unsigned index, const struct route_apic *apic)
{
	if (index >= table->count)
		return;
	table->apics[index] = *apic;
	publish(table);
}

void route_find(const struct route_table *table, const struct apic_message *message,
		unsigned sender, struct vcpu_set *targets)
{
	for (;;) {
		u32 current = atomic_load_acquire(&table->current);
		const u32 *generation = &table->generation[current];
		u32 before = atomic_load_acquire(generation);
		if (before & 1)
			continue;
		route_map_find(&table->maps[current], message, sender, targets);
		atomic_fence_acquire();
		if (atomic_get(generation) == before)
			return;
	}
}

u32 route_traits(const struct route_table *table)
{
	u32 current = atomic_load_acquire(&table->current);
	return atomic_get(&table->maps[current].traits);
}
