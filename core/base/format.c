/* SPDX-License-Identifier: BSD-2-Clause */
/* Formats text into a buffer. Never allocates, never writes past the end of the buffer. Pure. */
#include "core/base/format.h"

#include "core/base/string.h"

struct sink {
	char *buf;
	size_t size;
	size_t wanted;
};

enum { NUMBER_DIGITS = 20 }; /* of 2^64 in decimal */

/* The integer types of the C promotions, by length modifier. */
enum length { LENGTH_CHAR, LENGTH_SHORT, LENGTH_INT, LENGTH_LONG };

struct spec {
	bool left;
	bool zero;
	bool has_precision;
	unsigned width;
	unsigned precision;
	enum length length;
	char conversion;
};

static void put(struct sink *out, char c)
{
	if (out->wanted + 1 < out->size)
		out->buf[out->wanted] = c;
	out->wanted++;
}

static void put_repeated(struct sink *out, char c, size_t count)
{
	while (count--)
		put(out, c);
}

/* Writes prefix and text, padded to the width: zeros go between them, blanks outside. */
static void put_field(struct sink *out, const struct spec *spec, const char *prefix,
		      const char *text, size_t length)
{
	size_t prefix_length = strlen(prefix);
	size_t used = prefix_length + length;
	size_t padding = spec->width > used ? spec->width - used : 0;

	if (!spec->left && !spec->zero)
		put_repeated(out, ' ', padding);
	while (*prefix)
		put(out, *prefix++);
	if (!spec->left && spec->zero)
		put_repeated(out, '0', padding);
	while (length--)
		put(out, *text++);
	if (spec->left)
		put_repeated(out, ' ', padding);
}

static void put_number(struct sink *out, const struct spec *spec, const char *prefix, u64 value)
{
	const char *digits = spec->conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	bool decimal = spec->conversion == 'd' || spec->conversion == 'u';
	unsigned base = decimal ? 10 : 16;
	char text[NUMBER_DIGITS];
	size_t at = sizeof(text);

	do {
		text[--at] = digits[value % base];
		value /= base;
	} while (value);
	put_field(out, spec, prefix, text + at, sizeof(text) - at);
}

static const char *parse_number(const char *at, unsigned *number)
{
	enum { LIMIT = 10000 }; /* more than enough; keeps the number from wrapping */

	*number = 0;
	for (; *at >= '0' && *at <= '9'; at++)
		if (*number < LIMIT)
			*number = *number * 10 + (*at - '0');
	return at;
}

static const char *parse_flags(struct spec *spec, const char *at)
{
	for (;; at++) {
		if (*at == '-')
			spec->left = true;
		else if (*at == '0')
			spec->zero = true;
		else
			return at;
	}
}

static const char *parse_length(struct spec *spec, const char *at)
{
	for (;; at++) {
		if (*at == 'h')
			spec->length = spec->length == LENGTH_SHORT ? LENGTH_CHAR : LENGTH_SHORT;
		else if (*at == 'l' || *at == 'z')
			spec->length = LENGTH_LONG;
		else
			return at;
	}
}

/* Cut an integer argument, which had the default promotions, to the type of the modifier. */
static u64 cut_unsigned(enum length length, u64 value)
{
	if (length == LENGTH_CHAR)
		return (u8)value;
	return length == LENGTH_SHORT ? (u16)value : value;
}

static s64 cut_signed(enum length length, s64 value)
{
	if (length == LENGTH_CHAR)
		return (s8)value;
	return length == LENGTH_SHORT ? (s16)value : value;
}

/* A va_list may be an array type, so functions pass a pointer to this struct instead. */
struct arguments {
	va_list list;
};

static void put_conversion(struct sink *out, struct spec *spec, struct arguments *args)
{
	bool wide = spec->length == LENGTH_LONG;
	const char *text;
	s64 number;
	char c;

	switch (spec->conversion) {
	case 'c':
		c = (char)va_arg(args->list, int);
		put_field(out, spec, "", &c, 1);
		return;
	case 's':
		text = va_arg(args->list, const char *);
		if (!text)
			text = "(null)";
		put_field(out, spec, "", text,
			  spec->has_precision ? strnlen(text, spec->precision) : strlen(text));
		return;
	case 'd':
		number = cut_signed(spec->length,
				    wide ? va_arg(args->list, long) : va_arg(args->list, int));
		put_number(out, spec, number < 0 ? "-" : "",
			   number < 0 ? -(u64)number : (u64)number);
		return;
	case 'u':
	case 'x':
	case 'X':
		put_number(out, spec, "",
			   cut_unsigned(spec->length, wide ? va_arg(args->list, unsigned long)
							   : va_arg(args->list, unsigned)));
		return;
	case 'p':
		put_number(out, spec, "0x", (uintptr_t)va_arg(args->list, void *));
		return;
	default: /* unsupported: printed as in the format, so that somebody notices */
		put(out, '%');
		put(out, spec->conversion);
	}
}

static const char *parse_width(struct spec *spec, const char *at, struct arguments *args)
{
	int width;

	if (*at != '*')
		return parse_number(at, &spec->width);
	width = va_arg(args->list, int);
	spec->left |= width < 0; /* a negative width means '-', as in C */
	spec->width = width < 0 ? -(unsigned)width : (unsigned)width;
	return at + 1;
}

static const char *parse_precision(struct spec *spec, const char *at, struct arguments *args)
{
	int precision;

	if (*at != '.')
		return at;
	spec->has_precision = true;
	if (at[1] != '*')
		return parse_number(at + 1, &spec->precision);
	precision = va_arg(args->list, int);
	spec->has_precision = precision >= 0;
	spec->precision = (unsigned)precision;
	return at + 2;
}

/*
 * Formats one conversion; at points to the character after the '%'. Returns the end of the
 * conversion.
 */
static const char *format_one(struct sink *out, const char *at, struct arguments *args)
{
	struct spec spec = {.length = LENGTH_INT};

	at = parse_flags(&spec, at);
	at = parse_width(&spec, at, args);
	at = parse_precision(&spec, at, args);
	at = parse_length(&spec, at);
	if (!*at)
		return at;
	spec.conversion = *at;
	if (spec.conversion == 'i')
		spec.conversion = 'd';
	if (spec.conversion == '%')
		put(out, '%');
	else
		put_conversion(out, &spec, args);
	return at + 1;
}

size_t format_text_v(char *buf, size_t size, const char *fmt, va_list args)
{
	struct sink out = {.buf = buf, .size = size};
	struct arguments box;

	va_copy(box.list, args);
	while (*fmt) {
		if (*fmt != '%')
			put(&out, *fmt++);
		else
			fmt = format_one(&out, fmt + 1, &box);
	}
	va_end(box.list);
	if (size)
		buf[out.wanted < size ? out.wanted : size - 1] = '\0';
	return out.wanted;
}

size_t format_text(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	size_t wanted;

	va_start(args, fmt);
	wanted = format_text_v(buf, size, fmt, args);
	va_end(args);
	return wanted;
}
