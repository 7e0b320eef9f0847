/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the machine's screen, a framebuffer or VGA's text mode; never changes the
 * mode that the loader has set. Takes no lock: core/base/log.c holds its lock
 * around output.
 */
#pragma once

#include "boot/multiboot2.h"
#include "core/base/status.h"

/*
 * Maps the screen as write-combining memory and clears it. Needs no heap. Fails as
 * canvas_init does, with ERR_RANGE if the described screen overlaps RAM, and with
 * ERR_NO_MEMORY if it cannot be mapped. After a failure screen_write has no effect.
 */
enum status screen_init(const struct boot_info *info, struct error *err) must_check;

/* Writes size characters as grid_write does; no effect without a screen. */
void screen_write(const char *text, size_t size);

/* True after screen_init has succeeded. */
bool screen_is_present(void);
