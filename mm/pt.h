/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables of any format: the host's and both vendors' nested tables. The
 * format is data (struct pt_format). Pure: accesses tables only through struct
 * pt_memory, and never flushes. Not locked: a tree has one writer at a time, and
 * any number of hardware walkers meanwhile.
 *
 * Every entry is written with one 64-bit store. After each store, a walk of any
 * address finds either the mapping before the operation or the mapping after it.
 * A table that was removed from the tree translates as before until pt_flushed.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/status.h"
#include "core/base/types.h"

/*
 * IA32_PAT as the hypervisor programs it on every CPU, one byte an entry:
 * WB WT UC- UC WC WP UC- UC. All six types exist; entries 0 to 3, which
 * table pointers and early mappings use, and 6 and 7 are as at power-on.
 */
#define PT_HOST_PAT 0x0007050100070406ULL

enum {
	PT_LEVELS_MAX = 5,
	PT_ENTRIES = 512,
	PT_LEVEL_4K = 1, /* leaf levels */
	PT_LEVEL_2M = 2,
	PT_LEVEL_1G = 3,
};

enum pt_perm {
	PT_READ = 1 << 0, /* every mapping is readable */
	PT_WRITE = 1 << 1,
	PT_EXEC = 1 << 2,
	PT_GLOBAL = 1 << 3, /* host format only */
	PT_PERM_COUNT = 4,
};

enum { PT_MEMTYPES = 8 }; /* values of enum memtype lie below */

/* How entries are encoded. Instances: see below; all are constant. */
struct pt_format {
	u8 levels;	    /* of tables; the root is at this level */
	u8 leaf_level;	    /* leaves may be at levels 1 to leaf_level */
	bool sign_extended; /* input addresses are canonical, else zero-extended */
	bool exclusive_wx;  /* no mapping may be both writable and executable */
	u8 perms;	    /* enum pt_perm that the format can say */
	u8 memtypes;	    /* bit n: enum memtype n can be said */
	u64 absent;	    /* an entry that maps nothing */
	u64 present;	    /* an entry with any of these bits maps something */
	u64 table;	    /* bits of a pointer to a table; it restricts nothing */
	u64 leaf;	    /* bits of every leaf */
	u64 large;	    /* makes an entry above level 1 a leaf */
	u64 ignore_pat;	    /* leaf: the guest's PAT has no effect; 0 if it cannot be said */
	u64 address;	    /* output address, level 1 and table pointers */
	u64 granted[PT_PERM_COUNT]; /* leaf bits set for a permission that is granted, */
	u64 denied[PT_PERM_COUNT];  /* and for one that is denied */
	u64 type_mask[2];	    /* leaf bits of the memory type: [0] level 1, [1] above */
	const u64 *type[2];	    /* [PT_MEMTYPES]: those bits for each type; levels as above */

	/* Nested formats: what a leaf's type makes of the type that the guest's page selects, */
	const u8 (*combined)[PT_MEMTYPES]; /* [leaf][guest], enum memtype */
	bool host_mtrrs;		   /* ... and the host's MTRRs of that, by the same table */
};

extern const struct pt_format pt_format_host; /* 4-level long mode, NX, PT_HOST_PAT; refuses W+X */
extern const struct pt_format pt_format_npt;  /* the same encoding, every access a user access */
extern const struct pt_format pt_format_ept;  /* suppress-#VE in every entry */

/*
 * Memory for tables. Users embed this struct and get back to their own by
 * container_of. alloc_table returns one page with any contents; false: no memory.
 * free_table gets a table that nothing refers to. to_virt is called once a level.
 */
struct pt_memory {
	bool (*alloc_table)(struct pt_memory *mem, struct hpa *out);
	void (*free_table)(struct pt_memory *mem, struct hpa table);
	u64 *(*to_virt)(struct pt_memory *mem, struct hpa table);
};

/* Limits of this machine or this tree, within those of the format. */
struct pt_limits {
	u8 leaf_level; /* largest leaf that pt_map and pt_merge make, PT_LEVEL_* */
	u8 pa_bits;    /* width of physical addresses, at most 52 */
};

struct pt {
	const struct pt_format *format;
	struct pt_memory *mem;
	struct hpa root; /* what CR3, nCR3 or EPTP points to */
	struct pt_limits limits;
	bool stale;	    /* a present entry was changed since pt_flushed */
	struct hpa retired; /* list of tables removed from the tree, which CPUs may still use; 0:
			       empty */
};

/* Input addresses [start, start + size); both page aligned, size not 0. */
struct pt_range {
	u64 start, size;
};

/* The attributes of a leaf. */
struct pt_leaf {
	u8 perms;	 /* enum pt_perm, PT_READ among them */
	u8 type;	 /* enum memtype */
	bool ignore_pat; /* the guest's PAT has no effect; only where the format can say it */
};

struct pt_found {
	struct hpa to; /* output address of exactly that input address */
	u8 level;      /* of the leaf, or of the entry that is absent */
	struct pt_leaf leaf;
};

/* Bytes that one entry at level covers. */
static inline u64 pt_level_size(unsigned level)
{
	return 1ULL << (12 + 9 * (level - 1));
}

/* Makes an empty tree. ERR_NO_MEMORY. ERR_INVALID: limits exceed those of the format. */
enum status pt_init(struct pt *pt, const struct pt_format *format, struct pt_memory *mem,
		    struct pt_limits limits) must_check;

/* Frees every table. No CPU may use the tree any more, and no overlay may exist. */
void pt_destroy(struct pt *pt);

/*
 * Maps range to [to, to + size) with the largest leaves that alignment and
 * limits allow. ERR_INVALID: unaligned, or a leaf that the format cannot encode
 * or does not allow. ERR_RANGE: an address is too wide. ERR_BUSY: part of range is
 * mapped; nothing has changed. ERR_NO_MEMORY: the mappings are as before, but
 * pt->stale may be set. After success no flush is needed.
 */
enum status pt_map(struct pt *pt, struct pt_range range, struct hpa to,
		   struct pt_leaf leaf) must_check;

/*
 * Unmaps range, and removes tables that become empty. Large leaves across the
 * ends of range are split. ERR_INVALID, ERR_RANGE: as pt_map.
 * ERR_NO_MEMORY: no table for a split; the mappings are as before.
 */
enum status pt_unmap(struct pt *pt, struct pt_range range) must_check;

/* Sets the attributes of all that is mapped in range; maps nothing. Errors: as pt_unmap. */
enum status pt_protect(struct pt *pt, struct pt_range range, struct pt_leaf leaf) must_check;

/*
 * Finds the mapping of addr. False: addr is not mapped; out->level is then the
 * level of the absent entry, whose size lets a caller walk the whole tree.
 */
bool pt_lookup(const struct pt *pt, u64 addr, struct pt_found *out);

/* Input addresses [start, end) with one set of attributes, in one piece of output addresses. */
struct pt_run {
	u64 start, end;
	struct pt_found first;
};

/*
 * Finds the first run at or above *at, and sets *at to the earliest start of the
 * next one. False: no more runs. A run of very many leaves is returned in parts,
 * so that no call takes long. Zero-extended formats only.
 */
bool pt_next_run(const struct pt *pt, u64 *at, struct pt_run *run);

/* One entry of a walk, in the table at level. The last entry of a walk points to no table. */
struct pt_step {
	u64 entry;
	struct hpa table;
	u8 level;
};

/*
 * Reads the entries on the path to addr, root first. Returns their number; 0: not an input
 * address.
 */
unsigned pt_walk(const struct pt *pt, u64 addr, struct pt_step steps[PT_LEVELS_MAX]);

/*
 * Replaces a table by one leaf: the table below the entry at level that covers
 * addr. All entries of the table must be leaves with consecutive output addresses
 * and the same attributes. ERR_NOT_FOUND: they are not, or there is no such table.
 * ERR_INVALID: limits do not allow a large leaf at level.
 */
enum status pt_merge(struct pt *pt, u64 addr, unsigned level) must_check;

/*
 * To be called after any operation, even a failed one, that left pt->stale set,
 * once the caller has synchronised all overlays and then flushed every CPU that
 * may hold old translations, paging-structure caches included. Frees the tables
 * that were removed from the tree and clears stale.
 */
void pt_flushed(struct pt *pt);

/*
 * An overlay, for one vCPU: the base tree except for one 4 KiB page. An overlay
 * has its own tables on the path to that page, one a level, and shares all other
 * tables with the base.
 *
 * A change of a shared table takes effect in the overlay at once. A change of a
 * table on the path, such as the root, takes effect after pt_overlay_sync. So:
 * change the base, synchronise its overlays, flush, call pt_flushed(base).
 */
struct pt_overlay {
	struct pt *base;
	struct pt view; /* for its root and pt_lookup; only mm/pt_overlay.c changes it */
	u64 addr;	/* of the page: the bits that index the tables */
	struct hpa tables[PT_LEVELS_MAX]; /* [level - 1] */
};

/*
 * Makes an overlay for the page at addr (page aligned), which stays unmapped until
 * pt_overlay_map. Errors: as pt_map. While view.stale is set, the vCPU must be
 * flushed before it enters its guest; pt_flushed(&overlay->view) clears it.
 */
enum status pt_overlay_init(struct pt_overlay *overlay, struct pt *base, u64 addr) must_check;

/* Maps the page to `to`, instead of its mapping if any. ERR_INVALID, ERR_RANGE: as pt_map. */
enum status pt_overlay_map(struct pt_overlay *overlay, struct hpa to,
			   struct pt_leaf leaf) must_check;

/* Copies all changes of the base into the overlay's own tables. Cannot fail. */
void pt_overlay_sync(struct pt_overlay *overlay);

/* Frees the overlay's tables. The vCPU must use another root and must have been flushed. */
void pt_overlay_destroy(struct pt_overlay *overlay);
