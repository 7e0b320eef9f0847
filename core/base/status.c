/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes errors and names status codes. Never logs. Pure. */
#include "core/base/status.h"

#include "core/base/bits.h"
#include "core/base/format.h"

enum status fail(struct error *err, enum status code, const char *fmt, ...)
{
	if (err) {
		va_list args;

		err->status = code;
		va_start(args, fmt);
		format_text_v(err->text, sizeof(err->text), fmt, args);
		va_end(args);
	}
	return code;
}

const char *status_name(enum status code)
{
	static const char *const names[] = {
		[OK] = "ok",
		[ERR_INVALID] = "invalid",
		[ERR_NOT_FOUND] = "not found",
		[ERR_NO_MEMORY] = "no memory",
		[ERR_UNSUPPORTED] = "unsupported",
		[ERR_RANGE] = "out of range",
		[ERR_BUSY] = "busy",
		[ERR_CHECKSUM] = "bad checksum",
		[ERR_TIMEOUT] = "timeout",
	};

	return (size_t)code < ARRAY_SIZE(names) ? names[code] : "unknown";
}
