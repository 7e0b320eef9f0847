/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Model of QEMU's firmware configuration device, with its traditional interface
 * (no DMA): a selector, a data port, read-only items and a directory of named
 * files. Keeps pointers to the caller's files; never copies or frees them. Pure.
 */
#pragma once

#include "core/base/types.h"

enum {
	FWCFG_SELECTOR = 0, /* 16-bit writes at 0x510 */
	FWCFG_DATA = 1,	    /* bytes at 0x511 */
	FWCFG_NAME_SIZE = 56,
	FWCFG_FILES_MAX = 64,
};

struct fwcfg_file {
	const char
		*name; /* "opt/...", "etc/..."; the guest sees at most FWCFG_NAME_SIZE - 1 bytes */
	const void *data; /* must live as long as the machine */
	u32 size;	  /* bytes */
};

struct fwcfg_setup {
	u64 ram_size; /* bytes */
	u16 cpus;
	const struct fwcfg_file *files; /* must live as long as the machine */
	u32 file_count;			/* the guest does not see files past FWCFG_FILES_MAX */
};

struct fwcfg {
	struct fwcfg_setup setup;
	u16 key;    /* the selected item */
	u32 offset; /* of the next byte within the selected item */
};

/* Initializes the device with the signature selected; setup is copied, the files are not. */
void fwcfg_init(struct fwcfg *fwcfg, const struct fwcfg_setup *setup);
/* Selects the item with this key; the next read returns its first byte. */
void fwcfg_select(struct fwcfg *fwcfg, u16 key);
/* Returns the selected item's next byte; zero past its end and if the key has no item. */
u8 fwcfg_read(struct fwcfg *fwcfg);
