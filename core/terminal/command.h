/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands as rows of a table: finds the row that the words of a line name, or
 * the row with the nearest name, and checks the number of arguments. Pure.
 * core/shell/commands.c looks up the guests and CPUs that arguments name.
 */
#pragma once

#include "core/base/status.h"
#include "core/base/types.h"

struct report;
struct vm;

enum { COMMAND_WORDS_MAX = 12, COMMAND_ARGUMENTS_MAX = 4, COMMAND_NAME_SIZE = 32 };

/* What an argument is: decides how it is checked and completed. */
enum command_takes {
	TAKES_NOTHING,
	TAKES_VM,     /* a guest's name */
	TAKES_CPU,    /* a physical CPU's number, 0 or "cpu0" */
	TAKES_NUMBER, /* decimal, or hexadecimal after 0x */
	TAKES_WORD,   /* anything; the command checks it */
};

struct argument {
	const char *text; /* NULL: not given */
	u64 number;	  /* TAKES_CPU, TAKES_NUMBER */
	struct vm *vm;	  /* TAKES_VM */
};

/*
 * Three kinds of functions that carry out a command: one that can fail, one that
 * only prints, and one that changes a guest and prints nothing. args has
 * COMMAND_ARGUMENTS_MAX members; output goes to out.
 */
typedef enum status command_run(const struct argument *args, struct report *out, struct error *err);
typedef void command_show(const struct argument *args, struct report *out);
typedef enum status command_change_vm(struct vm *vm, struct error *err);

struct command {
	const char *name;      /* one word, or two with a blank between */
	const char *arguments; /* for help: "VM [CPU]"; those in brackets may be left out */
	enum command_takes takes[COMMAND_ARGUMENTS_MAX];
	const char *summary; /* one line */
	const char *more;    /* what 'help COMMAND' says besides; NULL: nothing */
	/* One of them. change_vm gets the first argument's guest. */
	command_run *run;
	command_show *show;
	command_change_vm *change_vm;
};

struct command_table {
	const struct command *rows;
	u32 count;
};

/* Cuts a line at its blanks, which become NULs. ERR_RANGE: more than COMMAND_WORDS_MAX words. */
enum status command_split(char *line, const char **words, u32 *count, struct error *err) must_check;

/* Removes the word, wherever it stands; true if it was there. */
bool command_remove_flag(const char **words, u32 *count, const char *flag);

/*
 * The command that the first words name; *used is the number of these words.
 * NULL: there is none, and err has a sentence that names the nearest, if any.
 */
const struct command *command_find(const struct command_table *table, const char *const *words,
				   u32 count, u32 *used, struct error *err);

/* The second word of a name of two words whose first word is this; NULL: the name is another. */
const char *command_second_word(const char *name, const char *first);

/* ERR_INVALID with the usage: these are too few or too many arguments. */
enum status command_check_count(const struct command *command, u32 count,
				struct error *err) must_check;

/* Carries out a command whose arguments have been checked. */
enum status command_perform(const struct command *command, const struct argument *args,
			    struct report *out, struct error *err) must_check;
