/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about vCPUs. */
#pragma once

#include "core/terminal/command.h"

enum status vcpu_regs(const struct argument *args, struct report *out, struct error *err);
enum status vcpu_where(const struct argument *args, struct report *out, struct error *err);
