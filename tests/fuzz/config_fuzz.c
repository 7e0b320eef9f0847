/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as config module, command line or module string: the results keep their limits. */
#include <stdlib.h>

#include "boot/cmdline.h"
#include "boot/config_keys.h"
#include "core/base/format.h"
#include "core/base/string.h"

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static void check_ranges(const struct config_ranges *ranges, u32 max)
{
	expect(ranges->count <= CONFIG_RANGES_MAX);
	for (u32 i = 0; i < ranges->count; i++)
		expect(ranges->at[i].first <= ranges->at[i].last && ranges->at[i].last <= max);
}

static void check_valid(const struct vm_config *vm)
{
	expect(vm->name[0] && strnlen(vm->name, VM_NAME_SIZE) < VM_NAME_SIZE);
	expect(vm->kernel[0] && strnlen(vm->kernel, VM_MODULE_SIZE) < VM_MODULE_SIZE);
	expect(strnlen(vm->cmdline, VM_CMDLINE_SIZE) < VM_CMDLINE_SIZE);
	expect(vm->memory != 0 && vm->memory % 4096 == 0);
	expect(vm->cpus >= 1 && vm->cpus <= CONFIG_CPUS_MAX);
	expect(vm->apic <= VM_APIC_ACCELERATE && vm->memtype <= VM_MEMTYPE_MTRR);
	expect(vm->lazy <= VM_LAZY_PAGER && vm->restart <= VM_RESTART_ALWAYS);
	expect(vm->x2apic <= 1 && vm->autostart <= 1 && vm->privileged <= 1);
	check_ranges(&vm->affinity, CONFIG_CPU_NUMBER_MAX);
	check_ranges(&vm->ports, UINT16_MAX);
}

/* Two valid guests never have the same name or port. A refused guest has a reason. */
static void check_config(const struct config *config)
{
	for (u32 i = 0; i < config->count; i++) {
		const struct vm_config *vm = &config->vms[i];

		if (!vm->valid) {
			expect(config->problems.count > 0);
			continue;
		}
		check_valid(vm);
		for (u32 j = 0; j < i; j++)
			expect(!config->vms[j].valid || strcmp(config->vms[j].name, vm->name) != 0);
	}
}

static void parse(const char *text, size_t size)
{
	static struct config config;

	config_parse("fuzz", text, size, &config);
	expect(config.count <= CONFIG_VMS_MAX);
	check_config(&config);
}

/*
 * Uses the input as the value of a key in an otherwise good guest. The first byte selects
 * the key.
 */
static void parse_value(const u8 *data, size_t size)
{
	static const char head[] = "[vm a]\nkernel=k\nmemory=1M\n[vm b]\nkernel=k\nmemory=1M\n";
	char text[8192];
	size_t at;

	if (size == 0 || size > 4096)
		return;
	at = format_text(text, sizeof(text), "%s%s=", head,
			 config_keys[data[0] % config_keys_count].name);
	memcpy(text + at, data + 1, size - 1);
	parse(text, at + size - 1);
}

static void parse_words(const char *text)
{
	static struct config config;
	static struct problems problems;
	struct boot_options options;

	memset(&problems, 0, sizeof(problems));
	cmdline_parse(text, &options, &problems);
	expect(options.console.baud != 0 && 115200 % options.console.baud == 0);
	expect(options.log <= LOG_DEBUG && options.config[0]);
	config_default(text, text, &config);
	expect(config.vms[0].valid || config.problems.count > 0);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	parse((const char *)data, size);
	parse_value(data, size);
	parse_words(text);
	free(text);
	return 0;
}
