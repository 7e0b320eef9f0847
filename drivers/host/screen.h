/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's screen, as the loader left it: a framebuffer or VGA's text
 * mode. No lock: core/base/log.c holds its own around output.
 */
#pragma once

#include "boot/multiboot2.h"
#include "core/base/status.h"

/*
 * Maps the screen, write-combining, and clears it. Works before there is a
 * heap. Fails, and screen_write does nothing, as canvas_init does, and with
 * ERR_RANGE when it would lie in RAM, ERR_NO_MEMORY when it cannot be mapped.
 */
enum status screen_init(const struct boot_info *info, struct error *err) must_check;

void screen_write(const char *text, size_t size);

bool screen_is_there(void);
