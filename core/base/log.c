/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory ring, and the output of lines to console and screen. */
#include "core/base/log.h"

#include "core/base/bits.h"
#include "core/base/format.h"
#include "core/base/lock.h"

enum { LOG_LINE_SIZE = 256 /* longer lines are cut */ };

static struct spinlock lock;
static struct log_ring ring __attribute__((aligned(PAGE_SIZE))) = {
	.magic = LOG_RING_MAGIC,
	.version = LOG_RING_VERSION,
	.size = LOG_RING_SIZE,
}; /* lock */
static enum log_level printed = LOG_INFO;
static log_output *line_output, *screen_output;
static enum log_level on_screen = LOG_DEBUG;
static u64 (*clock_ns)(void);

static const char *const prefixes[] = {
	[LOG_FATAL] = "", [LOG_ERROR] = "error: ", [LOG_WARN] = "warning: ",
	[LOG_INFO] = "",  [LOG_DEBUG] = "",
};

static void ring_append(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		ring.text[ring.written++ % LOG_RING_SIZE] = text[i];
}

void log_write(enum log_level level, const char *fmt, ...)
{
	char line[LOG_LINE_SIZE + 2];
	u64 us = clock_ns ? clock_ns() / 1000 : 0;
	size_t length = format_text(line, LOG_LINE_SIZE, "[%5llu.%06llu] %s", us / 1000000,
				    us % 1000000, prefixes[level]);
	va_list args;

	va_start(args, fmt);
	length += format_text_v(line + length, LOG_LINE_SIZE - length, fmt, args);
	va_end(args);
	length = min_u64(length, LOG_LINE_SIZE - 1);

	spin_lock(&lock);
	line[length] = '\n';
	ring_append(line, length + 1);
	line[length] = '\r';
	line[length + 1] = '\n';
	if (level <= printed && line_output)
		line_output(line, length + 2);
	if (level <= printed && level <= on_screen && screen_output)
		screen_output(line, length + 2);
	spin_unlock(&lock);
}

void log_set_level(enum log_level level)
{
	printed = level;
}

void log_set_output(log_output *output)
{
	line_output = output;
}

void log_set_screen(log_output *output, enum log_level level)
{
	screen_output = output;
	on_screen = level;
}

void log_set_clock(u64 (*now_ns)(void))
{
	clock_ns = now_ns;
}

size_t log_read(u64 *position, char *text, size_t size)
{
	size_t count = 0;

	spin_lock(&lock);
	if (ring.written > LOG_RING_SIZE)
		*position = max_u64(*position, ring.written - LOG_RING_SIZE);
	while (count < size && *position < ring.written)
		text[count++] = ring.text[(*position)++ % LOG_RING_SIZE];
	spin_unlock(&lock);
	return count;
}

u64 log_end(void)
{
	u64 end;

	spin_lock(&lock);
	end = ring.written;
	spin_unlock(&lock);
	return end;
}

void log_replay(log_output *output)
{
	u64 position = 0;
	char c;

	while (log_read(&position, &c, 1) != 0) {
		if (c == '\n')
			output("\r", 1);
		output(&c, 1);
	}
}

void log_break_lock(void)
{
	lock = (struct spinlock){0};
}
