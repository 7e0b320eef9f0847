/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about memory. */
#pragma once

#include "core/shell/command.h"

enum status mem_owners(const struct argument *args, struct report *out, struct error *err);
