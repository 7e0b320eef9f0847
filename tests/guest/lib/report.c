/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the serial line and the count of results. */
#include "lib/report.h"
#include "core/base/format.h"
#include "core/base/lock.h"
#include "lib/machine.h"

enum {
	LINE_SIZE = 256,
	COM1 = 0x3f8,
	COM1_LINE_STATUS = COM1 + 5,
	LINE_STATUS_DATA = BIT(0),
	LINE_STATUS_THRE = BIT(5),
	DEBUG_EXIT = 0xf4,
};

static struct spinlock line_lock;
static u32 passed, failed, number;

static void put(char c)
{
	while (!(x86_in8(COM1_LINE_STATUS) & LINE_STATUS_THRE))
		x86_pause();
	x86_out8(COM1, (u8)c);
}

static void put_text(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			put('\r');
		put(*text);
	}
}

void print(const char *fmt, ...)
{
	char line[LINE_SIZE];
	va_list args;

	va_start(args, fmt);
	format_text_v(line, sizeof(line), fmt, args);
	va_end(args);
	spin_lock(&line_lock);
	put_text(line);
	spin_unlock(&line_lock);
}

bool input_waits(void)
{
	return x86_in8(COM1_LINE_STATUS) & LINE_STATUS_DATA;
}

char input_read(void)
{
	while (!input_waits())
		x86_sti_nop_cli();
	return (char)x86_in8(COM1);
}

static void count(bool ok, const char *name, const char *detail)
{
	u32 *counter = ok ? &passed : &failed;

	(*counter)++;
	print("%s %u %s%s\n", ok ? "PASS" : "FAIL", ++number, name, detail);
}

void check(bool ok, const char *fmt, ...)
{
	char name[LINE_SIZE];
	va_list args;

	va_start(args, fmt);
	format_text_v(name, sizeof(name), fmt, args);
	va_end(args);
	count(ok, name, ok ? "" : ": got false want true");
}

void check_equal(u64 got, u64 want, const char *fmt, ...)
{
	char name[LINE_SIZE], detail[80] = "";
	va_list args;

	va_start(args, fmt);
	format_text_v(name, sizeof(name), fmt, args);
	va_end(args);
	if (got != want)
		format_text(detail, sizeof(detail), ": got 0x%llx want 0x%llx", got, want);
	count(got == want, name, detail);
}

void check_trap(struct trap trap, int vector, u64 error, const char *fmt, ...)
{
	char name[LINE_SIZE], detail[120] = "";
	bool ok = trap.vector == vector && (vector == TRAP_NONE || trap.error == error);
	va_list args;

	va_start(args, fmt);
	format_text_v(name, sizeof(name), fmt, args);
	va_end(args);
	if (!ok)
		format_text(detail, sizeof(detail),
			    ": got vector %d error 0x%llx at 0x%llx want vector %d error 0x%llx",
			    trap.vector, trap.error, trap.rip, vector, error);
	count(ok, name, detail);
}

void skip(const char *why, const char *fmt, ...)
{
	char name[LINE_SIZE];
	va_list args;

	va_start(args, fmt);
	format_text_v(name, sizeof(name), fmt, args);
	va_end(args);
	print("SKIP %u %s: %s\n", ++number, name, why);
}

void report_done(void)
{
	print("DONE %u %u\n", passed, failed);
	x86_out8(DEBUG_EXIT, failed != 0);
	machine_power_off();
}
