/* SPDX-License-Identifier: BSD-2-Clause */
/* Splits text into words and numbers, and compares words. Pure. */
#include "core/base/span.h"

#include "core/base/bits.h"
#include "core/base/string.h"

struct span span_of(const char *text)
{
	return (struct span){text, strlen(text)};
}

bool span_equal(struct span span, const char *text)
{
	return strlen(text) == span.len && memcmp(span.at, text, span.len) == 0;
}

bool span_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct span span_trim(struct span span)
{
	while (span.len > 0 && span_is_blank(span.at[0])) {
		span.at++;
		span.len--;
	}
	while (span.len > 0 && span_is_blank(span.at[span.len - 1]))
		span.len--;
	return span;
}

/* Removes and returns the first len characters of *rest, and removes skip more. */
static struct span take(struct span *rest, size_t len, size_t skip)
{
	struct span front = {rest->at, len};

	rest->at += len + skip;
	rest->len -= len + skip;
	return front;
}

struct span span_take(struct span *rest, char separator)
{
	size_t len = 0;

	while (len < rest->len && rest->at[len] != separator)
		len++;
	return take(rest, len, len < rest->len);
}

struct span span_take_word(struct span *rest)
{
	size_t len = 0;
	struct span word;

	*rest = span_trim(*rest);
	while (len < rest->len && !span_is_blank(rest->at[len]))
		len++;
	word = take(rest, len, 0);
	*rest = span_trim(*rest);
	return word;
}

/* Returns the value of a digit in base 10 or 16; 16: not a digit. */
static unsigned digit_value(char c, unsigned base)
{
	unsigned value = 16;

	if (c >= '0' && c <= '9')
		value = (unsigned)(c - '0');
	else if (c >= 'a' && c <= 'f')
		value = (unsigned)(c - 'a') + 10;
	else if (c >= 'A' && c <= 'F')
		value = (unsigned)(c - 'A') + 10;
	return value < base ? value : 16;
}

bool span_number(struct span span, u64 max, u64 *value)
{
	unsigned base = 10;
	u64 sum = 0;

	if (span.len > 2 && span.at[0] == '0' && (span.at[1] == 'x' || span.at[1] == 'X')) {
		base = 16;
		take(&span, 2, 0);
	}
	if (span.len == 0)
		return false;
	for (size_t i = 0; i < span.len; i++) {
		unsigned digit = digit_value(span.at[i], base);

		if (digit == 16 || digit > max || sum > (max - digit) / base)
			return false;
		sum = sum * base + digit;
	}
	*value = sum;
	return true;
}

bool span_copy(struct span span, char *buf, size_t size)
{
	bool fits = span.len < size;

	if (fits)
		memcpy(buf, span.at, span.len);
	buf[fits ? span.len : 0] = '\0';
	return fits;
}

int span_width(struct span span)
{
	return span.len > INT32_MAX ? INT32_MAX : (int)span.len;
}

bool span_choose(struct span span, const struct span_choice *choices, u32 *value)
{
	for (; choices->name; choices++) {
		if (!span_equal(span, choices->name))
			continue;
		*value = choices->value;
		return true;
	}
	return false;
}

u32 span_distance(struct span a, struct span b)
{
	/*
	 * Three rows of the matrix of distances between prefixes: i - 2, i - 1 and i, each at i
	 * % 3.
	 */
	u32 row[3][SPAN_DISTANCE_MAX + 1];
	u32 n = (u32)min_u64(a.len, SPAN_DISTANCE_MAX), m = (u32)min_u64(b.len, SPAN_DISTANCE_MAX);

	for (u32 j = 0; j <= m; j++)
		row[0][j] = j;
	for (u32 i = 1; i <= n; i++) {
		u32 *above = row[(i - 1) % 3], *now = row[i % 3], *two = row[(i + 1) % 3];

		now[0] = i;
		for (u32 j = 1; j <= m; j++) {
			now[j] = (u32)min_u64(min_u64(above[j], now[j - 1]) + 1,
					      above[j - 1] + (a.at[i - 1] != b.at[j - 1]));
			if (i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] &&
			    a.at[i - 2] == b.at[j - 1])
				now[j] = (u32)min_u64(now[j], two[j - 2] + 1);
		}
	}
	return row[n % 3][m];
}
