/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about memory. */
#pragma once

#include "core/terminal/command.h"

enum status mem_owners(const struct argument *args, struct report *out, struct error *err);
enum status mem_dump(const struct argument *args, struct report *out, struct error *err);
enum status mem_map(const struct argument *args, struct report *out, struct error *err);
enum status mem_type(const struct argument *args, struct report *out, struct error *err);
enum status mem_walk(const struct argument *args, struct report *out, struct error *err);
