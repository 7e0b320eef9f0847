/* SPDX-License-Identifier: BSD-2-Clause */
/* Sequences of mm/frames operations, compared with a model that has one owner per page. */
#include <stdlib.h>

#include "tests/unit/frames_model.h"

static void model_expect(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct model m;
	struct model_op op;

	model_init(&m);
	for (; size >= sizeof(op); data += sizeof(op), size -= sizeof(op)) {
		memcpy(&op, data, sizeof(op));
		model_step(&m, op);
	}
	return 0;
}
