/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator sees of memory. */
#include "core/shell/mem_commands.h"

#include "core/bits.h"
#include "core/image.h"
#include "core/shell/report.h"
#include "core/vm.h"
#include "mm/host.h"
#include "mm/ram.h"

static void print_size(struct report *out, const char *key, const char *name, u64 bytes)
{
	report_row(out);
	report_string(out, key, -16, name);
	report_number(out, "kib", 10, bytes / KIB);
	report_note(out, " KiB");
	report_row_end(out);
}

static void print_owner(struct report *out, const char *name, u16 owner)
{
	print_size(out, "owner", name, ram_total(owner));
}

/* What the hypervisor's share is for; heap that is free will be used before more is taken. */
static void print_purposes(struct report *out)
{
	u64 heap, free;

	heap_usage(&heap, &free);
	report_list(out, "hypervisor");
	print_size(out, "purpose", "  image", image_size());
	print_size(out, "purpose", "  heap in use", heap - free);
	print_size(out, "purpose", "  heap free", free);
	print_size(out, "purpose", "  stacks", ram_total(FRAMES_HYPERVISOR) - image_size() - heap);
	report_list_end(out);
}

enum status mem_owners(const struct argument *args, struct report *out, struct error *err)
{
	static const char *const owners[] = {"free", "hypervisor", "modules", "firmware"};

	(void)args;
	(void)err;
	report_list(out, "memory");
	for (u32 i = 0; i < ARRAY_SIZE(owners); i++)
		print_owner(out, owners[i], (u16)i);
	for (u32 i = 0; i < vm_count(); i++)
		print_owner(out, vm_by_id(i)->config->name, (u16)(FRAMES_GUEST_BASE + i));
	report_list_end(out);
	print_purposes(out);
	return OK;
}
