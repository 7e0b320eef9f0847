/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks which APICs accept a message: sends one to each destination, and compares the
 * receivers with the manual's rule. SDM 3A "Determining IPI Destination", "Local APIC ID",
 * "Logical x2APIC ID", "Lowest Priority Delivery Mode".
 */
#include "apic/suite.h"

enum {
	BATCH = 64,	/* destinations at a time, each with a vector of its own */
	PER_CHECK = 16, /* ... and per line of the report */
	LOWEST_VECTOR = 0x80,
	ANY_LOGICAL = 2,
};

/* The identity that a CPU's APIC was given. */
struct identity {
	bool x2apic;
	u32 id; /* 8 bits in xAPIC mode, 32 bits in x2APIC mode */
	u8 ldr, dfr;
};

static struct identity who[CPU_MAX];

/* True if, by the manual's rule, this APIC accepts a message to dest. */
static bool accepts(const struct identity *apic, u32 dest, bool logical)
{
	if (apic->x2apic) {
		if (dest == 0xffffffff)
			return true;
		if (!logical)
			return dest == apic->id;
		return dest >> 16 == apic->id >> 4 && (dest & 1u << (apic->id & 15));
	}
	dest &= 0xff;
	if (dest == 0xff)
		return true;
	if (!logical)
		return dest == apic->id;
	if (apic->dfr == DFR_FLAT)
		return dest & apic->ldr;
	return dest >> 4 == apic->ldr >> 4 && (dest & apic->ldr & 0xf);
}

static u64 who_accepts(u32 dest, bool logical)
{
	u64 set = 0;

	for (u32 i = 0; i < suite_cpus; i++)
		set |= accepts(&who[i], dest, logical) ? BIT(i) : 0;
	return set;
}

static bool got_right(u32 vector, u64 want)
{
	for (u32 i = 0; i < suite_cpus; i++)
		if (seen_count(i, vector) != (want & BIT(i) ? 1 : 0))
			return false;
	return true;
}

static void report(const u32 *dest, u32 count, bool logical, const char *name)
{
	for (u32 first = 0; first < count; first += PER_CHECK) {
		u32 end = (u32)min_u64(first + PER_CHECK, count);
		u64 wrong = 0;

		for (u32 i = first; i < end; i++)
			if (!got_right(VECTOR_FIRST + i, who_accepts(dest[i], logical)))
				wrong |= BIT(i - first);
		check_equal(wrong, 0, "%s, %s %x to %x: delivered wrongly", name,
			    logical ? "logical" : "physical", dest[first], dest[end - 1]);
	}
}

static void send_batch(const u32 *dest, u32 count, bool logical, const char *name)
{
	seen_clear();
	for (u32 i = 0; i < count; i++)
		apic_send(dest[i], (VECTOR_FIRST + i) | (logical ? ICR_LOGICAL : 0) | ICR_ASSERT);
	for (u32 i = 0; i < count; i++) {
		u64 want = who_accepts(dest[i], logical);

		if (want && !got_right(VECTOR_FIRST + i, want))
			seen_wait(VECTOR_FIRST + i, want);
	}
	seen_wait(VECTOR_FIRST, 0);
	report(dest, count, logical, name);
}

/* Tries all 256 destinations that an xAPIC's ICR can name. */
static void sweep_xapic(bool logical, const char *name)
{
	u32 dest[BATCH];

	for (u32 first = 0; first < 0x100; first += BATCH) {
		for (u32 i = 0; i < BATCH; i++)
			dest[i] = first + i;
		send_batch(dest, BATCH, logical, name);
	}
}

/*
 * Tries destinations around every CPU's ID, aliases of IDs above 8 bits, and the broadcasts
 * of both widths.
 */
static void sweep_x2apic(bool logical, const char *name)
{
	static const u32 physical_dest[] = {
		0,	    1,		2,	 3,	     4,		5,	    6,
		7,	    8,		0x10,	 0x7f,	     0xfe,	0xff,	    0x100,
		0x101,	    0x102,	0x107,	 0x1ff,	     0x2ff,	0x8000,	    0xffff,
		0x10000,    0x10001,	0x100ff, 0x1000000,  0x1000001, 0x80000000, 0xfffffffe,
		0xffffff00, 0xffffff01, 0xff,	 0xffffffff,
	};
	static const u32 logical_dest[] = {
		0,	    1,	     2,		 3,	     4,		 0xf,	     0xf0,
		0xff,	    0x100,   0x8000,	 0xfffe,     0xffff,	 0x10000,    0x10001,
		0x1ffff,    0x20001, 0x5555,	 0xaaaa,     0x81,	 0x42,	     0x24,
		0x18,	    0x100ff, 0xffff0001, 0xffffffff, 0xfffffffe, 0xff0000ff, 0xffff,
		0x80000001, 0x8001,  0xff00,	 0x7f,
	};

	if (logical)
		send_batch(logical_dest, ARRAY_SIZE(logical_dest), true, name);
	else
		send_batch(physical_dest, ARRAY_SIZE(physical_dest), false, name);
}

/* --- Worlds --- */

static void tell_identity(void *unused)
{
	const struct identity *me = &who[cpu_this()->index];

	(void)unused;
	suite_reset_apic(NULL);
	if (me->x2apic) {
		apic_set_x2apic(true);
		return;
	}
	apic_write(APIC_ID, me->id << 24);
	apic_write(APIC_DFR, (u32)me->dfr << 28 | 0x0fffffff);
	apic_write(APIC_LDR, (u32)me->ldr << 24);
}

static void set_world(struct identity (*make)(u32 cpu))
{
	for (u32 i = 0; i < suite_cpus; i++)
		who[i] = make(i);
	suite_everywhere(tell_identity, NULL);
}

static u8 flat_bit(u32 cpu)
{
	return (u8)(1u << cpu % 8);
}

static u8 cluster_id(u32 cpu)
{
	return (u8)(cpu / 4 << 4 | 1u << cpu % 4);
}

static struct identity as_reset(u32 cpu)
{
	return (struct identity){false, cpu, 0, DFR_FLAT};
}

static struct identity flat(u32 cpu)
{
	return (struct identity){false, cpu, flat_bit(cpu), DFR_FLAT};
}

static struct identity flat_shared(u32 cpu)
{
	return (struct identity){false, cpu, (u8)(0x11u << cpu % 4), DFR_FLAT};
}

static struct identity cluster(u32 cpu)
{
	return (struct identity){false, cpu, cluster_id(cpu), DFR_CLUSTER};
}

static struct identity cluster_overlapping(u32 cpu)
{
	return (struct identity){false, cpu, (u8)(0x20 | (cpu % 2 ? 0x5 : 0x3)), DFR_CLUSTER};
}

static struct identity both_models(u32 cpu)
{
	return cpu % 2 ? cluster(cpu) : flat(cpu);
}

static struct identity moved_ids(u32 cpu)
{
	return (struct identity){false, 0x40 + 3 * cpu, flat_bit(cpu), DFR_FLAT};
}

/* Two CPUs share each ID. */
static struct identity aliased(u32 cpu)
{
	return (struct identity){false, cpu / 2, flat_bit(cpu), DFR_FLAT};
}

static struct identity all_one_id(u32 cpu)
{
	return (struct identity){false, 7, flat_bit(cpu), DFR_FLAT};
}

/* CPU numbers follow the order in which the CPUs came up. The ID of an x2APIC cannot be changed. */
static struct identity x2apic(u32 cpu)
{
	return (struct identity){true, cpus[cpu].apic_id, 0, 0};
}

/* CPU 0 is the sender. It is in xAPIC mode here, and in x2APIC mode in mixed_turned. */
static struct identity mixed(u32 cpu)
{
	return cpu % 2 ? x2apic(cpu) : flat(cpu);
}

static struct identity mixed_turned(u32 cpu)
{
	return cpu % 2 ? flat(cpu) : x2apic(cpu);
}

/* xAPICs that have the same IDs as x2APICs. */
static struct identity mixed_aliased(u32 cpu)
{
	return cpu % 2 ? (struct identity){false, cpus[cpu - 1].apic_id, cluster_id(cpu),
					   DFR_CLUSTER}
		       : x2apic(cpu);
}

struct world {
	const char *name;
	struct identity (*make)(u32 cpu);
	bool needs_x2apic;
};

static const struct world worlds[] = {
	{"LDR as reset", as_reset, false},
	{"flat", flat, false},
	{"flat, shared bits", flat_shared, false},
	{"cluster", cluster, false},
	{"cluster, overlapping", cluster_overlapping, false},
	{"flat and cluster", both_models, false},
	{"IDs moved", moved_ids, false},
	{"IDs aliased", aliased, false},
	{"one ID for all", all_one_id, false},
	{"x2APIC", x2apic, true},
	{"xAPIC among x2APICs", mixed, true},
	{"x2APIC among xAPICs", mixed_turned, true},
	{"xAPICs with x2APICs' IDs", mixed_aliased, true},
};

static void check_world(const struct world *world)
{
	set_world(world->make);
	for (u32 logical = 0; logical < ANY_LOGICAL; logical++) {
		if (who[0].x2apic)
			sweep_x2apic(logical, world->name);
		else
			sweep_xapic(logical, world->name);
	}
}

/* --- Lowest priority: exactly one CPU of the destination, the one with the lowest TPR --- */

static void set_tpr(void *priority)
{
	apic_write(APIC_TPR, (u32)(u64)priority);
}

static u64 takers(u32 vector)
{
	u64 set = 0;

	seen_wait(vector, 0);
	for (u32 i = 0; i < suite_cpus; i++)
		set |= seen_count(i, vector) ? BIT(i) : 0;
	return set;
}

static u32 taken(u32 vector)
{
	u32 total = 0;

	for (u32 cpu = 0; cpu < suite_cpus; cpu++)
		total += seen_count(cpu, vector);
	return total;
}

static bool all_taken(void)
{
	for (u32 i = 0; i < PER_CHECK; i++)
		if (!taken(LOWEST_VECTOR + i))
			return false;
	return true;
}

static void check_lowest_count(u32 dest, const char *name)
{
	u32 bad = 0;

	seen_clear();
	for (u32 i = 0; i < PER_CHECK; i++)
		apic_send(dest, (LOWEST_VECTOR + i) | ICR_LOWEST | ICR_LOGICAL | ICR_ASSERT);
	x86_sti();
	suite_until(all_taken, 2000);
	seen_wait(LOWEST_VECTOR, 0);
	for (u32 i = 0; i < PER_CHECK; i++)
		bad += taken(LOWEST_VECTOR + i) != 1;
	check_equal(bad, 0, "lowest priority %s: messages not taken exactly once", name);
}

/* Each CPU in turn has the lowest TPR. */
static void check_lowest_choice(void)
{
	for (u32 idle = 0; idle < suite_cpus; idle++) {
		for (u32 i = 0; i < suite_cpus; i++)
			suite_on(i, set_tpr,
				 (void *)(u64)(i == idle ? 0x20 : 0x30 + 0x10 * (i % 4)));
		seen_clear();
		apic_send(0xff, 0xa5 | ICR_LOWEST | ICR_LOGICAL | ICR_ASSERT);
		seen_wait(0xa5, BIT(idle));
		check_equal(takers(0xa5), BIT(idle), "lowest priority: cpu %u has the lowest TPR",
			    idle);
	}
	suite_everywhere(set_tpr, NULL);
}

static void check_lowest(void)
{
	set_world(flat);
	check_lowest_count(0xff, "to all, flat");
	check_lowest_count(0x01, "to one, flat");
	check_lowest_choice();
	set_world(cluster);
	check_lowest_count(0x0f, "to a cluster");
}

void apic_test_destinations(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(worlds); i++) {
		if (worlds[i].needs_x2apic && !machine.x2apic)
			skip("no x2APIC", "destinations: %s", worlds[i].name);
		else
			check_world(&worlds[i]);
	}
	check_lowest();
	suite_set_x2apic(false);
}
