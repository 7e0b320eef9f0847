/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capability snapshots of CPUs, and tables that describe their members: compares two
 * snapshots, names their differences, and forms the capabilities that CPUs have in common.
 * Pure: core/host/caps_read.c fills in a snapshot on its own CPU.
 *
 * Every member of a snapshot is a u64, so that a row of a table addresses it by its offset.
 * A backend has its own snapshot and its own table.
 */
#pragma once

#include "core/model/cpuid.h"
#include "mm/memtype.h"

enum {
	MTRR_VARIABLE_MAX = 40,	   /* the MSRs 0x200 to 0x24f */
	CAPS_RATE_TOLERANCE = 200, /* rates within one part in 200 are equal, noise aside */
	CAPS_BACKEND_WORDS = 32,
	CAPS_NAME_SIZE = 28,
	CAPS_DETAIL_SIZE = 72,
	CAPS_VALUE_SIZE = 24,
};

/* The meaning of a difference, and the value that two CPUs then have in common. */
enum caps_kind {
	CAPS_SAME,	  /* none: such CPUs cannot work together */
	CAPS_FEATURES,	  /* each bit grants something: the bits that both CPUs have */
	CAPS_CAUTIONS,	  /* each bit takes something away: the bits that either CPU has */
	CAPS_LIMIT,	  /* the smaller number */
	CAPS_LAYOUT,	  /* 0 if either CPU has 0, which means absent; else as CAPS_SAME */
	CAPS_DESCRIPTION, /* shown to guests without any effect: the reference's value */
	CAPS_SETTING,	  /* software's choice: the other CPU gets the reference's value */
	CAPS_RATE,	  /* as CAPS_SAME, within the tolerance; the noise is the next member */
	CAPS_KINDS,
};

struct cpu_caps {
	u64 mtrr_cap;
	u64 mtrr_def_type;
	u64 mtrr_fixed[MTRR_FIXED];
	u64 mtrr_base[MTRR_VARIABLE_MAX]; /* entries that the CPU does not have are 0 */
	u64 mtrr_mask[MTRR_VARIABLE_MAX];
	u64 apic_version; /* the version register */
	u64 apic_id_bits; /* 8 or 32: the capability, whether used or not */
	u64 tsc_khz;	  /* as this CPU measured it */
	u64 tsc_noise_khz;
	u64 cpuid[CPUID_ENTRIES_MAX]
		 [CPUID_REGISTERS]; /* by rows of the policy; only bits that may reach a guest */
};

/* The snapshot of one CPU, with its backend's part; constant once filled in. */
struct caps_snapshot {
	struct cpu_caps cpu;
	u64 backend[CAPS_BACKEND_WORDS];
};

struct caps_bit {
	u8 bit;
	const char *name; /* NULL ends a list */
};

/* One row: the bits in mask of count members, the first one at offset. */
struct caps_field {
	char name[CAPS_NAME_SIZE];
	u8 kind;  /* enum caps_kind */
	u8 count; /* more than 1: the name gets the index */
	u16 offset;
	u64 mask;
	const struct caps_bit *bits; /* bits' names; NULL: CPUID's names by leaf and reg, or none */
	const struct cpuid_leaf_policy *leaf; /* for a CPUID register, else NULL */
	u8 reg;
};

struct caps_table {
	const struct caps_field *fields;
	u32 count;
	/* Makes further rows from the CPUID policy; a mask of 0: skip this row. False: the end. */
	bool (*computed)(u32 index, struct caps_field *field);
};

extern const struct caps_table cpu_caps_table;

struct caps_difference {
	enum caps_kind kind;
	char name[CAPS_NAME_SIZE];
	u64 reference, other;	       /* a CAPS_LIMIT's number, else the whole member */
	char detail[CAPS_DETAIL_SIZE]; /* names of bits that other lacks or has besides; or "" */
};

/* The position of a comparison. All zeros: the beginning. */
struct caps_cursor {
	u32 row;
	u32 index; /* of the next member of the row */
};

/* Finds the next difference of other from reference, from the cursor on; false: none. */
bool caps_compare(const struct caps_table *table, const void *reference, const void *other,
		  struct caps_cursor *cursor, struct caps_difference *difference);

/* "NAME VALUE differs from cpu0 VALUE (missing: NAMES)". */
void caps_describe(const struct caps_difference *difference, char *text, size_t size);

/* True if CPUs with this difference can work together on their common capabilities. */
bool caps_has_common(const struct caps_difference *difference);

/*
 * Narrows view to the capabilities that it has in common with other. All differences must
 * pass caps_has_common. The order of several calls does not matter, once view began as the
 * reference's snapshot.
 */
void caps_intersect(const struct caps_table *table, void *view, const void *other);

/*
 * True if other lacks a capability of view; then fills in the first such difference. All
 * differences of both from the reference must pass caps_has_common.
 */
bool caps_lacks(const struct caps_table *table, const void *view, const void *other,
		struct caps_difference *difference);

/* Describes the next member of caps by name and value; false: no more members. */
bool caps_next(const struct caps_table *table, const void *caps, struct caps_cursor *cursor,
	       char name[CAPS_NAME_SIZE], char value[CAPS_VALUE_SIZE]);

/* For tests: changes the value of the member with this name; false: no such member. */
bool caps_alter(const struct caps_table *table, void *caps, const char *name);

/* Fills caps->cpuid with the bits from read that may reach a guest. */
void caps_cpuid_read(struct cpu_caps *caps, cpuid_read_fn *read);

/* CPUID's result on a machine with these caps. A leaf that reaches no guest reads as zeros. */
void caps_cpuid(const struct cpu_caps *caps, u32 leaf, u32 subleaf, struct cpuid_regs *out);

/* The XSAVE components that guests may have; 0 without XSAVE. */
u64 caps_cpuid_xcr0(const struct cpu_caps *caps);

/* core/cpus/caps_cpuid.c: cpu_caps_table.computed, and the name of a feature bit or NULL. */
bool caps_cpuid_field(u32 index, struct caps_field *field);
const char *caps_cpuid_bit(const struct cpuid_leaf_policy *leaf, u8 reg, unsigned bit);
