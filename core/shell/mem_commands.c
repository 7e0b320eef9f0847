/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator sees of memory. */
#include "core/shell/mem_commands.h"

#include "core/bits.h"
#include "core/shell/report.h"
#include "core/vm.h"
#include "mm/ram.h"

static void print_owner(struct report *out, const char *name, u16 owner)
{
	report_row(out);
	report_string(out, "owner", -16, name);
	report_number(out, "kib", 10, ram_total(owner) / KIB);
	report_note(out, " KiB");
	report_row_end(out);
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
	return OK;
}
