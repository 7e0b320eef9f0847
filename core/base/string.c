/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The string functions that the program and its compilers call. For the target
 * only: tests link the C library's. Inline assembly, and the barriers in loops,
 * keep a compiler from turning a function's body into a call of itself.
 */
#include "core/base/string.h"

void *memcpy(void *restrict dst, const void *restrict src, size_t size)
{
	void *to = dst;

	asm volatile("rep movsb" : "+D"(to), "+S"(src), "+c"(size) : : "memory");
	return dst;
}

void *memset(void *dst, int byte, size_t size)
{
	void *to = dst;

	asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
	return dst;
}

void *memmove(void *dst, const void *src, size_t size)
{
	u8 *to = dst;
	const u8 *from = src;

	/* Upwards is right unless dst lies within [src, src + size). */
	if ((uintptr_t)to - (uintptr_t)from >= size)
		return memcpy(dst, src, size);
	while (size--) {
		to[size] = from[size];
		asm volatile("" : : : "memory");
	}
	return dst;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const u8 *x = a, *y = b;

	for (; size; size--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *s)
{
	size_t length = 0;

	while (s[length]) {
		length++;
		asm volatile("" : : : "memory");
	}
	return length;
}

size_t strnlen(const char *s, size_t max)
{
	size_t length = 0;

	while (length < max && s[length])
		length++;
	return length;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t max)
{
	for (; max; max--, a++, b++)
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	return 0;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)s;
}
