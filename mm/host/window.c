/* SPDX-License-Identifier: BSD-2-Clause */
/* Creates a CPU's windows, and copies physical memory through them. */
#include "mm/host/window.h"

#include "core/base/string.h"
#include "mm/host/hostmap.h"
#include "mm/pt_entry.h"

u64 window_leaf[PT_MEMTYPES];

u64 *window_create(u32 cpu_number)
{
	struct pt_leaf leaf = {.perms = PT_READ | PT_WRITE};

	/* Every CPU writes the same values, so no lock is needed. */
	for (unsigned type = 0; type < PT_MEMTYPES; type++) {
		leaf.type = (u8)type;
		if (pt_leaf_valid(&pt_format_host, leaf))
			window_leaf[type] =
				pt_leaf_encode(&pt_format_host, PT_LEVEL_4K, hpa_make(0), leaf);
	}
	return hostmap_entry(window_address(cpu_number, 0));
}

/* Returns the number of bytes from pa to the end of its page, at most size. */
static u64 in_page(struct hpa pa, u64 size)
{
	return min_u64(PAGE_SIZE - (pa.addr & (PAGE_SIZE - 1)), size);
}

void window_read(void *dst, struct hpa src, u64 size)
{
	u8 *to = dst;

	while (size) {
		u64 count = in_page(src, size);

		memcpy(to, window_map(WINDOW_COPY_SRC, src, MEMTYPE_WB), count);
		window_unmap(WINDOW_COPY_SRC);
		to += count;
		src.addr += count;
		size -= count;
	}
}

void window_write(struct hpa dst, const void *src, u64 size)
{
	const u8 *from = src;

	while (size) {
		u64 count = in_page(dst, size);

		memcpy(window_map(WINDOW_COPY_DST, dst, MEMTYPE_WB), from, count);
		window_unmap(WINDOW_COPY_DST);
		from += count;
		dst.addr += count;
		size -= count;
	}
}

void window_copy(struct hpa dst, struct hpa src, u64 size)
{
	while (size) {
		u64 count = in_page(src, in_page(dst, size));

		window_write(dst, window_map(WINDOW_COPY_SRC, src, MEMTYPE_WB), count);
		window_unmap(WINDOW_COPY_SRC);
		dst.addr += count;
		src.addr += count;
		size -= count;
	}
}

void window_zero(struct hpa dst, u64 size)
{
	while (size) {
		u64 count = in_page(dst, size);

		memset(window_map(WINDOW_COPY_DST, dst, MEMTYPE_WB), 0, count);
		window_unmap(WINDOW_COPY_DST);
		dst.addr += count;
		size -= count;
	}
}
