/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A page of text that scrolls, on a canvas. It keeps what it has drawn, so
 * that scrolling reads nothing back and draws only the characters that change.
 * Pure; whoever interrupts a call for good (a panic) may go on with it.
 */
#pragma once

#include "drivers/canvas/canvas.h"

struct grid {
	struct canvas canvas;
	u32 column, row; /* where the next character goes: column <= columns, row <= rows */
	char cells[CANVAS_ROWS_MAX][CANVAS_COLUMNS_MAX];
};

/* An empty page on the canvas, whose memory is cleared. */
void grid_init(struct grid *grid, const struct canvas *canvas);

/* Lines end in LF; CR returns to the line's start. Long lines go on in the next row. */
void grid_write(struct grid *grid, const char *text, size_t size);
