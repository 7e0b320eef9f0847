/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The modules that the boot loader left in memory, by name. They stay for as
 * long as the machine runs, so that a guest can start again.
 */
#pragma once

#include "boot/multiboot2.h"

struct module {
	const char *name;    /* the first word of its GRUB command line */
	const char *cmdline; /* the words after it */
	u64 start, size;     /* host physical, bytes */
};

/* Takes over what the boot information says; the strings are copied. The boot CPU, once. */
enum status boot_modules_init(const struct boot_info *info, struct error *err) must_check;

const struct module *boot_modules_find(const char *name); /* NULL: none */

/* "vmlinuz initrd.img", for messages. */
const char *boot_modules_names(void);
