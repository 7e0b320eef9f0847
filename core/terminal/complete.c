/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A candidate is a word of a command's name, or a value that the command's next argument can have.
 */
#include "core/terminal/complete.h"

#include "core/base/bits.h"
#include "core/base/format.h"
#include "core/base/string.h"

enum { TEXT_SIZE = 256 };

struct search {
	const struct command_table *table;
	const char *word; /* the part that has been typed */
	struct completion *out;
	void (*each)(const char *candidate);
};

/* Counts the candidate if it begins with the typed word. */
static void offer(const struct search *search, const char *candidate)
{
	struct completion *out = search->out;
	u32 same = 0;

	if (strncmp(candidate, search->word, out->typed) != 0)
		return;
	if (out->count++ == 0)
		format_text(out->text, sizeof(out->text), "%s", candidate);
	while (out->text[same] && out->text[same] == candidate[same])
		same++;
	out->text[same] = '\0';
	if (search->each)
		search->each(candidate);
}

/* Offers each first word once. Equal words are neighbours, because the table is sorted. */
static void offer_first_words(const struct search *search)
{
	char last[COMMAND_NAME_SIZE] = "", first[COMMAND_NAME_SIZE];

	for (u32 i = 0; i < search->table->count; i++) {
		const char *name = search->table->rows[i].name, *blank = strchr(name, ' ');

		format_text(first, sizeof(first), "%.*s",
			    blank ? (int)(blank - name) : (int)strlen(name), name);
		if (strcmp(first, last) != 0)
			offer(search, first);
		memcpy(last, first, sizeof(last));
	}
}

static void offer_second_words(const struct search *search, const char *first)
{
	for (u32 i = 0; i < search->table->count; i++) {
		const char *second = command_second_word(search->table->rows[i].name, first);

		if (second)
			offer(search, second);
	}
}

static void offer_values(const struct search *search, complete_values *values,
			 const char *const *words, u32 count)
{
	const struct command *command;
	char value[COMPLETE_SIZE];
	u32 used;

	command = command_find(search->table, words, count, &used, NULL);
	if (!command || count - used >= COMMAND_ARGUMENTS_MAX)
		return;
	for (u32 i = 0; values(command->takes[count - used], i, value, sizeof(value)); i++)
		offer(search, value);
}

void complete(const struct command_table *table, complete_values *values, const char *text,
	      size_t size, struct completion *out, void (*each)(const char *candidate))
{
	struct search search = {table, "", out, each};
	const char *list[COMMAND_WORDS_MAX], *const *words = list;
	char copy[TEXT_SIZE];
	u32 count;

	*out = (struct completion){0};
	if (size >= sizeof(copy))
		return;
	memcpy(copy, text, size);
	copy[size] = '\0';
	if (command_split(copy, list, &count, NULL) != OK)
		return;
	if (count && text[size - 1] != ' ')
		search.word = list[--count];
	out->typed = (u32)strlen(search.word);
	if (search.word[0] == '-') {
		offer(&search, "--json");
		return;
	}
	/* The words after 'help' are the name of a command. */
	if (count && strcmp(words[0], "help") == 0) {
		words++;
		count--;
	}
	if (count == 0)
		offer_first_words(&search);
	if (count == 1)
		offer_second_words(&search, words[0]);
	if (count >= 1 && words == list)
		offer_values(&search, values, words, count);
}
