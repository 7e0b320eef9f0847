/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about who has the console. */
#pragma once

#include "core/terminal/command.h"

enum status console_mix_command(const struct argument *args, struct report *out, struct error *err);
enum status console_attach_command(const struct argument *args, struct report *out,
				   struct error *err);
