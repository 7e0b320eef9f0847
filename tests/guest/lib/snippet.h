/* SPDX-License-Identifier: BSD-2-Clause */
/* One row of a table made with lib/snippet.inc. */
#pragma once

#include "core/base/types.h"

struct snippet {
	const char *name;
	void (*code)(void *argument);
	u64 target; /* address of the instruction of interest */
	u64 after;  /* address of the next instruction */
};
