/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one page-table walker: host tables and both vendors' nested tables, over
 * a format that is data. Pure: it reaches tables through struct pt_memory,
 * executes no privileged instruction and never flushes. Not locked: one writer
 * at a time for a tree, any number of hardware walkers beside it.
 *
 * Every entry is written with one 64-bit store, and after each store a walker
 * of any address sees what was mapped before the operation or what is mapped
 * after it. A table that left the tree keeps saying what it said until
 * pt_flushed.
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
	const u64 (*type)[PT_MEMTYPES];

	/* Nested formats: what a leaf's type makes of the type that the guest's page selects, */
	const u8 (*combined)[PT_MEMTYPES]; /* [leaf][guest], enum memtype */
	bool host_mtrrs;		   /* ... and the host's MTRRs of that, by the same table */
};

extern const struct pt_format pt_format_host; /* 4-level long mode, NX, PT_HOST_PAT; refuses W+X */
extern const struct pt_format pt_format_npt;  /* the same encoding, every access a user access */
extern const struct pt_format pt_format_ept;  /* suppress-#VE in every entry */

/*
 * Where tables live. Embed it and use container_of. All are cold; to_virt is
 * called once a level. alloc_table: one page, contents of no matter, false
 * when used up. free_table: nothing refers to the table any more.
 */
struct pt_memory {
	bool (*alloc_table)(struct pt_memory *mem, struct hpa *out);
	void (*free_table)(struct pt_memory *mem, struct hpa table);
	u64 *(*to_virt)(struct pt_memory *mem, struct hpa table);
};

/* What this machine or this tree allows within the format. */
struct pt_limits {
	u8 leaf_level; /* largest leaf pt_map and pt_merge make, PT_LEVEL_* */
	u8 pa_bits;    /* width of physical addresses, at most 52 */
};

struct pt {
	const struct pt_format *format;
	struct pt_memory *mem;
	struct hpa root; /* what CR3, nCR3 or EPTP points to */
	struct pt_limits limits;
	bool stale;	    /* something that was present has changed since pt_flushed */
	struct hpa retired; /* tables out of the tree that a walker may still see; 0: none */
};

/* Input addresses [start, start + size); both page aligned, size not 0. */
struct pt_range {
	u64 start, size;
};

/* What a leaf says besides its address. */
struct pt_leaf {
	u8 perms;	 /* enum pt_perm, PT_READ among them */
	u8 type;	 /* enum memtype */
	bool ignore_pat; /* the guest's PAT has no effect; only where the format can say it */
};

struct pt_found {
	struct hpa to; /* output address of the very input address asked for */
	u8 level;      /* of the leaf, or of the entry that is absent */
	struct pt_leaf leaf;
};

/* Bytes that one entry at level covers. */
static inline u64 pt_level_size(unsigned level)
{
	return 1ULL << (12 + 9 * (level - 1));
}

/* An empty tree. ERR_NO_MEMORY; ERR_INVALID: limits beyond the format. */
enum status pt_init(struct pt *pt, const struct pt_format *format, struct pt_memory *mem,
		    struct pt_limits limits) must_check;

/* Frees every table. No walker may use the tree any more, no overlay may exist. */
void pt_destroy(struct pt *pt);

/*
 * Maps range to [to, to + size) with the largest leaves that alignment and
 * limits allow. ERR_INVALID: unaligned, or a leaf that the format cannot say
 * or refuses. ERR_RANGE: an address too wide. ERR_BUSY: part of range is
 * mapped; nothing has changed. ERR_NO_MEMORY: the mappings are as before, but
 * a flush may be due. Else no flush is needed.
 */
enum status pt_map(struct pt *pt, struct pt_range range, struct hpa to,
		   struct pt_leaf leaf) must_check;

/*
 * Takes away whatever is mapped in range and the tables this leaves empty.
 * Large leaves across its ends are split. ERR_INVALID, ERR_RANGE: as pt_map.
 * ERR_NO_MEMORY: no table for a split; the mappings are as before.
 */
enum status pt_unmap(struct pt *pt, struct pt_range range) must_check;

/* Gives whatever is mapped in range new attributes; holes stay holes. Errors: as pt_unmap. */
enum status pt_protect(struct pt *pt, struct pt_range range, struct pt_leaf leaf) must_check;

/*
 * What addr is mapped to; false if to nothing, and then out->level still tells
 * the size of the hole's entry, for those who walk all of a tree.
 */
bool pt_lookup(const struct pt *pt, u64 addr, struct pt_found *out);

/* Input addresses [start, end) with one set of attributes, in one piece of output addresses. */
struct pt_run {
	u64 start, end;
	struct pt_found first;
};

/*
 * The first run at or above *at, which moves to where the next may begin;
 * false: there is none. A run of very many leaves is told in parts, so that no
 * call takes long. Zero-extended formats only.
 */
bool pt_next_run(const struct pt *pt, u64 *at, struct pt_run *run);

/* An entry as it stands in the table at level; a walk ends with one that is no table's. */
struct pt_step {
	u64 entry;
	struct hpa table;
	u8 level;
};

/* The entries on the path to addr from the root down; how many. 0: the tree has no such address. */
unsigned pt_walk(const struct pt *pt, u64 addr, struct pt_step steps[PT_LEVELS_MAX]);

/*
 * Replaces the table under the entry at level that covers addr by one leaf, if
 * all its entries are leaves that go on from each other with the same
 * attributes. ERR_NOT_FOUND: they are not, or there is no such table.
 * ERR_INVALID: level is no large leaf's within limits.
 */
enum status pt_merge(struct pt *pt, u64 addr, unsigned level) must_check;

/*
 * The protocol after any operation, failed ones too: while pt->stale, whoever
 * may hold old translations must be flushed (overlays synchronised before);
 * after that pt_flushed frees the tables that left the tree and clears stale.
 * Among those to be flushed are the processors' paging-structure caches.
 */
void pt_flushed(struct pt *pt);

/*
 * An overlay: for one vCPU, the base tree but for one 4 KiB page. It has its
 * own tables on the path to that page, one a level, and shares all others.
 *
 * A change of the base is seen at once where it was made in a shared table.
 * Where it was made in a table on the path (the root's entries among them) it
 * is seen after pt_overlay_sync. So: change the base, synchronise its
 * overlays, flush, pt_flushed(base).
 */
struct pt_overlay {
	struct pt *base;
	struct pt view;			  /* for its root and pt_lookup; never to be changed */
	u64 addr;			  /* the page, as the bits that index the tables */
	struct hpa tables[PT_LEVELS_MAX]; /* [level - 1] */
};

/*
 * At addr (page aligned) the overlay maps nothing until pt_overlay_map.
 * Errors: as pt_map. While view.stale the vCPU must be
 * flushed; pt_flushed(&overlay->view) says it was.
 */
enum status pt_overlay_init(struct pt_overlay *overlay, struct pt *base, u64 addr) must_check;

/* Maps the page; replaces what it maps. ERR_INVALID, ERR_RANGE: as pt_map. */
enum status pt_overlay_map(struct pt_overlay *overlay, struct hpa to,
			   struct pt_leaf leaf) must_check;

/* Takes over what has changed in the base since the last time. Cannot fail. */
void pt_overlay_sync(struct pt_overlay *overlay);

/* Frees the overlay's tables. The vCPU must use another root, and have been flushed. */
void pt_overlay_destroy(struct pt_overlay *overlay);
