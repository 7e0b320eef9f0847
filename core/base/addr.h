/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host and guest physical addresses as distinct types, so that one cannot be
 * passed for the other. Pure, header only.
 */
#pragma once

#include "core/base/types.h"

enum { PHYS_BITS_MAX = 52 }; /* of an address in any page-table entry */

struct hpa {
	u64 addr;
};

struct gpa {
	u64 addr;
};

static inline struct hpa hpa_make(u64 addr)
{
	return (struct hpa){addr};
}

static inline struct gpa gpa_make(u64 addr)
{
	return (struct gpa){addr};
}

/* Memory types by their architectural encoding (SDM 3A "Memory Types", APM2 "Memory Types"). */
enum memtype {
	MEMTYPE_UC = 0,
	MEMTYPE_WC = 1,
	MEMTYPE_WT = 4,
	MEMTYPE_WP = 5,
	MEMTYPE_WB = 6,
	MEMTYPE_UC_MINUS = 7, /* PAT only */
};

/* IA32_PAT after reset (SDM 3A "Memory Type Selection and the PAT"). */
#define PAT_RESET 0x0007040600070406ULL
/* All entries WB. */
#define PAT_ALL_WB 0x0606060606060606ULL
