/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a command is: a row of a table. Finds the row that a line's words mean,
 * the nearest one if none does, and says how a command is used. Pure; looks up
 * no guest and no CPU, which is core/shell/commands.c's.
 */
#pragma once

#include "core/base/status.h"
#include "core/base/types.h"

struct report;
struct vm;

enum { COMMAND_WORDS_MAX = 12, COMMAND_ARGUMENTS_MAX = 4, COMMAND_NAME_SIZE = 32 };

/* What may stand in an argument's place: decides how it is checked and completed. */
enum command_takes {
	TAKES_NOTHING,
	TAKES_VM,     /* a guest's name */
	TAKES_CPU,    /* a physical CPU's number, 0 or "cpu0" */
	TAKES_NUMBER, /* decimal, or hexadecimal after 0x */
	TAKES_WORD,   /* anything; the command judges */
};

struct argument {
	const char *text; /* NULL: not given */
	u64 number;	  /* TAKES_CPU, TAKES_NUMBER */
	struct vm *vm;	  /* TAKES_VM */
};

struct command {
	const char *name;      /* one word, or two with a blank between */
	const char *arguments; /* for help: "VM [CPU]"; those in brackets may be left out */
	enum command_takes takes[COMMAND_ARGUMENTS_MAX];
	const char *summary; /* one line */
	const char *more;    /* what 'help COMMAND' says besides; NULL: nothing */
	/* Prints to out; err is for what went wrong. args has COMMAND_ARGUMENTS_MAX members. */
	enum status (*run)(const struct argument *args, struct report *out, struct error *err);
};

struct command_table {
	const struct command *rows;
	u32 count;
};

/* Cuts a line (which is changed) at its blanks. Words past COMMAND_WORDS_MAX: ERR_RANGE. */
enum status command_split(char *line, const char **words, u32 *count, struct error *err) must_check;

/* Takes the word out wherever it stands; was it there? */
bool command_take_flag(const char **words, u32 *count, const char *flag);

/*
 * The command that the first words name; *used says how many these are. NULL
 * with a sentence in err: there is none, but perhaps one much like it.
 */
const struct command *command_find(const struct command_table *table, const char *const *words,
				   u32 count, u32 *used, struct error *err);

/* ERR_INVALID with the usage when these are too few or too many arguments. */
enum status command_check_count(const struct command *command, u32 count,
				struct error *err) must_check;

/* Decimal or 0x and hexadecimal, the whole text. */
bool command_parse_number(const char *text, u64 *value);

/* Insertions, deletions, replacements and swaps of neighbours from a to b; both cut at 31. */
u32 command_distance(const char *a, const char *b);
