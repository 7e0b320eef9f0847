/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about the trace. */
#pragma once

#include "core/terminal/command.h"

enum status trace_on_command(const struct argument *args, struct report *out, struct error *err);
enum status trace_off_command(const struct argument *args, struct report *out, struct error *err);
enum status trace_dump_command(const struct argument *args, struct report *out, struct error *err);
