/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of modules. Their contents stay at the addresses that the loader chose. */
#include "core/host/boot_modules.h"

#include "core/base/bits.h"
#include "core/base/format.h"
#include "core/base/string.h"
#include "mm/host/heap.h"

static struct module *modules;
static u32 count;
static char names[256];

/* Splits "name rest" in place into name and command line. */
static void split(char *string, struct module *module)
{
	char *blank = strchr(string, ' ');

	module->name = string;
	module->cmdline = "";
	if (!blank)
		return;
	*blank++ = '\0';
	while (*blank == ' ')
		blank++;
	module->cmdline = blank;
}

static void add_name(const char *name)
{
	size_t length = strlen(names);

	format_text(names + length, sizeof(names) - length, "%s%s", length ? " " : "", name);
}

enum status boot_modules_init(const struct boot_info *info, struct error *err)
{
	size_t size = info->module_count * sizeof(*modules);
	char *text;

	for (u32 i = 0; i < info->module_count; i++)
		size += strlen(info->modules[i].string) + 1;
	if (info->module_count == 0)
		return OK;
	modules = heap_alloc_pages(pages_of(size));
	if (!modules)
		return fail(err, ERR_NO_MEMORY, "no memory for the list of modules");
	text = (char *)&modules[info->module_count];
	for (u32 i = 0; i < info->module_count; i++) {
		const struct boot_module *from = &info->modules[i];

		memcpy(text, from->string, strlen(from->string) + 1);
		split(text, &modules[i]);
		text += strlen(from->string) + 1;
		modules[i].start = from->start;
		modules[i].size = from->end - from->start;
		add_name(modules[i].name);
	}
	count = info->module_count;
	return OK;
}

const struct module *boot_modules_find(const char *name)
{
	for (u32 i = 0; i < count; i++)
		if (strcmp(modules[i].name, name) == 0)
			return &modules[i];
	return NULL;
}

const char *boot_modules_names(void)
{
	return count ? names : "none";
}
