/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The invariants of every load plan, for unit tests and the fuzzer. Written independently
 * of the loader's code.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "core/load/load.h"

/* A kernel module with this head, and zeros after it. */
static inline void load_model_read(const struct load_request *request, u64 offset, void *to,
				   size_t size)
{
	u64 have = offset < request->head_size ? min_u64(request->head_size - offset, size) : 0;

	memset(to, 0, size);
	if (have)
		memcpy(to, request->head + offset, have);
	if (offset > request->kernel_size || size > request->kernel_size - offset)
		abort();
}

/* NULL if the plan keeps the promises of core/load/load.h, else the broken one. */
static inline const char *load_model_fault(const struct load_request *request,
					   const struct load_plan *plan)
{
	const u64 source_size[] = {request->kernel_size, request->initrd_size,
				   request->scratch_size};
	bool entered = false, described = false;

	if (plan->segment_count == 0 || plan->segment_count > LOAD_SEGMENTS_MAX)
		return "segment count";
	for (u32 i = 0; i < plan->segment_count; i++) {
		const struct load_segment *s = &plan->segments[i];
		unsigned __int128 end = (unsigned __int128)s->gpa + s->mem_size;
		bool in_ram = false;

		if (s->mem_size == 0 || s->file_size > s->mem_size)
			return "segment sizes";
		if ((unsigned __int128)s->offset + s->file_size > source_size[s->source])
			return "segment outside its source";
		for (u32 r = 0; r < request->map_count; r++)
			in_ram |= request->map[r].type == GUEST_RAM &&
				  s->gpa >= request->map[r].base &&
				  end <= (unsigned __int128)request->map[r].base +
						  request->map[r].size;
		if (!in_ram)
			return "segment outside RAM";
		for (u32 o = 0; o < i; o++) {
			const struct load_segment *other = &plan->segments[o];

			if (other->gpa < end &&
			    s->gpa < (unsigned __int128)other->gpa + other->mem_size)
				return "segments overlap";
		}
		entered |= plan->entry.regs.rip >= s->gpa && plan->entry.regs.rip < end;
		described |= plan->entry.gdt_base >= s->gpa &&
			     plan->entry.gdt_base + plan->entry.gdt_limit < end &&
			     s->source == LOAD_BLOB;
	}
	if (!entered)
		return "entry in no segment";
	return described ? NULL : "GDT in no blob";
}
