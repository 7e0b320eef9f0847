/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes from the keyboard: the terminal shows the line, and words stay in bounds. */
#include "tests/unit/line_terminal.h"

#include "core/base/bits.h"
#include "core/terminal/complete.h"

static const struct command rows[] = {
	{"log", "", {TAKES_NOTHING}, .summary = ""},
	{"vm kill", "VM", {TAKES_VM}, .summary = ""},
	{"vm list", "[CPU]", {TAKES_CPU}, .summary = ""},
};
static const struct command_table table = {rows, ARRAY_SIZE(rows)};

static bool values(enum command_takes takes, u32 index, char *buf, size_t size)
{
	if (takes == TAKES_NOTHING || index >= 3)
		return false;
	memset(buf, 'a', size - 1);
	buf[size - 1] = '\0';
	buf[index] = '\0';
	return true;
}

static void run(char *text)
{
	const char *words[COMMAND_WORDS_MAX];
	const struct command *command;
	struct error err;
	u32 count, used;

	if (command_split(text, words, &count, &err) != OK || count == 0)
		return;
	command = command_find(&table, words, count, &used, &err);
	terminal_require(!command || used <= count);
	if (command && command_check_count(command, count - used, &err) == OK)
		terminal_require(count - used <= COMMAND_ARGUMENTS_MAX);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct line line;
	struct completion found;

	terminal_begin(&line);
	for (size_t i = 0; i < size; i++) {
		enum line_event event = line_key(&line, (char)data[i]);

		if (event == LINE_TAB) {
			complete(&table, values, line.text, line.cursor, &found, NULL);
			if (found.count)
				line_insert(&line, found.text + found.typed,
					    strlen(found.text) - found.typed);
		}
		if (event == LINE_ENTERED)
			run(line.text);
		if (event == LINE_ENTERED || event == LINE_ABANDONED)
			line_begin(&line);
		terminal_check(&line);
	}
	return 0;
}
