/* SPDX-License-Identifier: BSD-2-Clause */
/* Pixels by hand, for each depth, and a page compared with a model that redraws everything. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

#include "core/base/bits.h"
#include "drivers/canvas/font.h"
#include "drivers/canvas/grid.h"

static struct boot_framebuffer fb;
static struct canvas canvas;
static struct grid grid;
static struct error err;

static struct boot_framebuffer rgb(u32 width, u32 height, u8 bpp)
{
	bool deep = bpp > 16;
	u8 size = deep ? 8 : 5, green = bpp == 16 ? 6 : size;

	return (struct boot_framebuffer){
		.present = true,
		.pitch = width * ((bpp + 7U) / 8) + 12,
		.width = width,
		.height = height,
		.bpp = bpp,
		.type = BOOT_FRAMEBUFFER_RGB,
		.red = {(u8)(size + green), size},
		.green = {size, green},
		.blue = {0, size},
	};
}

static struct boot_framebuffer text(void)
{
	return (struct boot_framebuffer){.present = true,
					 .pitch = 160,
					 .width = 80,
					 .height = 25,
					 .bpp = 16,
					 .type = BOOT_FRAMEBUFFER_TEXT};
}

/*
 * Memory of the exact size that the screen reports, so that the sanitizer sees any write
 * past its end.
 */
static void open(void)
{
	free(canvas.base);
	assert_int_equal(canvas_init(&canvas, &fb, &err), OK);
	canvas.base = malloc(canvas_size(&canvas));
	memset(canvas.base, 0x55, canvas_size(&canvas));
	grid_init(&grid, &canvas);
}

static int close(void **state)
{
	(void)state;
	free(canvas.base);
	return 0;
}

static u32 pixel(u32 x, u32 y)
{
	u32 value = 0;

	memcpy(&value, canvas.base + (size_t)y * canvas.pitch + (size_t)x * canvas.pixel_size,
	       canvas.pixel_size);
	return value;
}

/* 0xd0 of 0xff in each colour: 0xd0 of 8 bits, 25 of 5, 51 of 6. */
static void ink_by_depth(void **state)
{
	static const struct {
		u8 bpp;
		u32 ink;
	} rows[] = {{32, 0xd0d0d0},
		    {24, 0xd0d0d0},
		    {16, 25 << 11 | 51 << 5 | 25},
		    {15, 25 << 10 | 25 << 5 | 25}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fb = rgb(1024, 768, rows[i].bpp);
		open();
		assert_int_equal(canvas.ink, rows[i].ink);
		grid_write(&grid, "|", 1); /* the middle column of its glyph is set */
		assert_int_equal(pixel(4, 0), rows[i].ink);
		assert_int_equal(pixel(5, 1), rows[i].ink);
		assert_int_equal(pixel(3, 0), 0);
		assert_int_equal(pixel(6, 0), 0);
		assert_int_equal(pixel(1023, 767), 0);
	}
	fb = rgb(1024, 768, 32); /* ten bits a colour */
	fb.red.position = 20;
	fb.green.position = 10;
	fb.red.size = fb.green.size = fb.blue.size = 10;
	open();
	assert_int_equal(canvas.ink, 834 << 20 | 834 << 10 | 834);
}

static void dots_grow_with_the_screen(void **state)
{
	static const u32 rows[][5] = {/* width, height, scale, columns, rows */
				      {640, 480, 1, 106, 53},	{800, 600, 1, 133, 66},
				      {1024, 768, 2, 85, 42},	{1920, 1080, 3, 106, 40},
				      {3840, 2160, 6, 106, 40}, {7680, 400, 1, 256, 44},
				      {6, 9, 1, 1, 1}};

	struct canvas made;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fb = rgb(rows[i][0], rows[i][1], 32);
		assert_int_equal(canvas_init(&made, &fb, &err), OK);
		assert_int_equal(made.scale, rows[i][2]);
		assert_int_equal(made.columns, rows[i][3]);
		assert_int_equal(made.rows, rows[i][4]);
	}
}

static void refuses(enum status status)
{
	struct canvas none;

	assert_int_equal(canvas_init(&none, &fb, &err), status);
}

static void refuses_what_cannot_be(void **state)
{
	(void)state;
	fb = (struct boot_framebuffer){0};
	refuses(ERR_NOT_FOUND);
	fb = rgb(1024, 768, 8);
	refuses(ERR_UNSUPPORTED);
	fb = rgb(1024, 768, 32);
	fb.type = BOOT_FRAMEBUFFER_INDEXED;
	refuses(ERR_UNSUPPORTED);
	fb = rgb(1024, 768, 32);
	fb.pitch = 4095;
	refuses(ERR_INVALID);
	fb = rgb(5, 768, 32);
	refuses(ERR_INVALID);
	fb = rgb(1024, 768, 24);
	fb.red.position = 17;
	refuses(ERR_INVALID);
	fb = rgb(1024, 0xffffffff, 32);
	refuses(ERR_INVALID);
	fb = rgb(0x40000001, 768, 32); /* 4 bytes a pixel wrap 32 bits */
	fb.pitch = 4;
	refuses(ERR_INVALID);
	fb = text();
	fb.height = 0;
	refuses(ERR_INVALID);
}

/* The text of a text mode's row, without blanks at its end. */
static const char *row(u32 number)
{
	static char line[81];
	u32 length = 0;

	for (u32 i = 0; i < 80; i++) {
		line[i] = (char)canvas.base[number * 160 + i * 2];
		if (line[i] == '\0') /* cleared, never drawn */
			line[i] = ' ';
		if (line[i] != ' ')
			length = i + 1;
	}
	line[length] = '\0';
	return line;
}

static void write(const char *string)
{
	grid_write(&grid, string, strlen(string));
}

static void scrolls_and_wraps(void **state)
{
	char line[32];

	(void)state;
	fb = text();
	open();
	for (u32 i = 0; i < 25; i++) {
		snprintf(line, sizeof(line), "line %u\r\n", i);
		write(line);
	}
	assert_string_equal(row(0), "line 0"); /* all 25 rows hold text */
	assert_string_equal(row(24), "line 24");
	write("x");
	assert_string_equal(row(0), "line 1");
	assert_string_equal(row(24), "x");
	write("\n\n\rabc\rX");
	assert_string_equal(row(23), "");
	assert_string_equal(row(24), "Xbc");
	write("\n");
	for (u32 i = 0; i < 81; i++)
		write("w");
	assert_int_equal(strlen(row(23)), 80);
	assert_string_equal(row(24), "w");
	assert_int_equal(canvas.base[24 * 160 + 1], 0x07);
}

/* After any text the pixels are the same as after redrawing the kept characters. */
static void scrolling_draws_all_that_changed(void **state)
{
	struct canvas fresh;
	u32 random = 12345;

	(void)state;
	fb = rgb(150, 100, 24);
	open();
	for (u32 i = 0; i < 2000; i++) {
		char c;

		random = random * 1103515245 + 12345;
		c = random >> 28 == 0 ? '\n' : (char)(random >> 16);
		grid_write(&grid, &c, 1);
	}
	fresh = canvas;
	fresh.base = calloc(1, canvas_size(&canvas));
	for (u32 y = 0; y < canvas.rows; y++)
		for (u32 x = 0; x < canvas.columns; x++)
			canvas_put(&fresh, x, y, grid.cells[y][x]);
	assert_memory_equal(fresh.base, canvas.base, canvas_size(&canvas));
	free(fresh.base);
}

static void glyphs_differ(void **state)
{
	(void)state;
	for (u32 i = 0; i < FONT_COUNT; i++)
		for (u32 j = 0; j < i; j++)
			assert_memory_not_equal(font_glyphs[i], font_glyphs[j], FONT_HEIGHT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ink_by_depth),
		cmocka_unit_test(dots_grow_with_the_screen),
		cmocka_unit_test(refuses_what_cannot_be),
		cmocka_unit_test(scrolls_and_wraps),
		cmocka_unit_test(scrolling_draws_all_that_changed),
		cmocka_unit_test(glyphs_differ),
	};

	return cmocka_run_group_tests(tests, NULL, close);
}
