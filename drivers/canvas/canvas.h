/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Draws characters: into the cells of a VGA text mode, or into the pixels of a
 * linear framebuffer of any size, depth, masks and pitch. Never reads the memory,
 * because reading a real framebuffer takes a hundred times as long. Pure: the
 * memory is the caller's.
 */
#pragma once

#include "boot/multiboot2.h"
#include "core/base/status.h"
#include "core/base/types.h"

/* The limits of a canvas: a very large screen keeps a margin. */
enum { CANVAS_COLUMNS_MAX = 256, CANVAS_ROWS_MAX = 96 };

struct canvas {
	u8 *base;
	u32 columns, rows; /* characters; from 1 to the limits above */
	u32 pitch;	   /* bytes a line: of pixels, or of text cells */
	u32 lines;	   /* of pixels, or of text cells */
	u32 pixel_size;	   /* bytes; 0: a text mode */
	u32 scale;	   /* pixels for each dot of the font, in both directions */
	u32 ink;	   /* the value of a lit pixel */
};

/*
 * Fills in all but base for the screen that fb describes. ERR_NOT_FOUND: fb has
 * no screen. ERR_UNSUPPORTED: a mode that cannot be drawn in. ERR_INVALID: the
 * description contradicts itself.
 */
enum status canvas_init(struct canvas *canvas, const struct boot_framebuffer *fb,
			struct error *err) must_check;

/* Size of the canvas's memory in bytes. */
size_t canvas_size(const struct canvas *canvas);

/* Makes all of the canvas dark. */
void canvas_clear(const struct canvas *canvas);

/* Draws a character at column < columns, row < rows. */
void canvas_put(const struct canvas *canvas, u32 column, u32 row, char c);
