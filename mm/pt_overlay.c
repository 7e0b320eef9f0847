/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Overlays: a vCPU's own version of a tree, different in one page. Owns the tables
 * on the path to that page, and none of the tables shared with the base. Pure.
 */
#include "mm/pt_entry.h"

/* The base at one level of the path: a table, or a leaf or absent entry that covers the level. */
struct origin {
	const u64 *table; /* NULL: cover, an entry one level above, counts */
	u64 cover;
	unsigned level;
};

static u64 origin_entry(const struct pt *base, const struct origin *origin, unsigned index)
{
	if (origin->table)
		return pt_entry_read(origin->table + index);
	return pt_leaf_part(base->format, origin->level + 1, origin->cover, index);
}

static void origin_descend(const struct pt *base, struct origin *origin, unsigned index)
{
	u64 entry = origin_entry(base, origin, index);

	if (pt_entry_is_table(base->format, origin->level, entry))
		origin->table = pt_table(base, pt_entry_table(base->format, entry));
	else
		*origin = (struct origin){.cover = entry, .level = origin->level};
	origin->level--;
}

static u64 *own_entry(const struct pt_overlay *overlay, unsigned level)
{
	return pt_table(overlay->base, overlay->tables[level - 1]) + pt_index(overlay->addr, level);
}

void pt_overlay_sync(struct pt_overlay *overlay)
{
	const struct pt *base = overlay->base;
	struct origin origin = {.table = pt_table(base, base->root), .level = base->format->levels};

	for (;;) {
		u64 *own = pt_table(base, overlay->tables[origin.level - 1]);
		unsigned path = pt_index(overlay->addr, origin.level);

		for (unsigned i = 0; i < PT_ENTRIES; i++)
			if (i != path)
				pt_replace(&overlay->view, own + i, origin_entry(base, &origin, i));
		if (origin.level == PT_LEVEL_4K)
			return;
		origin_descend(base, &origin, path);
	}
}

static void free_own(struct pt_overlay *overlay, unsigned count)
{
	while (count--)
		overlay->base->mem->free_table(overlay->base->mem, overlay->tables[count]);
}

enum status pt_overlay_init(struct pt_overlay *overlay, struct pt *base, u64 addr)
{
	unsigned levels = base->format->levels;
	u64 start;
	enum status status =
		pt_range_check(base->format, (struct pt_range){addr, PAGE_SIZE}, &start);

	if (status)
		return status;
	*overlay = (struct pt_overlay){.base = base, .view = *base, .addr = start};
	for (unsigned i = 0; i < levels; i++) {
		if (!pt_table_alloc(base, &overlay->tables[i])) {
			free_own(overlay, i);
			return ERR_NO_MEMORY;
		}
	}
	for (unsigned level = levels; level > PT_LEVEL_4K; level--)
		pt_entry_write(own_entry(overlay, level),
			       overlay->tables[level - 2].addr | base->format->table);
	pt_overlay_sync(overlay);
	overlay->view.root = overlay->tables[levels - 1];
	overlay->view.retired = hpa_make(0); /* the base's to free */
	overlay->view.stale = true; /* a vCPU that switches to it has translations of the base */
	return OK;
}

enum status pt_overlay_map(struct pt_overlay *overlay, struct hpa to, struct pt_leaf leaf)
{
	enum status status = pt_target_check(overlay->base, to, PAGE_SIZE, leaf);

	if (!status)
		pt_replace(&overlay->view, own_entry(overlay, PT_LEVEL_4K),
			   pt_leaf_encode(overlay->base->format, PT_LEVEL_4K, to, leaf));
	return status;
}

void pt_overlay_destroy(struct pt_overlay *overlay)
{
	free_own(overlay, overlay->base->format->levels);
}
