/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the words of the hypervisor's command line by a table of options. Never
 * fails: an unknown word becomes a problem and is skipped. Pure.
 */
#include "boot/cmdline.h"

#include "core/base/bits.h"
#include "core/base/span.h"
#include "core/base/string.h"

static const struct span_choice log_choices[] = {
	{"error", LOG_ERROR}, {"warn", LOG_WARN}, {"info", LOG_INFO}, {"debug", LOG_DEBUG}, {0}};
static const struct span_choice mismatch_choices[] = {
	{"park", CPU_MISMATCH_PARK}, {"common", CPU_MISMATCH_COMMON}, {0}};
static const struct span_choice x2apic_choices[] = {
	{"auto", X2APIC_AUTO}, {"off", X2APIC_OFF}, {0}};
static const struct span_choice panic_choices[] = {
	{"halt", PANIC_HALT}, {"reboot", PANIC_REBOOT}, {0}};

/* The I/O ports of a PC's serial ports; 0: no serial console. */
static const struct span_choice serial_choices[] = {
	{"com1", 0x3f8}, {"com2", 0x2f8}, {"none", 0}, {0}};

/* A rate in baud must divide 115200: a 16550 divides that clock by a whole number. */
static bool read_baud(struct span part, u32 *baud)
{
	u64 number;

	if (!span_number(part, 115200, &number) || number == 0 || 115200 % number != 0)
		return false;
	*baud = (u32)number;
	return true;
}

/* com1 | com2 | none | 0xPORT, then in any order a baud rate and "fb". */
static bool read_console(struct span value, struct boot_options *options)
{
	struct span part = span_take(&value, ',');
	u32 baud = options->console.baud;
	bool framebuffer = false;
	u32 port;
	u64 number;

	if (!span_choose(part, serial_choices, &port)) {
		if (!span_number(part, 0xfff8, &number) || number == 0)
			return false;
		port = (u32)number;
	}
	while (value.at != part.at + part.len) { /* a comma was taken */
		part = span_take(&value, ',');
		if (span_equal(part, "fb"))
			framebuffer = true;
		else if (!read_baud(part, &baud))
			return false;
	}
	options->console.given = true;
	options->console.port = (u16)port;
	options->console.baud = baud;
	options->console.framebuffer = framebuffer;
	return true;
}

static bool read_config(struct span value, struct boot_options *options)
{
	if (value.len == 0 || value.len >= sizeof(options->config))
		return false;
	options->config_given = true;
	return span_copy(value, options->config, sizeof(options->config));
}

/* CPU:FIELD[,later] */
static bool read_test_mismatch(struct span value, struct boot_options *options)
{
	struct span cpu = span_take(&value, ':');
	struct span field = span_take(&value, ',');
	bool later = span_equal(value, "later");
	u64 number;

	if (!span_number(cpu, UINT32_MAX, &number) || field.len == 0 || (value.len && !later) ||
	    !span_copy(field, options->test_mismatch.field, sizeof(options->test_mismatch.field)))
		return false;
	options->test_mismatch.cpu = (u32)number;
	options->test_mismatch.later = later;
	return true;
}

/*
 * A row for each option. read stores the value; without read, the choice goes to the u32 at offset.
 */
static const struct option_row {
	const char *name;
	const char *expected; /* for the message about a bad value */
	const struct span_choice *choices;
	size_t offset;
	bool (*read)(struct span value, struct boot_options *options);
} option_rows[] = {
	// clang-format off
	{"console", "com1|com2|none|0xPORT[,BAUD][,fb]", .read = read_console},
	{"log", "error|warn|info|debug",
		.choices = log_choices, .offset = offsetof(struct boot_options, log)},
	{"cpu-mismatch", "park|common",
		.choices = mismatch_choices, .offset = offsetof(struct boot_options, cpu_mismatch)},
	{"test-mismatch", "CPU:FIELD[,later]", .read = read_test_mismatch},
	{"x2apic", "auto|off",
		.choices = x2apic_choices, .offset = offsetof(struct boot_options, x2apic)},
	{"config", "a module's name of up to 63 characters", .read = read_config},
	{"panic", "halt|reboot",
		.choices = panic_choices, .offset = offsetof(struct boot_options, panic)},
	// clang-format on
};

static void read_word(struct span word, struct boot_options *options, struct problems *problems)
{
	struct span value = word;
	struct span name = span_take(&value, '=');

	for (size_t i = 0; i < ARRAY_SIZE(option_rows); i++) {
		const struct option_row *row = &option_rows[i];
		bool good;

		if (!span_equal(name, row->name))
			continue;
		if (row->read)
			good = row->read(value, options);
		else
			good = span_choose(value, row->choices,
					   (u32 *)((char *)options + row->offset));
		if (!good)
			problems_add(problems, "command line: %s: bad value '%.*s' (want %s)",
				     row->name, span_width(value), value.at, row->expected);
		return;
	}
	problems_add(problems, "command line: unknown word '%.*s'", span_width(word), word.at);
}

void cmdline_parse(const char *text, struct boot_options *options, struct problems *problems)
{
	struct span rest = span_of(text);
	struct span word;

	*options = (struct boot_options){
		.console = {.port = 0x3f8, .baud = 115200},
		.log = LOG_INFO,
		.config = "config",
	};
	for (word = span_take_word(&rest); word.len > 0; word = span_take_word(&rest))
		read_word(word, options, problems);
}
