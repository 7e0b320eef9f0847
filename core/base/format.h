/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formats text into a buffer. Pure. A subset of printf:
 * %% %c %s %d %i %u %x %X %p with width, '0', '-' and precision for %s (also
 * "*"), and the length modifiers h hh l ll z. Nothing else.
 */
#pragma once

#include <stdarg.h>

#include "core/base/types.h"

/*
 * Writes at most size bytes, with a NUL at the end if size > 0. Returns the length of the whole
 * text without the NUL, which is size or more if the text was cut.
 */
size_t format_text(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
size_t format_text_v(char *buf, size_t size, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));
