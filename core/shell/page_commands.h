/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about pages that are not there. */
#pragma once

#include "core/terminal/command.h"

enum status vm_evict(const struct argument *args, struct report *out, struct error *err);
enum status vm_poison(const struct argument *args, struct report *out, struct error *err);
enum status page_events_show(const struct argument *args, struct report *out, struct error *err);
