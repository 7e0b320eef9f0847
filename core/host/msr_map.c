/* SPDX-License-Identifier: BSD-2-Clause */
/* Fills the MSR maps from the table of MSRs in core/model/msr.c. Boot only. */
#include "core/host/msr_map.h"

#include "apic/virt/vlapic.h"
#include "core/base/string.h"
#include "core/model/msr.h"
#include "mm/host/heap.h"

static void allow_x2apic(const struct msr_map_format *format, u8 *map)
{
	static const u32 written[] = {APIC_REG_TPR, APIC_REG_EOI, APIC_REG_SELF_IPI, APIC_REG_ICR};
	size_t count = ARRAY_SIZE(written) - !format->icr;

	/* Hardware reads any register from the page: allow those whose value is in the page. */
	for (u32 offset = 0; offset < PAGE_SIZE; offset += 0x10)
		if (vlapic_regs_are_in_page(offset))
			format->allow(map, MSR_X2APIC_FIRST + offset / 0x10, MSR_MAP_READ);
	for (size_t i = 0; i < count; i++)
		format->allow(map, MSR_X2APIC_FIRST + written[i] / 0x10, MSR_MAP_WRITE);
}

enum status msr_map_init(const struct msr_map_format *format, u8 **maps, struct error *err)
{
	struct cpu_model any = {.vendor = format->vendor, .features = ~0ULL};
	size_t size = format->pages * PAGE_SIZE, count;
	u32 direct[MSR_DIRECT_MAX];

	if (*maps)
		return OK;
	*maps = heap_alloc_pages(2 * format->pages);
	if (!*maps)
		return fail(err, ERR_NO_MEMORY, "no memory for the MSR permission maps");
	memset(*maps, 0xff, 2 * size);
	count = min_u64(msr_list_direct(&any, direct, ARRAY_SIZE(direct)), ARRAY_SIZE(direct));
	for (size_t i = 0; i < count; i++)
		format->allow(*maps, direct[i], MSR_MAP_READ | MSR_MAP_WRITE);
	memcpy(*maps + size, *maps, size);
	allow_x2apic(format, *maps + size);
	return OK;
}
