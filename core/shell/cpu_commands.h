/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about physical CPUs. */
#pragma once

#include "core/terminal/command.h"

enum status cpu_list(const struct argument *args, struct report *out, struct error *err);
enum status cpu_offline(const struct argument *args, struct report *out, struct error *err);
enum status cpu_online(const struct argument *args, struct report *out, struct error *err);
enum status cpu_show(const struct argument *args, struct report *out, struct error *err);
