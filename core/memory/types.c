/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory types of a guest, by its policy. */
#include "core/memory/types.h"

#include "boot/config.h"
#include "mm/retype.h"

u64 memory_types_pat(const struct guest_memory *memory, u64 pat)
{
	return memory->config->memtype == VM_MEMTYPE_WB ? PAT_ALL_WB : pat;
}

bool memory_types_exact(const struct guest_memory *memory)
{
	return memory->config->memtype == VM_MEMTYPE_MTRR;
}

void memory_types_init(struct guest_memory *memory)
{
	memory->retyping = (struct retyping){0};
	msr_reset(&memory->retyping.to);
	msr_set_firmware(&memory->retyping.to, memory->model, &memory->map);
}

/* The type of memory at gpa. *end: the type is the same up to there. */
static enum memtype type_at(const struct guest_memory *memory, u64 gpa, u64 *end)
{
	struct mtrrs mtrrs;

	*end = UINT64_MAX;
	if (!memory_types_exact(memory))
		return MEMTYPE_WB;
	msr_get_mtrrs(&memory->retyping.to, memory->model, &mtrrs);
	return memtype_of_mtrrs(&mtrrs, gpa, end);
}

/* If the format cannot ignore the guest's PAT, the backend loads memory_types_pat instead of it. */
struct pt_leaf memory_types_leaf(const struct guest_memory *memory, u64 gpa)
{
	u64 end;

	return (struct pt_leaf){
		.perms = PT_READ | PT_WRITE | PT_EXEC,
		.type = (u8)type_at(memory, gpa, &end),
		.ignore_pat = memory->config->memtype == VM_MEMTYPE_WB &&
			      memory->nested.format->ignore_pat,
	};
}

bool memory_types_same(const struct guest_memory *memory, u64 gpa, u64 size)
{
	u64 end;

	(void)type_at(memory, gpa, &end);
	return end - gpa >= size;
}

enum status memory_types_step(struct guest_memory *memory, const struct msr_state *msr)
{
	struct retyping *r = &memory->retyping;
	const struct guest_range *range;
	struct mtrrs old, new;
	enum status status;

	/*
	 * Pages that are added between two steps have the new types; a step does not change them.
	 */
	if (!r->under_way) {
		spin_lock(&memory->lock);
		*r = (struct retyping){.from = r->to, .to = *msr, .under_way = true};
		spin_unlock(&memory->lock);
	}
	range = &memory->map.backing[r->range];
	msr_get_mtrrs(&r->from, memory->model, &old);
	msr_get_mtrrs(&r->to, memory->model, &new);
	spin_lock(&memory->lock);
	r->at = max_u64(r->at, range->base);
	status = retype(&memory->nested, (struct pt_range){range->base, range->size}, &old, &new,
			&r->at);
	spin_unlock(&memory->lock);
	if (r->at == range->base + range->size)
		r->range++;
	if (status == OK && r->range < memory->map.backing_count)
		return ERR_BUSY;
	r->under_way = false;
	return status;
}
