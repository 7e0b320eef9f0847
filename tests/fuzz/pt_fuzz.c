/* SPDX-License-Identifier: BSD-2-Clause */
/* Sequences of mm/pt operations in any format, with a check after every store. */
#include <stdlib.h>

#include "tests/unit/pt_model.h"

static void model_expect(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const struct pt_format *const formats[] = {&pt_format_host, &pt_format_npt,
							  &pt_format_ept};
	static struct model m;
	struct model_op op;

	if (!size)
		return 0;
	model_init(&m, formats[data[0] % 3], data[0] / 3 % 3 + 1);
	for (data++, size--; size >= sizeof(op); data += sizeof(op), size -= sizeof(op)) {
		memcpy(&op, data, sizeof(op));
		model_step(&m, op);
	}
	model_end(&m);
	return 0;
}
