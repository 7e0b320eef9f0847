/* SPDX-License-Identifier: BSD-2-Clause */
/* Splits the line that an operator typed, and finds the command that it names. */
#include "core/terminal/command.h"

#include "core/base/bits.h"
#include "core/base/format.h"
#include "core/base/span.h"
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

bool command_remove_flag(const char **words, u32 *count, const char *flag)
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

const char *command_second_word(const char *name, const char *first)
{
	size_t length = strlen(first);

	return strncmp(name, first, length) == 0 && name[length] == ' ' ? name + length + 1 : NULL;
}

/* Returns how many of the first words are this command's name; 0: they are another's. */
static u32 match(const struct command *command, const char *const *words, u32 count)
{
	const char *second = command_second_word(command->name, words[0]);

	if (second)
		return count > 1 && strcmp(second, words[1]) == 0 ? 2 : 0;
	return strcmp(command->name, words[0]) == 0;
}

/* Finds the row with the longest matching name: "mem dump" rather than "mem". */
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

/*
 * Returns the name with the fewest wrong letters, at most a third of them; NULL: none is so near.
 */
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
		distance = span_distance(span_of(typed), span_of(name));
		if (distance < least && 3 * distance <= strlen(name) + 1) {
			least = distance;
			best = name;
		}
	}
	return best;
}

/* Makes an error that lists the second words of commands. False: no command begins with `first`. */
static bool list_seconds(const struct command_table *table, const char *first, struct error *err)
{
	size_t used = 0;
	char text[ERROR_TEXT_SIZE];

	for (u32 i = 0; i < table->count; i++) {
		const char *second = command_second_word(table->rows[i].name, first);

		if (second && used < sizeof(text))
			used += format_text(text + used, sizeof(text) - used, "%s%s",
					    used ? ", " : "", second);
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
	/* The arguments before the first bracket are required. */
	for (const char *c = command->arguments; optional ? c < optional : *c; c++)
		least += *c != ' ' && (c[1] == ' ' || c[1] == '\0');
	if (count < least || count > most)
		return fail(err, ERR_INVALID, "usage: %s%s%s", command->name,
			    *command->arguments ? " " : "", command->arguments);
	return OK;
}

enum status command_perform(const struct command *command, const struct argument *args,
			    struct report *out, struct error *err)
{
	if (command->change_vm)
		return command->change_vm(args[0].vm, err);
	if (command->run)
		return command->run(args, out, err);
	command->show(args, out);
	return OK;
}
