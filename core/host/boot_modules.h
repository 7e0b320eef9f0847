/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the list of modules that the boot loader put into memory. They are never
 * freed, so that a guest can start again.
 */
#pragma once

#include "boot/multiboot2.h"

struct module {
	const char *name;    /* the first word of its GRUB command line */
	const char *cmdline; /* the words after it */
	u64 start, size;     /* host physical, bytes */
};

/* Copies the list and its strings from the boot information. Boot CPU, once. ERR_NO_MEMORY. */
enum status boot_modules_init(const struct boot_info *info, struct error *err) must_check;

const struct module *boot_modules_find(const char *name); /* NULL: none */

/* Returns the names for messages: "vmlinuz initrd.img", or "none". */
const char *boot_modules_names(void);
