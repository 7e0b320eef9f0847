/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks a guest's page tables. Each paging mode is a row of data, and one loop
 * serves all modes. Pure. SDM 3A "Paging", APM2 "Page Translation and Protection".
 */
#include "core/insn/walk.h"

enum {
	MAX_LEVELS = 5,
	MAX_ATTEMPTS = 4, /* of a walk whose tables change under it */
};

/* A page-table entry's bits, the same in every format. */
enum entry_bits {
	ENTRY_P = BIT(0),
	ENTRY_W = BIT(1),
	ENTRY_U = BIT(2),
	ENTRY_A = BIT(5),
	ENTRY_D = BIT(6),
	ENTRY_PS = BIT(7),
};
/* In a 4-byte entry bits 63:32 read as zero, so it has no NX. */
#define ENTRY_ADDRESS BITS(51, 12)
#define ENTRY_NX      BIT(63)

/* How a level's entries differ from those below. */
struct level {
	u16 index_mask; /* of the linear address, shifted */
	u8 shift;
	bool may_map;  /* PS makes an entry a page if the CPU has that size; else PS is reserved */
	bool is_pdpte; /* PAE's four: no permissions, no accessed bit, more reserved bits */
};

struct mode {
	u8 levels;
	u8 entry_size;
	u8 reserved_high;		/* bits from MAXPHYADDR to this one are reserved; 0: none */
	struct level level[MAX_LEVELS]; /* from the root */
};

// clang-format off
static const struct mode mode_32 = {2, 4, 0, {
	{0x3ff, 22, true, false}, {0x3ff, 12, false, false}}};
static const struct mode mode_pae = {3, 8, 62, {
	{3, 30, false, true}, {0x1ff, 21, true, false}, {0x1ff, 12, false, false}}};
static const struct mode mode_4_level = {4, 8, 51, {
	{0x1ff, 39, false, false}, {0x1ff, 30, true, false}, {0x1ff, 21, true, false},
	{0x1ff, 12, false, false}}};
static const struct mode mode_5_level = {5, 8, 51, {
	{0x1ff, 48, false, false}, {0x1ff, 39, false, false}, {0x1ff, 30, true, false},
	{0x1ff, 21, true, false}, {0x1ff, 12, false, false}}};
// clang-format on

/* The state of one walk. */
struct walk {
	const struct walker *walker;
	const struct control_state *ctl;
	const struct mode *mode;
	u64 linear;
	unsigned access;
	bool smap_applies;
	u64 suspect;		   /* an entry without any of these bits has no reserved bit set */
	u64 common;		   /* AND of the entries but PAE's PDPTEs: for W, U and A */
	u64 any;		   /* OR of the same entries: for NX */
	u64 entry[MAX_LEVELS];	   /* as read */
	struct gpa at[MAX_LEVELS]; /* address of each entry */
	unsigned last;		   /* level of the entry that maps the page */
};

static const struct mode *mode_of(const struct control_state *ctl)
{
	if (!(ctl->cr4 & CR4_PAE))
		return &mode_32;
	if (!(ctl->efer & EFER_LMA))
		return &mode_pae;
	return ctl->cr4 & CR4_LA57 ? &mode_5_level : &mode_4_level;
}

static u64 root_of(const struct walk *w)
{
	if (w->mode == &mode_32)
		return w->ctl->cr3 & BITS(31, 12);
	if (w->mode == &mode_pae)
		return w->ctl->cr3 & BITS(31, 5);
	return w->ctl->cr3 & BITS(51, 12);
}

/* PF_FETCH is reported only if the guest has enabled SMEP or, with PAE, NX. */
static never_inline enum guest_result raise_page_fault(const struct walk *w, u64 cause,
						       struct guest_fault *fault)
{
	bool has_fetch =
		w->ctl->cr4 & CR4_SMEP || (w->ctl->cr4 & CR4_PAE && w->ctl->efer & EFER_NXE);
	u64 error = cause;

	error |= w->access & GUEST_WRITE ? PF_WRITE : 0;
	error |= w->access & GUEST_USER ? PF_USER : 0;
	error |= w->access & GUEST_FETCH && has_fetch ? PF_FETCH : 0;
	*fault = (struct guest_fault){
		.vector = EXC_PF, .has_error = true, .error = (u32)error, .cr2 = w->linear};
	return GUEST_FAULT;
}

/* True if the entry read at this level maps a page. */
static inline bool maps_page(const struct walk *w, unsigned level)
{
	if (!(w->entry[level] & ENTRY_PS) || level == w->mode->levels - 1u)
		return level == w->mode->levels - 1u;
	return w->mode->level[level].may_map && (w->mode != &mode_32 || w->ctl->cr4 & CR4_PSE);
}

/*
 * The entry of a 4-MiB page holds bits 39:32 of the address in its bits 20:13. Those above the
 * CPU's physical address width are reserved.
 */
static u64 reserved_pse36(const struct walk *w)
{
	u64 lacking = BITS(39, 32) & ~(BIT(w->walker->maxphyaddr) - 1);

	return BIT(21) | lacking >> (32 - 13);
}

static never_inline u64 reserved_bits(const struct walk *w, unsigned level)
{
	const struct level *l = &w->mode->level[level];
	bool page = maps_page(w, level);
	u64 reserved = 0;

	if (w->mode == &mode_32)
		return page && level == 0 ? reserved_pse36(w) : 0;
	if (w->walker->maxphyaddr <= w->mode->reserved_high)
		reserved = BITS(w->mode->reserved_high, w->walker->maxphyaddr);
	/*
	 * Bit 5 is reserved in the manuals, but QEMU sets it as if it were the
	 * accessed bit. On hardware, loading such a table with CR3 has faulted already.
	 */
	if (l->is_pdpte)
		return reserved | ENTRY_NX | BITS(8, 6) | BITS(2, 1);
	if (!(w->ctl->efer & EFER_NXE))
		reserved |= ENTRY_NX;
	if (page && level != w->mode->levels - 1u)
		reserved |= BITS(l->shift - 1, 13); /* bit 12 is PAT */
	if (!page && !l->may_map)
		reserved |= ENTRY_PS;
	if (l->shift == 30 && !w->walker->gigabyte_pages)
		reserved |= ENTRY_PS;
	if (l->shift >= 30 && !page && w->walker->bit8_reserved)
		reserved |= BIT(8);
	return reserved;
}

/*
 * An entry without any of these bits has no reserved bit set: only large pages,
 * bit 8, and bits above the CPU's addresses can be reserved. So one test clears
 * most entries.
 */
static u64 suspect_bits(const struct walk *w)
{
	if (w->mode == &mode_pae)
		return ~0ULL;
	return ~(BIT(w->walker->maxphyaddr) - 1) | ENTRY_PS | BIT(8);
}

static inline enum guest_result read_entry(struct walk *w, unsigned level, u64 table,
					   struct guest_fault *fault)
{
	const struct walker *walker = w->walker;
	const struct level *l = &w->mode->level[level];
	u64 index = w->linear >> l->shift & l->index_mask;
	struct gpa at = gpa_make(table + index * w->mode->entry_size);
	enum guest_result result;
	u64 entry;

	result = walker->ops->read(walker->ctx, at, w->mode->entry_size, &entry);
	if (result != GUEST_OK)
		return result;
	w->at[level] = at;
	w->entry[level] = entry;
	if (!(entry & ENTRY_P))
		return raise_page_fault(w, 0, fault);
	if (entry & w->suspect && entry & reserved_bits(w, level))
		return raise_page_fault(w, PF_PRESENT | PF_RESERVED, fault);
	if (!l->is_pdpte) {
		w->common &= entry;
		w->any |= entry;
	}
	return GUEST_OK;
}

/*
 * Reads the entries from the root to the one that maps the page, and stores its level in w->last.
 */
static enum guest_result descend(struct walk *w, struct guest_fault *fault)
{
	u64 table = root_of(w);

	w->common = ENTRY_W | ENTRY_U | ENTRY_A;
	w->any = 0;
	for (unsigned level = 0;; level++) {
		enum guest_result result = read_entry(w, level, table, fault);

		if (result != GUEST_OK)
			return result;
		if (maps_page(w, level)) { /* always true at the lowest level */
			w->last = level;
			return GUEST_OK;
		}
		table = w->entry[level] & ENTRY_ADDRESS;
	}
}

/* SDM 3A "Determination of Access Rights". */
static inline bool permitted(const struct walk *w)
{
	bool user_page = w->common & ENTRY_U;

	if (w->access & GUEST_USER && !user_page)
		return false;
	if (w->access & GUEST_FETCH) {
		bool supervisor = !(w->access & GUEST_USER);

		return !(w->any & ENTRY_NX) && !(supervisor && user_page && w->ctl->cr4 & CR4_SMEP);
	}
	if (!(w->access & GUEST_USER) && user_page && w->smap_applies)
		return false;
	if (w->access & GUEST_WRITE && !(w->common & ENTRY_W))
		return !(w->access & GUEST_USER) && !(w->ctl->cr0 & CR0_WP);
	return true;
}

/*
 * Sets the accessed bit in the entries used and, for a write, the dirty bit in the last one.
 * GUEST_RETRY: an entry has changed since it was read.
 */
static never_inline enum guest_result mark_used(const struct walk *w)
{
	bool write = w->access & GUEST_WRITE;

	for (unsigned level = 0; level <= w->last; level++) {
		bool dirty = write && level == w->last;
		u64 desired = w->entry[level] | ENTRY_A | (dirty ? ENTRY_D : 0);
		enum guest_result result;

		if (w->mode->level[level].is_pdpte || desired == w->entry[level])
			continue;
		result = w->walker->ops->cmpxchg(w->walker->ctx, w->at[level], w->mode->entry_size,
						 w->entry[level], desired);
		if (result != GUEST_OK)
			return result;
	}
	return GUEST_OK;
}

/* True if mark_used has nothing to do: its bits are set already (most walks), or must not be. */
static inline bool is_marked(const struct walk *w)
{
	bool dirty = !(w->access & GUEST_WRITE) || w->entry[w->last] & ENTRY_D;

	return (w->common & ENTRY_A && dirty) || !w->walker->ops->cmpxchg;
}

static void translate(const struct walk *w, struct walk_result *out)
{
	u64 entry = w->entry[w->last], size = BIT(w->mode->level[w->last].shift);
	u64 base = entry & ENTRY_ADDRESS & ~(size - 1);

	if (w->mode == &mode_32 && w->last == 0)
		base |= bits_get(entry, 20, 13) << 32;
	out->gpa = gpa_make(base | (w->linear & (size - 1)));
	out->page_size = size;
}

enum guest_result walk_translate(const struct walker *walker, const struct control_state *ctl,
				 u64 rflags, u64 linear, unsigned access, struct walk_result *out,
				 struct guest_fault *fault)
{
	bool implicit = access & GUEST_IMPLICIT;
	enum guest_result result = GUEST_RETRY;
	struct walk w; /* not initialised as a whole: the arrays are large and hot */

	w.walker = walker;
	w.ctl = ctl;
	w.mode = mode_of(ctl);
	w.linear = ctl->efer & EFER_LMA ? linear : (u32)linear;
	w.access = implicit ? access & ~(unsigned)GUEST_USER : access;
	w.smap_applies = ctl->cr4 & CR4_SMAP && (implicit || !(rflags & RFLAGS_AC));
	w.suspect = suspect_bits(&w);
	if (!(ctl->cr0 & CR0_PG)) {
		*out = (struct walk_result){gpa_make(w.linear), PAGE_SIZE};
		return GUEST_OK;
	}
	for (unsigned i = 0; i < MAX_ATTEMPTS && result == GUEST_RETRY; i++) {
		result = descend(&w, fault);
		if (result != GUEST_OK)
			return result;
		if (!permitted(&w))
			return raise_page_fault(&w, PF_PRESENT, fault);
		result = is_marked(&w) ? GUEST_OK : mark_used(&w);
	}
	if (result == GUEST_OK)
		translate(&w, out);
	return result;
}
