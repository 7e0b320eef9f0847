/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about the machine and the hypervisor itself. */
#pragma once

#include "core/terminal/command.h"

enum status machine_timing(const struct argument *args, struct report *out, struct error *err);
enum status machine_log(const struct argument *args, struct report *out, struct error *err);
enum status machine_version(const struct argument *args, struct report *out, struct error *err);
enum status machine_reboot(const struct argument *args, struct report *out, struct error *err);
enum status machine_panic(const struct argument *args, struct report *out, struct error *err);
enum status machine_power_off(const struct argument *args, struct report *out, struct error *err);
