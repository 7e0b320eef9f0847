/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the syntax of commands, which are rows of a table. Splits a line into
 * words, finds the row that the words name, or the row with the nearest name, and
 * checks the number of arguments. Never looks up the guests and CPUs that
 * arguments name: core/shell/commands.c does. Pure.
 */
#pragma once

#include "core/base/status.h"
#include "core/base/types.h"

struct report;
struct vm;

enum { COMMAND_WORDS_MAX = 12, COMMAND_ARGUMENTS_MAX = 4, COMMAND_NAME_SIZE = 32 };

/* The kind of an argument decides how the argument is checked and completed. */
enum command_takes {
	TAKES_NOTHING,
	TAKES_VM,     /* a guest's name */
	TAKES_CPU,    /* a physical CPU's number, 0 or "cpu0" */
	TAKES_NUMBER, /* decimal, or hexadecimal after 0x */
	TAKES_WORD,   /* any word; the command checks it */
};

struct argument {
	const char *text; /* as typed; NULL: not given */
	u64 number;	  /* TAKES_CPU, TAKES_NUMBER */
	struct vm *vm;	  /* TAKES_VM */
};

/*
 * A command is carried out by a function of one of three kinds: a command_run can
 * fail; a command_show only prints; a command_change_vm changes a guest and prints
 * nothing. args has COMMAND_ARGUMENTS_MAX members; output goes to out.
 */
typedef enum status command_run(const struct argument *args, struct report *out, struct error *err);
typedef void command_show(const struct argument *args, struct report *out);
typedef enum status command_change_vm(struct vm *vm, struct error *err);

struct command {
	const char *name;      /* one word, or two with a blank between */
	const char *arguments; /* for help: "VM [CPU]"; arguments in brackets are optional */
	enum command_takes takes[COMMAND_ARGUMENTS_MAX];
	const char *summary; /* one line */
	const char *more;    /* what 'help COMMAND' says besides; NULL: nothing */
	/* One of the three is set. change_vm gets the guest that the first argument names. */
	command_run *run;
	command_show *show;
	command_change_vm *change_vm;
};

struct command_table {
	const struct command *rows;
	u32 count;
};

/*
 * Splits a line at blanks and tabs, which become NULs. words must have room for
 * COMMAND_WORDS_MAX pointers into the line. ERR_RANGE: the line has more words.
 */
enum status command_split(char *line, const char **words, u32 *count, struct error *err) must_check;

/* Removes every word that equals flag. True if there was one. */
bool command_remove_flag(const char **words, u32 *count, const char *flag);

/*
 * Returns the command that the first words name, and sets *used to the number of
 * these words. count is at least 1. NULL: no command has this name; err then has
 * ERR_NOT_FOUND and a sentence that names the nearest command, if one is near.
 */
const struct command *command_find(const struct command_table *table, const char *const *words,
				   u32 count, u32 *used, struct error *err);

/* Returns the second word of a name of two words that begins with `first`; NULL for other names. */
const char *command_second_word(const char *name, const char *first);

/* Checks the number of arguments. ERR_INVALID, with the usage: too few or too many. */
enum status command_check_count(const struct command *command, u32 count,
				struct error *err) must_check;

/* Carries out a command. args have been checked and looked up. Returns the command's error. */
enum status command_perform(const struct command *command, const struct argument *args,
			    struct report *out, struct error *err) must_check;
