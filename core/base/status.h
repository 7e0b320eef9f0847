/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the list of status codes, and the error: a sentence with values, written
 * where the error is found and passed up unchanged until it is shown. Pure.
 */
#pragma once

#include "core/base/types.h"

#define must_check __attribute__((warn_unused_result))

enum status {
	OK = 0,
	ERR_INVALID,	 /* a value is not what the format or the call allows */
	ERR_NOT_FOUND,	 /* something named does not exist */
	ERR_NO_MEMORY,	 /* memory or table space is used up */
	ERR_UNSUPPORTED, /* valid, but this machine or this program cannot do it */
	ERR_RANGE,	 /* an address or a length is outside its limits */
	ERR_BUSY,	 /* in use, or in the wrong state */
	ERR_CHECKSUM,	 /* a checksum is wrong */
	ERR_TIMEOUT,	 /* no answer in time */
};

enum { ERROR_TEXT_SIZE = 160 };

struct error {
	enum status status;
	char text[ERROR_TEXT_SIZE]; /* always NUL-terminated, cut if too long */
};

/*
 * Fills err (which may be NULL) with code and the formatted sentence, and
 * returns code, so that an origin reads: return fail(err, ERR_RANGE, "...");
 * Formats: those of core/base/format.h.
 */
enum status fail(struct error *err, enum status code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A short name for a code: "invalid", "not found", ... Never NULL. */
const char *status_name(enum status code);
