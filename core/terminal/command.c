/* SPDX-License-Identifier: BSD-2-Clause */
/* Words, rows and the distance between them. Pure. */
#include "core/terminal/command.h"

#include "core/base/bits.h"
#include "core/base/format.h"
#include "core/base/string.h"

enum status command_split(char *line, const char **words, u32 *count, struct error *err)
{
	bool in_word = false;

	*count = 0;
	for (; *line; line++) {
		if (*line == ' ' || *line == '\t') {
			*line = '\0';
			in_word = false;
		} else if (!in_word) {
			if (*count == COMMAND_WORDS_MAX)
				return fail(err, ERR_RANGE, "more than %u words",
					    COMMAND_WORDS_MAX);
			words[(*count)++] = line;
			in_word = true;
		}
	}
	return OK;
}

bool command_take_flag(const char **words, u32 *count, const char *flag)
{
	u32 kept = 0;

	for (u32 i = 0; i < *count; i++)
		if (strcmp(words[i], flag) != 0)
			words[kept++] = words[i];
	if (kept == *count)
		return false;
	*count = kept;
	return true;
}

static u32 min3(u32 a, u32 b, u32 c)
{
	u32 least = a < b ? a : b;

	return least < c ? least : c;
}

u32 command_distance(const char *a, const char *b)
{
	/* Rows of the usual matrix: two before, before, this. */
	u32 row[3][COMMAND_NAME_SIZE];
	u32 n = (u32)strnlen(a, COMMAND_NAME_SIZE - 1), m = (u32)strnlen(b, COMMAND_NAME_SIZE - 1);

	for (u32 j = 0; j <= m; j++)
		row[0][j] = j;
	for (u32 i = 1; i <= n; i++) {
		u32 *above = row[(i - 1) % 3], *now = row[i % 3], *two = row[(i + 1) % 3];

		now[0] = i;
		for (u32 j = 1; j <= m; j++) {
			now[j] = min3(above[j] + 1, now[j - 1] + 1,
				      above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = (u32)min_u64(now[j], two[j - 2] + 1);
		}
	}
	return row[n % 3][m];
}

/* How many of the words name this command; 0: they do not. */
static u32 match(const struct command *command, const char *const *words, u32 count)
{
	const char *second = strchr(command->name, ' ');
	size_t first = second ? (size_t)(second - command->name) : strlen(command->name);

	if (strlen(words[0]) != first || strncmp(command->name, words[0], first) != 0)
		return 0;
	if (!second)
		return 1;
	return count > 1 && strcmp(second + 1, words[1]) == 0 ? 2 : 0;
}

/* "mem" names a command, and "mem dump" another. */
static const struct command *longest(const struct command_table *table, const char *const *words,
				     u32 count, u32 *used)
{
	const struct command *best = NULL;

	*used = 0;
	for (u32 i = 0; i < table->count; i++) {
		u32 matched = match(&table->rows[i], words, count);

		if (matched > *used) {
			*used = matched;
			best = &table->rows[i];
		}
	}
	return best;
}

/* The nearest name, if it is near: a third of its letters may be wrong. NULL: none. */
static const char *nearest(const struct command_table *table, const char *const *words, u32 count)
{
	const char *best = NULL;
	u32 least = UINT32_MAX;

	for (u32 i = 0; i < table->count; i++) {
		const char *name = table->rows[i].name;
		char typed[COMMAND_NAME_SIZE];
		u32 distance;

		format_text(typed, sizeof(typed), strchr(name, ' ') && count > 1 ? "%s %s" : "%s",
			    words[0], count > 1 ? words[1] : "");
		distance = command_distance(typed, name);
		if (distance < least && 3 * distance <= strlen(name) + 1) {
			least = distance;
			best = name;
		}
	}
	return best;
}

/* "vm" alone, or with a word that is not near anything: what can follow. */
static bool list_seconds(const struct command_table *table, const char *first, struct error *err)
{
	size_t length = strlen(first), used = 0;
	char text[ERROR_TEXT_SIZE];

	for (u32 i = 0; i < table->count; i++) {
		const char *name = table->rows[i].name;

		if (strncmp(name, first, length) == 0 && name[length] == ' ' && used < sizeof(text))
			used += format_text(text + used, sizeof(text) - used, "%s%s",
					    used ? ", " : "", name + length + 1);
	}
	if (used)
		fail(err, ERR_NOT_FOUND, "%s what? It can be: %s", first, text);
	return used > 0;
}

const struct command *command_find(const struct command_table *table, const char *const *words,
				   u32 count, u32 *used, struct error *err)
{
	const struct command *command = longest(table, words, count, used);
	const char *near;

	if (command)
		return command;
	near = count > 1 ? nearest(table, words, count) : NULL;
	if (near || !list_seconds(table, words[0], err)) {
		near = near ? near : nearest(table, words, count);
		if (near)
			fail(err, ERR_NOT_FOUND, "no command '%s%s%s'; did you mean '%s'?",
			     words[0], count > 1 && strchr(near, ' ') ? " " : "",
			     count > 1 && strchr(near, ' ') ? words[1] : "", near);
		else
			fail(err, ERR_NOT_FOUND, "no command '%s'; 'help' lists them", words[0]);
	}
	return NULL;
}

enum status command_check_count(const struct command *command, u32 count, struct error *err)
{
	const char *optional = strchr(command->arguments, '[');
	u32 most = 0, least = 0;

	while (most < COMMAND_ARGUMENTS_MAX && command->takes[most] != TAKES_NOTHING)
		most++;
	/* Those before the first bracket must be given: so many blanks end before it. */
	for (const char *c = command->arguments; optional ? c < optional : *c; c++)
		least += *c != ' ' && (c[1] == ' ' || c[1] == '\0');
	if (count < least || count > most)
		return fail(err, ERR_INVALID, "usage: %s%s%s", command->name,
			    *command->arguments ? " " : "", command->arguments);
	return OK;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

bool command_parse_number(const char *text, u64 *value)
{
	u64 base = 10, sum = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (!*text)
		return false;
	for (; *text; text++) {
		u64 d = (u64)digit(*text);

		if (d >= base || sum > (UINT64_MAX - d) / base)
			return false;
		sum = sum * base + d;
	}
	*value = sum;
	return true;
}
