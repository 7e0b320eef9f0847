/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must be the same on every CPU, as one plain snapshot, and the tables
 * that say how: compare two snapshots, name what differs, form what they have
 * in common. Pure: core/host/caps_read.c fills a snapshot in, on its own CPU.
 *
 * Every member of a snapshot is a u64, so that a row of a table reaches it by
 * its offset; a backend has a table of its own for its own snapshot.
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

/* What a difference means, and what two CPUs then have in common. */
enum caps_kind {
	CAPS_SAME,	  /* nothing: such CPUs do not go together */
	CAPS_FEATURES,	  /* bits that promise: those that both have */
	CAPS_CAUTIONS,	  /* bits that take a promise away: those that either has */
	CAPS_LIMIT,	  /* the smaller number */
	CAPS_LAYOUT,	  /* 0 when either has 0: then it is not there; else as CAPS_SAME */
	CAPS_DESCRIPTION, /* guests are told it and no more: the reference's */
	CAPS_SETTING,	  /* software's choice: the other CPU takes the reference's over */
	CAPS_RATE,	  /* as CAPS_SAME, within the tolerance; the noise is the next member */
	CAPS_KINDS,
};

struct cpu_caps {
	u64 mtrr_cap;
	u64 mtrr_def_type;
	u64 mtrr_fixed[MTRR_FIXED];
	u64 mtrr_base[MTRR_VARIABLE_MAX]; /* 0 from the CPU's own count on */
	u64 mtrr_mask[MTRR_VARIABLE_MAX];
	u64 apic_version; /* the version register */
	u64 apic_id_bits; /* 8 or 32, what it has, not what it uses */
	u64 tsc_khz;	  /* as this CPU has measured it */
	u64 tsc_noise_khz;
	u64 cpuid[CPUID_ENTRIES_MAX]
		 [CPUID_REGISTERS]; /* by the policy's rows; what may reach a guest */
};

/* Of one CPU, with its backend's part; constant once taken. */
struct caps_snapshot {
	struct cpu_caps cpu;
	u64 backend[CAPS_BACKEND_WORDS];
};

struct caps_bit {
	u8 bit;
	const char *name; /* NULL ends a list */
};

/* One row: count members from offset on, as far as mask goes. */
struct caps_field {
	char name[CAPS_NAME_SIZE];
	u8 kind;  /* enum caps_kind */
	u8 count; /* more than 1: the name gets the index */
	u16 offset;
	u64 mask;
	const struct caps_bit *bits; /* their names; NULL: those of leaf and reg, or none */
	const struct cpuid_leaf_policy *leaf; /* of a CPUID register, else NULL */
	u8 reg;
};

struct caps_table {
	const struct caps_field *fields;
	u32 count;
	/* Rows after the last one, made from the CPUID policy; mask 0: none. False: the end. */
	bool (*computed)(u32 index, struct caps_field *field);
};

extern const struct caps_table cpu_caps_table;

struct caps_difference {
	enum caps_kind kind;
	char name[CAPS_NAME_SIZE];
	u64 reference, other;	       /* a CAPS_LIMIT's number, else the whole member */
	char detail[CAPS_DETAIL_SIZE]; /* bits that other has not, or has besides, by name; or "" */
};

/* Where a comparison has come to; begins as zeros. */
struct caps_cursor {
	u32 row;
	u32 index; /* one past the row's member that was looked at */
};

/* The next difference of other from reference, beginning at the cursor; false: there is none. */
bool caps_compare(const struct caps_table *table, const void *reference, const void *other,
		  struct caps_cursor *cursor, struct caps_difference *difference);

/* "NAME VALUE differs from cpu0 VALUE (missing: NAMES)". */
void caps_describe(const struct caps_difference *difference, char *text, size_t size);

/* Can CPUs that differ so work together, on what they have in common? */
bool caps_has_common(const struct caps_difference *difference);

/*
 * Narrows view to what it has in common with other, whose differences all pass
 * caps_has_common. Order does not matter, but for what the reference decides.
 */
void caps_intersect(const struct caps_table *table, void *view, const void *other);

/*
 * Can other not give all that view has? Then the first thing that it cannot.
 * Their differences from the reference all pass caps_has_common.
 */
bool caps_lacks(const struct caps_table *table, const void *view, const void *other,
		struct caps_difference *difference);

/* The next member of caps, in words; false: there are no more. */
bool caps_next(const struct caps_table *table, const void *caps, struct caps_cursor *cursor,
	       char name[CAPS_NAME_SIZE], char value[CAPS_VALUE_SIZE]);

/* Makes the member called name different, for tests of what follows; false: there is none. */
bool caps_alter(const struct caps_table *table, void *caps, const char *name);

/* Fills caps->cpuid with what read says and may reach a guest. */
void caps_cpuid_read(struct cpu_caps *caps, cpuid_read_fn *read);

/* What CPUID says on a machine that can do caps; a leaf that reaches no guest reads as zeros. */
void caps_cpuid(const struct cpu_caps *caps, u32 leaf, u32 subleaf, struct cpuid_regs *out);

/* The XSAVE components that guests may have; 0 without XSAVE. */
u64 caps_cpuid_xcr0(const struct cpu_caps *caps);

/* core/cpus/caps_cpuid.c: cpu_caps_table.computed, and the name of a feature bit or NULL. */
bool caps_cpuid_field(u32 index, struct caps_field *field);
const char *caps_cpuid_bit(const struct cpuid_leaf_policy *leaf, u8 reg, unsigned bit);
