/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns a page of text on a canvas, which scrolls. Keeps a copy of the drawn
 * characters, so that scrolling never reads the screen and draws only the characters
 * that change. Takes no lock. A panic that interrupts a call may still use the grid.
 * Pure.
 */
#pragma once

#include "drivers/canvas/canvas.h"

struct grid {
	struct canvas canvas;
	u32 column, row; /* place of the next character: column <= columns, row <= rows */
	char cells[CANVAS_ROWS_MAX][CANVAS_COLUMNS_MAX];
};

/* Makes the page empty and clears the canvas, of which the grid keeps a copy. */
void grid_init(struct grid *grid, const struct canvas *canvas);

/*
 * Writes size characters. LF ends a line; CR returns to its start. A line that is
 * too long continues in the next row.
 */
void grid_write(struct grid *grid, const char *text, size_t size);
