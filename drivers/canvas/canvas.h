/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where characters are drawn: the cells of a VGA text mode, or the pixels of a
 * linear framebuffer of any size, depth, masks and pitch. Only ever written
 * to, since reading a real framebuffer takes a hundred times as long. Pure:
 * the memory is the caller's.
 */
#pragma once

#include "boot/multiboot2.h"
#include "core/base/status.h"
#include "core/base/types.h"

/* More characters than that are not used: a very large screen keeps a margin. */
enum { CANVAS_COLUMNS_MAX = 256, CANVAS_ROWS_MAX = 96 };

struct canvas {
	u8 *base;
	u32 columns, rows; /* characters; from 1 to the limits above */
	u32 pitch;	   /* bytes a line: of pixels, or of text cells */
	u32 lines;	   /* of them */
	u32 pixel_size;	   /* bytes; 0: a text mode */
	u32 scale;	   /* pixels a dot of the font, both ways */
	u32 ink;	   /* the value of a pixel that is lit */
};

/*
 * Makes a canvas without memory for what fb describes. ERR_NOT_FOUND: none.
 * ERR_UNSUPPORTED: a mode that is not drawn in. ERR_INVALID: what is said about
 * it cannot be true.
 */
enum status canvas_init(struct canvas *canvas, const struct boot_framebuffer *fb,
			struct error *err) must_check;

/* Bytes that the canvas's memory must have. */
size_t canvas_size(const struct canvas *canvas);

/* All dark. */
void canvas_clear(const struct canvas *canvas);

/* A character at column < columns, row < rows. */
void canvas_put(const struct canvas *canvas, u32 column, u32 row, char c);
