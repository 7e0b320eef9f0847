/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The C library's string functions that the program uses, with the C
 * library's meaning: on the build machine the tests link the real ones.
 */
#pragma once

#include "core/base/types.h"

void *memcpy(void *restrict dst, const void *restrict src, size_t size);
void *memmove(void *dst, const void *src, size_t size);
void *memset(void *dst, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t max);
char *strchr(const char *s, int c);
