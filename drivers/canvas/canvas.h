/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Draws characters: into the cells of a VGA text mode, or into the pixels of a
 * linear framebuffer of any size, depth, masks and pitch. Never reads the screen's
 * memory, because reading a real framebuffer takes a hundred times as long as
 * writing it; never maps the memory. Pure: the caller provides the memory.
 */
#pragma once

#include "boot/multiboot2.h"
#include "core/base/status.h"
#include "core/base/types.h"

/* The limits of a canvas. A larger screen stays dark beyond them. */
enum { CANVAS_COLUMNS_MAX = 256, CANVAS_ROWS_MAX = 96 };

struct canvas {
	u8 *base;	   /* canvas_size() bytes, set by the caller after canvas_init */
	u32 columns, rows; /* characters; 1 to the limits above */
	u32 pitch;	   /* bytes in a line of pixels or of text cells */
	u32 lines;	   /* number of lines of pixels or of text cells */
	u32 pixel_size;	   /* bytes; 0: a text mode */
	u32 scale;	   /* pixels for each dot of the font, in both directions */
	u32 ink;	   /* the value of a lit pixel */
};

/*
 * Fills in all members but base for the screen that fb describes. ERR_NOT_FOUND: fb
 * describes no screen. ERR_UNSUPPORTED: characters cannot be drawn in its mode.
 * ERR_INVALID: the description contradicts itself.
 */
enum status canvas_init(struct canvas *canvas, const struct boot_framebuffer *fb,
			struct error *err) must_check;

/* Returns the size of the canvas's memory in bytes. */
size_t canvas_size(const struct canvas *canvas);

/* Sets the whole memory of the canvas to zero: black. base must be set. */
void canvas_clear(const struct canvas *canvas);

/* Draws a character at column < columns, row < rows. base must be set. */
void canvas_put(const struct canvas *canvas, u32 column, u32 row, char c);
