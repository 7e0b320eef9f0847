/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns a page of text that scrolls, on a canvas. Keeps a copy of what it has drawn,
 * so that scrolling reads nothing back and draws only the characters that change.
 * Pure. A panic that interrupts a call may use the grid afterwards.
 */
#pragma once

#include "drivers/canvas/canvas.h"

struct grid {
	struct canvas canvas;
	u32 column, row; /* of the next character: column <= columns, row <= rows */
	char cells[CANVAS_ROWS_MAX][CANVAS_COLUMNS_MAX];
};

/* Begins an empty page, and clears the canvas. */
void grid_init(struct grid *grid, const struct canvas *canvas);

/* Lines end in LF; CR returns to the start of the line. A long line continues in the next row. */
void grid_write(struct grid *grid, const char *text, size_t size);
