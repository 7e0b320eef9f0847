/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about guests. */
#pragma once

#include "core/terminal/command.h"

enum status vm_log(const struct argument *args, struct report *out, struct error *err);
enum status vm_list(const struct argument *args, struct report *out, struct error *err);
enum status vm_start_command(const struct argument *args, struct report *out, struct error *err);
enum status vm_kill_command(const struct argument *args, struct report *out, struct error *err);
enum status vm_apics(const struct argument *args, struct report *out, struct error *err);
enum status vm_exits(const struct argument *args, struct report *out, struct error *err);

/* core/shell/life_commands.c */
enum status vm_stop_command(const struct argument *args, struct report *out, struct error *err);
enum status vm_reset_command(const struct argument *args, struct report *out, struct error *err);
enum status vm_pause_command(const struct argument *args, struct report *out, struct error *err);
enum status vm_resume_command(const struct argument *args, struct report *out, struct error *err);
enum status vm_show(const struct argument *args, struct report *out, struct error *err);
