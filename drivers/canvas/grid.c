/* SPDX-License-Identifier: BSD-2-Clause */
/* The grid: cursor, characters and scrolling. Draws only through drivers/canvas/canvas.h. */
#include "drivers/canvas/grid.h"

#include "core/base/string.h"

/* Draws a character if another one is at that place. */
static void put(struct grid *grid, u32 column, u32 row, char c)
{
	if (grid->cells[row][column] == c)
		return;
	grid->cells[row][column] = c;
	canvas_put(&grid->canvas, column, row, c);
}

static void scroll(struct grid *grid)
{
	u32 last = grid->canvas.rows - 1;

	for (u32 row = 0; row < last; row++)
		for (u32 column = 0; column < grid->canvas.columns; column++)
			put(grid, column, row, grid->cells[row + 1][column]);
	for (u32 column = 0; column < grid->canvas.columns; column++)
		put(grid, column, last, ' ');
	grid->row = last;
}

/* A new row begins, and the page scrolls, only when a character is written into the new row. */
static void put_next(struct grid *grid, char c)
{
	if (grid->column >= grid->canvas.columns) {
		grid->column = 0;
		grid->row++;
	}
	if (grid->row >= grid->canvas.rows)
		scroll(grid);
	put(grid, grid->column, grid->row, c);
	grid->column++;
}

static void end_line(struct grid *grid)
{
	if (grid->row >= grid->canvas.rows)
		scroll(grid);
	grid->column = 0;
	grid->row++;
}

void grid_init(struct grid *grid, const struct canvas *canvas)
{
	grid->canvas = *canvas;
	grid->column = grid->row = 0;
	memset(grid->cells, ' ', sizeof(grid->cells));
	canvas_clear(canvas);
}

void grid_write(struct grid *grid, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\n')
			end_line(grid);
		else if (text[i] == '\r')
			grid->column = 0;
		else
			put_next(grid, text[i]);
	}
}
