/* SPDX-License-Identifier: BSD-2-Clause */
/* boot/cmdline: each option, its values, and the messages about bad words. */
#include "tests/unit/test.h"

#include "boot/cmdline.h"
#include "core/base/string.h"

static struct boot_options options;
static struct problems problems;

static void parse(const char *text, u32 problem_count)
{
	memset(&problems, 0, sizeof(problems));
	cmdline_parse(text, &options, &problems);
	assert_int_equal(problems.count, problem_count);
}

static void defaults(void **state)
{
	(void)state;
	parse("", 0);
	assert_int_equal(options.console.port, 0x3f8);
	assert_int_equal(options.console.baud, 115200);
	assert_false(options.console.framebuffer);
	assert_int_equal(options.log, LOG_INFO);
	assert_int_equal(options.cpu_mismatch, CPU_MISMATCH_PARK);
	assert_int_equal(options.x2apic, X2APIC_AUTO);
	assert_int_equal(options.panic, PANIC_HALT);
	assert_string_equal(options.config, "config");
	assert_false(options.config_given);
	assert_string_equal(options.test_mismatch.field, "");
}

static void every_option(void **state)
{
	(void)state;
	parse("  console=com2,9600,fb\tlog=debug cpu-mismatch=common x2apic=off config=guests "
	      "panic=reboot ",
	      0);
	assert_int_equal(options.console.port, 0x2f8);
	assert_int_equal(options.console.baud, 9600);
	assert_true(options.console.framebuffer);
	assert_int_equal(options.log, LOG_DEBUG);
	assert_int_equal(options.cpu_mismatch, CPU_MISMATCH_COMMON);
	assert_int_equal(options.x2apic, X2APIC_OFF);
	assert_string_equal(options.config, "guests");
	assert_true(options.config_given);
	assert_int_equal(options.panic, PANIC_REBOOT);
}

static void a_cpu_to_be_different(void **state)
{
	(void)state;
	parse("test-mismatch=3:CPUID.7.0.EBX", 0);
	assert_int_equal(options.test_mismatch.cpu, 3);
	assert_string_equal(options.test_mismatch.field, "CPUID.7.0.EBX");
	assert_false(options.test_mismatch.later);
	parse("test-mismatch=3:VM_CR,later", 0);
	assert_string_equal(options.test_mismatch.field, "VM_CR");
	assert_true(options.test_mismatch.later);
}

static void consoles(void **state)
{
	(void)state;
	parse("console=none,fb", 0);
	assert_int_equal(options.console.port, 0);
	assert_true(options.console.framebuffer);
	parse("console=0x3e8", 0);
	assert_int_equal(options.console.port, 0x3e8);
	parse("console=com1,fb,57600", 0);
	assert_int_equal(options.console.baud, 57600);
	parse("console=none", 0);
	assert_int_equal(options.console.port, 0);
	assert_false(options.console.framebuffer);
}

static void bad_values_keep_the_default(void **state)
{
	static const char *const bad[] = {
		"console=",
		"console=com3",
		"console=0",
		"console=0x10000",
		"console=com1,0",
		"console=com1,7",
		"console=com1,",
		"console=com1,fb,x",
		"log=loud",
		"log",
		"cpu-mismatch=halt",
		"test-mismatch=",
		"test-mismatch=3",
		"test-mismatch=3:",
		"test-mismatch=3:,later",
		"test-mismatch=3:VM_CR,soon",
		"test-mismatch=x:VM_CR",
		"test-mismatch=0x100000000:VM_CR",
		"x2apic=on",
		"config=",
		"panic=",
		"console=com1,230400",
		"config=0123456789012345678901234567890123456789012345678901234567890123",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		parse(bad[i], 1);
		assert_int_equal(options.console.port, 0x3f8);
		assert_int_equal(options.console.baud, 115200);
		assert_int_equal(options.log, LOG_INFO);
		assert_string_equal(options.config, "config");
		assert_false(options.config_given);
	}
	parse("log=loud", 1);
	assert_string_equal(problems.text[0],
			    "command line: log: bad value 'loud' (want error|warn|info|debug)");
}

static void unknown_words_are_named(void **state)
{
	(void)state;
	parse("quiet Log=debug log=warn logs=debug =x", 4);
	assert_string_equal(problems.text[0], "command line: unknown word 'quiet'");
	assert_string_equal(problems.text[1], "command line: unknown word 'Log=debug'");
	assert_string_equal(problems.text[3], "command line: unknown word '=x'");
	assert_int_equal(options.log, LOG_WARN);
}

static void a_flood_is_bounded(void **state)
{
	char text[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = i % 2 ? ' ' : 'x';
	text[sizeof(text) - 1] = '\0';
	parse(text, PROBLEMS_MAX);
	assert_int_equal(problems.missed, sizeof(text) / 2 - PROBLEMS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_option),
		cmocka_unit_test(a_cpu_to_be_different),
		cmocka_unit_test(consoles),
		cmocka_unit_test(bad_values_keep_the_default),
		cmocka_unit_test(unknown_words_are_named),
		cmocka_unit_test(a_flood_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
