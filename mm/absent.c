/* SPDX-License-Identifier: BSD-2-Clause */
/* A sorted array of absent pages. Pure. */
#include "mm/absent.h"

#include "core/base/bits.h"

/* Returns the index of the first page at or above gpa, or count. */
static u32 search(const struct absent *absent, u64 gpa)
{
	u32 low = 0, high = absent->count;

	while (low < high) {
		u32 middle = (low + high) / 2;

		if (absent->page[middle].gpa < gpa)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct absent *absent, u32 index, u64 gpa)
{
	return index < absent->count && absent->page[index].gpa == gpa;
}

enum absent_why absent_find(const struct absent *absent, u64 gpa, struct hpa *host)
{
	u32 index = search(absent, align_down(gpa, PAGE_SIZE));

	if (!is_at(absent, index, align_down(gpa, PAGE_SIZE)))
		return ABSENT_NOT;
	host->addr = align_down(absent->page[index].host, PAGE_SIZE);
	return (enum absent_why)(absent->page[index].host & (PAGE_SIZE - 1));
}

bool absent_any(const struct absent *absent, u64 gpa, u64 size)
{
	u32 index = search(absent, gpa);

	return index < absent->count && absent->page[index].gpa - gpa < size;
}

bool absent_add(struct absent *absent, u64 gpa, struct hpa host, enum absent_why why)
{
	u32 index = search(absent, gpa);

	if (!is_at(absent, index, gpa)) {
		if (absent->count == absent->max)
			return false;
		for (u32 i = absent->count++; i > index; i--)
			absent->page[i] = absent->page[i - 1];
	}
	absent->page[index] = (struct absent_page){gpa, host.addr | why};
	return true;
}

void absent_remove(struct absent *absent, u64 gpa)
{
	u32 index = search(absent, gpa);

	if (!is_at(absent, index, gpa))
		return;
	absent->count--;
	for (u32 i = index; i < absent->count; i++)
		absent->page[i] = absent->page[i + 1];
}
