/* SPDX-License-Identifier: BSD-2-Clause */
/* boot/config: every key, every error with line and reason, and what an error must not affect. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

#include "boot/config_keys.h"
#include "core/base/format.h"

static struct config config;

/* Parses a copy of the exact size, without a NUL after it. */
static void parse_bytes(const char *text, size_t size)
{
	char *copy = malloc(size ? size : 1);

	memcpy(copy, text, size);
	config_parse("g.conf", copy, size, &config);
	free(copy);
}

static void parse(const char *text)
{
	parse_bytes(text, strlen(text));
}

/* A good guest "a" with one more line, line 4. */
static void parse_with(const char *line)
{
	char text[8192];

	format_text(text, sizeof(text),
		    "[vm a]\nkernel = k\nmemory = 1G\n%s\n[vm b]\nkernel=k\nmemory=2M", line);
	parse(text);
	assert_int_equal(config.count, 2);
	assert_true(config.vms[1].valid);
}

static void expect_good(const char *line)
{
	parse_with(line);
	assert_int_equal(config.problems.count, 0);
	assert_true(config.vms[0].valid);
}

static void expect_bad(const char *line, const char *problem)
{
	parse_with(line);
	assert_int_equal(config.problems.count, 1);
	assert_string_equal(config.problems.text[0], problem);
	assert_false(config.vms[0].valid);
}

static void every_key(void **state)
{
	const struct vm_config *vm = &config.vms[0];

	(void)state;
	parse("# comment\n"
	      "[vm web]\r\n"
	      "kernel   = vmlinuz            # module name\n"
	      "\tinitrd=initrd.img\r\n"
	      "cmdline  = console=ttyS0 x=\"a # b\" #not  \r\n"
	      "memory   = 256M\n"
	      "\r\n"
	      "cpus     = 2   # number of vCPUs\n"
	      "affinity = 0-1, 4,65535\n"
	      "apic     = emulate\n"
	      "x2apic   = off\n"
	      "memtype  = mtrr\n"
	      "lazy     = zero\n"
	      "ports    = 0x510-0x511,128\n"
	      "restart  = on-failure\n"
	      "autostart= no\n"
	      "privileged = yes\n");
	assert_int_equal(config.problems.count, 0);
	assert_int_equal(config.count, 1);
	assert_true(vm->valid);
	assert_int_equal(vm->line, 2);
	assert_string_equal(vm->name, "web");
	assert_string_equal(vm->kernel, "vmlinuz");
	assert_string_equal(vm->initrd, "initrd.img");
	assert_string_equal(vm->cmdline, "console=ttyS0 x=\"a # b\" #not");
	assert_int_equal(vm->memory, 256 << 20);
	assert_int_equal(vm->cpus, 2);
	assert_int_equal(vm->affinity.count, 3);
	assert_true(config_ranges_contain(&vm->affinity, 0));
	assert_true(config_ranges_contain(&vm->affinity, 1));
	assert_false(config_ranges_contain(&vm->affinity, 2));
	assert_true(config_ranges_contain(&vm->affinity, 4));
	assert_true(config_ranges_contain(&vm->affinity, 65535));
	assert_int_equal(vm->apic, VM_APIC_EMULATE);
	assert_int_equal(vm->x2apic, 0);
	assert_int_equal(vm->memtype, VM_MEMTYPE_MTRR);
	assert_int_equal(vm->lazy, VM_LAZY_ZERO);
	assert_int_equal(vm->ports.count, 2);
	assert_int_equal(vm->ports.at[0].first, 0x510);
	assert_int_equal(vm->ports.at[0].last, 0x511);
	assert_int_equal(vm->ports.at[1].last, 128);
	assert_int_equal(vm->restart, VM_RESTART_ON_FAILURE);
	assert_int_equal(vm->autostart, 0);
	assert_int_equal(vm->privileged, 1);
}

static void defaults(void **state)
{
	const struct vm_config *vm = &config.vms[0];

	(void)state;
	parse("[vm a]\nkernel=k\nmemory=1M");
	assert_int_equal(config.problems.count, 0);
	assert_true(vm->valid);
	assert_string_equal(vm->initrd, "");
	assert_string_equal(vm->cmdline, "");
	assert_int_equal(vm->cpus, 1);
	assert_int_equal(vm->affinity.count, 0);
	assert_int_equal(vm->apic, VM_APIC_AUTO);
	assert_int_equal(vm->x2apic, 1);
	assert_int_equal(vm->memtype, VM_MEMTYPE_PAT);
	assert_int_equal(vm->lazy, VM_LAZY_OFF);
	assert_int_equal(vm->ports.count, 0);
	assert_int_equal(vm->restart, VM_RESTART_NEVER);
	assert_int_equal(vm->autostart, 1);
	assert_int_equal(vm->privileged, 0);
	parse("");
	assert_int_equal(config.count, 0);
	assert_int_equal(config.problems.count, 0);
}

static void good_values(void **state)
{
	static const char *const lines[] = {
		"apic = accelerate", "apic=auto",     "memtype = wb",	    "memtype=pat",
		"x2apic=on",	     "restart=never", "restart = always",   "lazy = off",
		"lazy = pager:b",    "cpus = 255",    "affinity = 7-7",	    "ports = 0-0xffff",
		"autostart = yes",   "cmdline =",     "privileged = no #x", "affinity=0 - 3 , 5",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		expect_good(lines[i]);
	expect_good("lazy = pager:b");
	assert_int_equal(config.vms[0].lazy, VM_LAZY_PAGER);
	assert_string_equal(config.vms[0].pager, "b");
	expect_good("initrd = a#b");
	assert_string_equal(config.vms[0].initrd, "a#b");
	expect_good("affinity=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15");
	assert_int_equal(config.vms[0].affinity.count, 16);
}

static void memory_amounts(void **state)
{
	static const struct {
		const char *text;
		u64 bytes; /* 0: refused */
	} rows[] = {
		{"1M", 1 << 20},
		{"1024K", 1 << 20},
		{"3G", 3ULL << 30},
		{"16384G", 1ULL << 44},
		{"1028K", 1028 << 10},
		{"0x10M", 16 << 20},
		{"16385G", 0},
		{"1023K", 0},
		{"1025K", 0},
		{"12Q", 0},
		{"", 0},
		{"M", 0},
		{"256", 0},
		{"-1M", 0},
		{"1.5G", 0},
		{"1 M", 0},
		{"1m", 0},
		{"18446744073709551617M", 0},
		{"17592186044417M", 0},
		{"0M", 0},
		{"1T", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[128];

		format_text(text, sizeof(text), "[vm a]\nkernel = k\nmemory = %s\n", rows[i].text);
		parse(text);
		assert_int_equal(config.vms[0].valid, rows[i].bytes != 0);
		assert_int_equal(config.problems.count, rows[i].bytes == 0);
		if (rows[i].bytes)
			assert_int_equal(config.vms[0].memory, rows[i].bytes);
	}
	parse("[vm a]\nkernel = k\nmemory = 12Q\n");
	assert_string_equal(
		config.problems.text[0],
		"g.conf:3: memory: bad value '12Q' (want a number with K, M or G, 1M to "
		"16384G in steps of 4K)");
}

static void bad_values(void **state)
{
	static const char *const lines[] = {
		"initrd =",
		"initrd = a b",
		"cpus = 0",
		"cpus = 256",
		"cpus = two",
		"affinity =",
		"affinity = 3-1",
		"affinity = 0,",
		"affinity = ,0",
		"affinity = 0-",
		"affinity = -1",
		"affinity = 65536",
		"affinity = 0--1",
		"apic = on",
		"x2apic = yes",
		"memtype = uc",
		"lazy = pager",
		"lazy = pager:",
		"lazy = zero:b",
		"lazy = pager:B",
		"lazy = on",
		"pager_timeout = 86401",
		"pager_timeout = -1",
		"ports = 0x10000",
		"ports = 5-4",
		"ports = com1",
		"ports =",
		"restart = yes",
		"autostart = on",
		"privileged = 1",
		"affinity=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16",
		"initrd = 0123456789012345678901234567890123456789012345678901234567890123",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		parse_with(lines[i]);
		assert_int_equal(config.problems.count, 1);
		assert_non_null(strstr(config.problems.text[0], "bad value"));
		assert_false(config.vms[0].valid);
	}
	expect_bad("cpus = 0", "g.conf:4: cpus: bad value '0' (want a number from 1 to 255)");
	expect_bad("apic =", "g.conf:4: apic: bad value '' (want emulate|accelerate|auto)");
}

static void cmdline_limit(void **state)
{
	char line[VM_CMDLINE_SIZE + 32] = "cmdline=";
	size_t prefix = strlen(line);

	(void)state;
	memset(line + prefix, 'x', VM_CMDLINE_SIZE - 1);
	expect_good(line);
	assert_int_equal(strlen(config.vms[0].cmdline), VM_CMDLINE_SIZE - 1);
	line[prefix + VM_CMDLINE_SIZE - 1] = 'x';
	parse_with(line);
	assert_int_equal(config.problems.count, 1);
	assert_false(config.vms[0].valid);
}

static void bad_lines(void **state)
{
	(void)state;
	expect_bad("memroy = 1M", "g.conf:4: unknown key 'memroy' (did you mean 'memory'?)");
	expect_bad("cpu = 1", "g.conf:4: unknown key 'cpu' (did you mean 'cpus'?)");
	expect_bad("Kernel = 1", "g.conf:4: unknown key 'Kernel' (did you mean 'kernel'?)");
	expect_bad("colour = 1", "g.conf:4: unknown key 'colour'");
	expect_bad("us = 1", "g.conf:4: unknown key 'us'");
	expect_bad("= 1", "g.conf:4: unknown key ''");
	expect_bad("autostart", "g.conf:4: 'autostart' has no '='");
	expect_bad("nonsense here # = 2", "g.conf:4: 'nonsense here' has no '='");
	expect_bad("kernel = j", "g.conf:4: kernel: already given on line 2");
	expect_bad("cpus = 1\x01", "g.conf:4: control character 0x01");
	expect_bad("cpus = \r1", "g.conf:4: control character 0x0d");
}

static void nul_bytes(void **state)
{
	static const char text[] = "[vm a]\nkernel = k\nmemory = 1M\ncpus = 1\0\n";

	(void)state;
	parse_bytes(text, sizeof(text) - 1);
	assert_string_equal(config.problems.text[0], "g.conf:4: control character 0x00");
	assert_false(config.vms[0].valid);
}

static void missing_keys(void **state)
{
	(void)state;
	parse("\n[vm a]\n[vm b]\nkernel=k\nmemory=x\n[vm c]\nkernel=k\nmemory=1M\n");
	assert_int_equal(config.problems.count, 3);
	assert_string_equal(config.problems.text[0], "g.conf:2: vm a: kernel: missing");
	assert_string_equal(config.problems.text[1], "g.conf:2: vm a: memory: missing");
	assert_false(config.vms[0].valid || config.vms[1].valid);
	assert_true(config.vms[2].valid);
}

static void bad_sections(void **state)
{
	static const char *const heads[] = {
		"[vm]",	    "[vm ]",	 "[vm a",    "[]",
		"[",	    "[guest a]", "[vm a b]", "[vm A]",
		"[vm a.b]", "[vm a] x",	 "[[vm a]]", "[vm 01234567890123456789012345678901]",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		format_text(text, sizeof(text),
			    "%s\nkernel = k\nnonsense\n[vm z]\nkernel=k\nmemory=1M", heads[i]);
		parse(text);
		assert_int_equal(config.problems.count, 1);
		assert_int_equal(memcmp(config.problems.text[0], "g.conf:1: bad ", 14), 0);
		assert_int_equal(config.count, 1);
		assert_true(config.vms[0].valid);
	}
	parse("kernel = k\n[vm 0_-]\nkernel=k\nmemory=1M");
	assert_string_equal(config.problems.text[0],
			    "g.conf:1: 'kernel' stands before the first [vm NAME]");
	assert_true(config.vms[0].valid);
	parse("[ vm  0123456789012345678901234567890 ] # longest\nkernel=k\nmemory=1M");
	assert_int_equal(config.problems.count, 0);
	assert_int_equal(strlen(config.vms[0].name), 31);
}

static void same_name(void **state)
{
	(void)state;
	parse("[vm a]\nkernel=k\nmemory=1M\n[vm b]\nkernel=k\nmemory=1M\n[vm "
	      "a]\nkernel=k\nmemory=1M");
	assert_int_equal(config.problems.count, 1);
	assert_string_equal(config.problems.text[0],
			    "g.conf:7: vm a: name already used on line 1, both refused");
	assert_false(config.vms[0].valid || config.vms[2].valid);
	assert_true(config.vms[1].valid);
}

static void same_port(void **state)
{
	(void)state;
	parse("[vm a]\nkernel=k\nmemory=1M\nports=1,0x80-0x8f\n"
	      "[vm b]\nkernel=k\nmemory=1M\nports=0x90,0x70-0x80\n"
	      "[vm c]\nkernel=k\nmemory=1M\nports=2-0x6f,0x91\n");
	assert_int_equal(config.problems.count, 1);
	assert_string_equal(config.problems.text[0],
			    "g.conf:5: vm b: I/O port 0x80 also given to vm a, both refused");
	assert_false(config.vms[0].valid || config.vms[1].valid);
	assert_true(config.vms[2].valid);
}

static void pagers(void **state)
{
	(void)state;
	expect_bad("lazy = pager:a", "g.conf:1: vm a: lazy: cannot be its own pager");
	expect_bad("lazy = pager:c", "g.conf:1: vm a: lazy: no guest named 'c'");
	parse("[vm a]\nkernel=k\nmemory=1M\nlazy=pager:b\npager_timeout=86400\n"
	      "[vm b]\nkernel=k\nmemory=1M\nlazy=zero\n");
	assert_int_equal(config.problems.count, 0);
	assert_int_equal(config.vms[0].pager_timeout, 86400);
	parse("[vm a]\nkernel=k\nmemory=1M\nlazy=pager:b\n"
	      "[vm b]\nkernel=k\nmemory=1M\nlazy=pager:c\n[vm c]\nkernel=k\nmemory=1M\n");
	assert_int_equal(config.problems.count, 1);
	assert_string_equal(config.problems.text[0],
			    "g.conf:1: vm a: lazy: 'b' has a pager itself");
	assert_true(config.vms[1].valid && config.vms[2].valid && !config.vms[0].valid);
}

static void too_many_guests(void **state)
{
	char text[4096];
	size_t at = 0;

	(void)state;
	for (int i = 0; i < CONFIG_VMS_MAX + 1; i++)
		at += format_text(text + at, sizeof(text) - at, "[vm v%d]\nkernel=k\nmemory=1M\n",
				  i);
	parse(text);
	assert_int_equal(config.count, CONFIG_VMS_MAX);
	assert_int_equal(config.problems.count, 1);
	assert_string_equal(config.problems.text[0], "g.conf:97: vm v32: more than 32 guests");
	for (u32 i = 0; i < config.count; i++)
		assert_true(config.vms[i].valid);
}

static void too_much_text(void **state)
{
	char *text = malloc(CONFIG_SIZE_MAX + 1);

	(void)state;
	memset(text, '\n', CONFIG_SIZE_MAX + 1);
	config_parse("g.conf", text, CONFIG_SIZE_MAX, &config);
	assert_int_equal(config.problems.count, 0);
	config_parse("g.conf", text, CONFIG_SIZE_MAX + 1, &config);
	assert_int_equal(config.problems.count, 1);
	free(text);
}

static void without_a_config_module(void **state)
{
	const struct vm_config *vm = &config.vms[0];

	(void)state;
	config_default("vmlinuz  console=ttyS0 quiet ", "initrd.img", &config);
	assert_int_equal(config.count, 1);
	assert_int_equal(config.problems.count, 0);
	assert_true(vm->valid && vm->x2apic && vm->autostart && !vm->privileged);
	assert_string_equal(vm->name, "guest");
	assert_string_equal(vm->kernel, "vmlinuz");
	assert_string_equal(vm->initrd, "initrd.img");
	assert_string_equal(vm->cmdline, "console=ttyS0 quiet");
	assert_int_equal(vm->memory, 0);
	assert_int_equal(vm->cpus, 0);
	assert_int_equal(vm->affinity.count, 0);
	config_default("k", NULL, &config);
	assert_true(vm->valid);
	assert_string_equal(vm->initrd, "");
	assert_string_equal(vm->cmdline, "");
	config_default("", NULL, &config);
	assert_false(vm->valid);
	assert_int_equal(config.problems.count, 1);
	config_default("k", "", &config);
	assert_false(vm->valid);
}

/* The example has every key and is valid. Tests run from the top of the tree. */
static void the_example_is_right(void **state)
{
	static char text[CONFIG_SIZE_MAX];
	FILE *file = fopen("examples/guests.conf", "r");
	size_t size;

	(void)state;
	assert_non_null(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	parse_bytes(text, size);
	assert_int_equal(config.problems.count, 0);
	assert_int_equal(config.count, 2);
	for (u32 i = 0; i < config_keys_count; i++) {
		char key[32];

		format_text(key, sizeof(key), "\n%s ", config_keys[i].name);
		assert_non_null(strstr(text, key));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key),
		cmocka_unit_test(defaults),
		cmocka_unit_test(good_values),
		cmocka_unit_test(memory_amounts),
		cmocka_unit_test(bad_values),
		cmocka_unit_test(cmdline_limit),
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(nul_bytes),
		cmocka_unit_test(missing_keys),
		cmocka_unit_test(bad_sections),
		cmocka_unit_test(same_name),
		cmocka_unit_test(same_port),
		cmocka_unit_test(pagers),
		cmocka_unit_test(too_many_guests),
		cmocka_unit_test(too_much_text),
		cmocka_unit_test(without_a_config_module),
		cmocka_unit_test(the_example_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
