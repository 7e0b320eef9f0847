/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the lines and sections of the config module, and checks guests against
 * each other. Never fails as a whole: an error is a problem and makes only the
 * guests that it concerns invalid. Pure.
 */
#include "boot/config.h"

#include "boot/config_keys.h"
#include "core/base/bits.h"
#include "core/base/format.h"
#include "core/base/string.h"

struct parser {
	const char *file;
	struct config *config;
	struct vm_config *vm; /* guest of the current section; NULL: no section, or a refused one */
	bool in_section;      /* a section has begun, refused or not */
	u32 line;
	u32 given[CONFIG_KEYS_MAX]; /* number of the line with each key in this section; 0: none */
};

/* Adds a problem at line, and makes vm invalid unless it is NULL. */
static void __attribute__((format(printf, 4, 5)))
refuse(struct parser *parser, struct vm_config *vm, u32 line, const char *fmt, ...)
{
	char text[PROBLEM_TEXT_SIZE];
	va_list args;

	va_start(args, fmt);
	format_text_v(text, sizeof(text), fmt, args);
	va_end(args);
	problems_add(&parser->config->problems, "%s:%u: %s", parser->file, line, text);
	if (vm)
		vm->valid = false;
}

/* Checks that the current section, if any, has all required keys. */
static void end_section(struct parser *parser)
{
	struct vm_config *vm = parser->vm;

	if (!vm)
		return;
	for (u32 i = 0; i < config_keys_count; i++)
		if (config_keys[i].required && parser->given[i] == 0)
			refuse(parser, vm, vm->line, "vm %s: %s: missing", vm->name,
			       config_keys[i].name);
}

static void set_defaults(struct vm_config *vm)
{
	*vm = (struct vm_config){.valid = true, .cpus = 1, .x2apic = true, .autostart = true};
}

/* Reads "[vm NAME]". line is not empty and has no blanks at its ends. */
static void begin_section(struct parser *parser, struct span line)
{
	struct config *config = parser->config;
	struct span inside = {line.at + 1, line.len - 1};
	struct span kind, name;
	char text[VM_NAME_SIZE];

	end_section(parser);
	parser->vm = NULL;
	parser->in_section = true;
	memset(parser->given, 0, sizeof(parser->given));
	inside = span_take(&inside, ']');
	kind = span_take_word(&inside);
	name = span_take_word(&inside);
	if (line.at[line.len - 1] != ']' || !span_equal(kind, "vm") || inside.len > 0) {
		refuse(parser, NULL, parser->line, "bad section '%.*s' (want [vm NAME])",
		       span_width(line), line.at);
		return;
	}
	if (!config_keys_read_name(name, text)) {
		refuse(parser, NULL, parser->line,
		       "bad name '%.*s' (want 1 to 31 characters of a-z 0-9 _ -)", span_width(name),
		       name.at);
		return;
	}
	if (config->count == CONFIG_VMS_MAX) {
		refuse(parser, NULL, parser->line, "vm %s: more than %d guests", text,
		       CONFIG_VMS_MAX);
		return;
	}
	parser->vm = &config->vms[config->count++];
	set_defaults(parser->vm);
	parser->vm->line = parser->line;
	memcpy(parser->vm->name, text, sizeof(text));
}

static void refuse_key(struct parser *parser, struct span name)
{
	const struct config_key *nearest = config_keys_nearest(name);

	if (nearest)
		refuse(parser, parser->vm, parser->line, "unknown key '%.*s' (did you mean '%s'?)",
		       span_width(name), name.at, nearest->name);
	else
		refuse(parser, parser->vm, parser->line, "unknown key '%.*s'", span_width(name),
		       name.at);
}

static void set_key(struct parser *parser, const struct config_key *key, struct span value)
{
	u32 *given = &parser->given[key - config_keys];

	if (*given != 0) {
		refuse(parser, parser->vm, parser->line, "%s: already given on line %u", key->name,
		       *given);
		return;
	}
	*given = parser->line;
	if (!config_keys_read(key, value, parser->vm))
		refuse(parser, parser->vm, parser->line, "%s: bad value '%.*s' (want %s)",
		       key->name, span_width(value), value.at, key->expected);
}

/* Returns the text before the first comment: a '#' at the start or after a blank. */
static struct span drop_comment(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] == '#' && (i == 0 || span_is_blank(text.at[i - 1])))
			text.len = i;
	return text;
}

/* Reads "key = value". whole is line with its comment: part of the value if the key is verbatim. */
static void read_assignment(struct parser *parser, struct span line, struct span whole)
{
	struct span value = line;
	struct span name = span_trim(span_take(&value, '='));
	const struct config_key *key = config_keys_find(name);

	if (!parser->in_section) {
		refuse(parser, NULL, parser->line, "'%.*s' stands before the first [vm NAME]",
		       span_width(name), name.at);
		return;
	}
	if (!parser->vm)
		return;
	if (value.at == name.at + name.len) {
		refuse(parser, parser->vm, parser->line, "'%.*s' has no '='", span_width(line),
		       line.at);
		return;
	}
	if (!key) {
		refuse_key(parser, name);
		return;
	}
	if (key->verbatim)
		value.len = (size_t)(whole.at + whole.len - value.at);
	set_key(parser, key, span_trim(value));
}

/* Returns the first control character other than tab, or -1. */
static int find_control(struct span line)
{
	for (size_t i = 0; i < line.len; i++) {
		u8 c = (u8)line.at[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return c;
	}
	return -1;
}

static void read_line(struct parser *parser, struct span whole)
{
	int control;
	struct span line;

	if (whole.len > 0 && whole.at[whole.len - 1] == '\r')
		whole.len--;
	control = find_control(whole);
	if (control >= 0) {
		refuse(parser, parser->vm, parser->line, "control character 0x%02x", control);
		return;
	}
	line = span_trim(drop_comment(whole));
	if (line.len == 0)
		return;
	if (line.at[0] == '[')
		begin_section(parser, line);
	else
		read_assignment(parser, line, whole);
}

/* Returns the first number found in both lists, or -1. */
static s64 find_common(const struct config_ranges *a, const struct config_ranges *b)
{
	for (u32 i = 0; i < a->count; i++) {
		for (u32 j = 0; j < b->count; j++) {
			u64 first = max_u64(a->at[i].first, b->at[j].first);

			if (first <= min_u64(a->at[i].last, b->at[j].last))
				return (s64)first;
		}
	}
	return -1;
}

/* Refuses a and b, a later guest, if they have one name or share an I/O port. */
static void check_pair(struct parser *parser, struct vm_config *a, struct vm_config *b)
{
	s64 port = find_common(&a->ports, &b->ports);

	if (strcmp(a->name, b->name) == 0) {
		refuse(parser, b, b->line, "vm %s: name already used on line %u, both refused",
		       b->name, a->line);
		a->valid = false;
	}
	if (port >= 0) {
		refuse(parser, b, b->line, "vm %s: I/O port 0x%x also given to vm %s, both refused",
		       b->name, (unsigned)port, a->name);
		a->valid = false;
	}
}

static const struct vm_config *find(const struct config *config, const char *name)
{
	for (u32 i = 0; i < config->count; i++)
		if (strcmp(config->vms[i].name, name) == 0)
			return &config->vms[i];
	return NULL;
}

static void check_pager(struct parser *parser, struct vm_config *vm)
{
	const struct vm_config *pager = find(parser->config, vm->pager);

	if (vm->lazy != VM_LAZY_PAGER)
		return;
	if (strcmp(vm->pager, vm->name) == 0)
		refuse(parser, vm, vm->line, "vm %s: lazy: cannot be its own pager", vm->name);
	else if (!pager)
		refuse(parser, vm, vm->line, "vm %s: lazy: no guest named '%s'", vm->name,
		       vm->pager);
	else if (pager->lazy == VM_LAZY_PAGER)
		refuse(parser, vm, vm->line, "vm %s: lazy: '%s' has a pager itself", vm->name,
		       vm->pager);
}

static void check_guests(struct parser *parser)
{
	struct config *config = parser->config;

	for (u32 i = 0; i < config->count; i++) {
		for (u32 j = 0; j < i; j++)
			check_pair(parser, &config->vms[j], &config->vms[i]);
		check_pager(parser, &config->vms[i]);
	}
}

void config_parse(const char *file, const char *text, size_t size, struct config *config)
{
	struct parser parser = {.file = file, .config = config};
	struct span rest = {text, size};

	memset(config, 0, sizeof(*config));
	if (size > CONFIG_SIZE_MAX) {
		problems_add(&config->problems, "%s: %zu bytes, at most %d are read", file, size,
			     CONFIG_SIZE_MAX);
		return;
	}
	while (rest.len > 0) {
		parser.line++;
		read_line(&parser, span_take(&rest, '\n'));
	}
	end_section(&parser);
	check_guests(&parser);
}

/* Copies the first word of string; without a word that fits, makes the guest invalid. */
static void copy_module(struct config *config, struct span string, char name[VM_MODULE_SIZE])
{
	struct span word = span_take_word(&string);

	if (word.len > 0 && span_copy(word, name, VM_MODULE_SIZE))
		return;
	config->vms[0].valid = false;
	problems_add(&config->problems, "guest: bad module name '%.*s' (want 1 to 63 characters)",
		     span_width(word), word.at);
}

void config_default(const char *kernel, const char *initrd, struct config *config)
{
	struct vm_config *vm = &config->vms[0];
	struct span arguments = span_of(kernel);

	memset(config, 0, sizeof(*config));
	config->count = 1;
	set_defaults(vm);
	span_copy(span_of("guest"), vm->name, VM_NAME_SIZE);
	vm->cpus = 0;
	copy_module(config, span_of(kernel), vm->kernel);
	if (initrd)
		copy_module(config, span_of(initrd), vm->initrd);
	span_take_word(&arguments);
	if (span_copy(arguments, vm->cmdline, VM_CMDLINE_SIZE))
		return;
	vm->valid = false;
	problems_add(&config->problems, "guest: command line of %zu characters, at most %d fit",
		     arguments.len, VM_CMDLINE_SIZE - 1);
}

bool config_ranges_contain(const struct config_ranges *ranges, u32 number)
{
	for (u32 i = 0; i < ranges->count; i++)
		if (number >= ranges->at[i].first && number <= ranges->at[i].last)
			return true;
	return false;
}
