/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's firmware configuration device, the traditional interface (no DMA):
 * a selector, a data port, read-only items and a directory of named files.
 * Holds pointers to the caller's files; never copies or frees them. Pure.
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
	const char *name; /* "opt/...", "etc/..."; at most FWCFG_NAME_SIZE - 1 bytes are shown */
	const void *data; /* lives as long as the machine does */
	u32 size;
};

struct fwcfg_setup {
	u64 ram_size; /* bytes */
	u16 cpus;
	const struct fwcfg_file *files; /* lives as long as the machine does */
	u32 file_count;			/* files past FWCFG_FILES_MAX are not shown */
};

struct fwcfg {
	struct fwcfg_setup setup;
	u16 key;
	u32 offset; /* of the next byte within the selected item */
};

/* Selects the signature. */
void fwcfg_init(struct fwcfg *fwcfg, const struct fwcfg_setup *setup);
/* Selects an item, from its first byte. */
void fwcfg_select(struct fwcfg *fwcfg, u16 key);
/* The item's next byte; zero past its end, and for a key without an item. */
u8 fwcfg_read(struct fwcfg *fwcfg);
