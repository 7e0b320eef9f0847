/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks the description of a framebuffer, and draws glyphs. */
#include "drivers/canvas/canvas.h"

#include "core/base/bits.h"
#include "core/base/bytes.h"
#include "drivers/canvas/font.h"

enum {
	SIZE_MAX_BYTES = 256 * MIB, /* twice what 8K needs */
	TEXT_CELL = 2,		    /* bytes: the character, its attribute */
	TEXT_ATTRIBUTE = 0x07,	    /* light grey on black */
	INK_LEVEL = 0xd0,	    /* of 0xff, in each colour */
	/* The scale is the largest that leaves this room, which a panic's report needs. */
	COLUMNS_NEEDED = 80,
	ROWS_NEEDED = 40,
};

/* Returns INK_LEVEL as the value of a colour field: size bits from bit position. */
static u32 ink_of(u8 position, u8 size)
{
	return (u32)(INK_LEVEL * (BIT(size) - 1) / 0xff << position);
}

static enum status check_colours(const struct boot_framebuffer *fb, struct error *err)
{
	const u8 sizes[] = {fb->red.size, fb->green.size, fb->blue.size};
	const u8 positions[] = {fb->red.position, fb->green.position, fb->blue.position};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		if (!range_fits(positions[i], sizes[i], align_up(fb->bpp, 8)))
			return fail(err, ERR_INVALID,
				    "screen: %u bits from %u on of %u are no colour", sizes[i],
				    positions[i], fb->bpp);
	return OK;
}

/* Sets the scale and, from it, columns and rows; width and height are in pixels. */
static void set_scale(struct canvas *canvas, u32 width, u32 height)
{
	u32 across = width / (FONT_WIDTH * COLUMNS_NEEDED);
	u32 down = height / (FONT_HEIGHT * ROWS_NEEDED);

	canvas->scale = (u32)max_u64(1, min_u64(across, down));
	canvas->columns = width / (FONT_WIDTH * canvas->scale);
	canvas->rows = height / (FONT_HEIGHT * canvas->scale);
}

static enum status set_pixels(struct canvas *canvas, const struct boot_framebuffer *fb,
			      struct error *err)
{
	if (fb->type != BOOT_FRAMEBUFFER_RGB ||
	    (fb->bpp != 15 && fb->bpp != 16 && fb->bpp != 24 && fb->bpp != 32))
		return fail(err, ERR_UNSUPPORTED, "screen: type %u of %u bits a pixel is not drawn",
			    fb->type, fb->bpp);
	if (check_colours(fb, err) != OK)
		return ERR_INVALID;
	canvas->pixel_size = (u32)align_up(fb->bpp, 8) / 8;
	canvas->ink = ink_of(fb->red.position, fb->red.size) |
		      ink_of(fb->green.position, fb->green.size) |
		      ink_of(fb->blue.position, fb->blue.size);
	set_scale(canvas, fb->width, fb->height);
	return OK;
}

/* Refuses a screen without room for a character, with overlapping lines, or of too many bytes. */
static enum status check_size(const struct canvas *canvas, const struct boot_framebuffer *fb,
			      struct error *err)
{
	u64 unit = canvas->pixel_size ? canvas->pixel_size : TEXT_CELL;

	if (canvas->columns && canvas->rows && fb->width * unit <= fb->pitch &&
	    (u64)fb->pitch * fb->height <= SIZE_MAX_BYTES)
		return OK;
	return fail(err, ERR_INVALID, "screen: %u by %u in lines of %u bytes cannot be", fb->width,
		    fb->height, fb->pitch);
}

enum status canvas_init(struct canvas *canvas, const struct boot_framebuffer *fb, struct error *err)
{
	enum status status;

	*canvas = (struct canvas){
		.columns = fb->width,
		.rows = fb->height,
		.pitch = fb->pitch,
		.lines = fb->height,
	};
	if (!fb->present)
		return fail(err, ERR_NOT_FOUND, "screen: the loader names none");
	status = fb->type == BOOT_FRAMEBUFFER_TEXT ? OK : set_pixels(canvas, fb, err);
	if (status == OK)
		status = check_size(canvas, fb, err);
	canvas->columns = (u32)min_u64(canvas->columns, CANVAS_COLUMNS_MAX);
	canvas->rows = (u32)min_u64(canvas->rows, CANVAS_ROWS_MAX);
	return status;
}

size_t canvas_size(const struct canvas *canvas)
{
	return (size_t)canvas->pitch * canvas->lines;
}

void canvas_clear(const struct canvas *canvas)
{
	memset(canvas->base, 0, canvas_size(canvas));
}

/* Draws one dot's pixels in one line at `at`; returns the address behind them. */
static u8 *put_pixels(const struct canvas *canvas, u8 *at, bool lit)
{
	u32 value = lit ? canvas->ink : 0;

	for (u32 i = 0; i < canvas->scale; i++) {
		memcpy(at, &value, canvas->pixel_size);
		at += canvas->pixel_size;
	}
	return at;
}

static void put_glyph(const struct canvas *canvas, u8 *at, char c)
{
	u32 index = (u32)(u8)c - FONT_FIRST;
	const u8 *glyph = font_glyphs[index < FONT_COUNT ? index : FONT_COUNT - 1];

	for (u32 line = 0; line < FONT_HEIGHT * canvas->scale; line++, at += canvas->pitch) {
		u8 dots = glyph[line / canvas->scale];
		u8 *pixel = at;

		for (u32 dot = 0; dot < FONT_WIDTH; dot++)
			pixel = put_pixels(canvas, pixel, dots << dot & BIT(7));
	}
}

void canvas_put(const struct canvas *canvas, u32 column, u32 row, char c)
{
	size_t left = (size_t)column * FONT_WIDTH * canvas->scale * canvas->pixel_size;
	size_t above = (size_t)row * FONT_HEIGHT * canvas->scale * canvas->pitch;

	if (canvas->pixel_size == 0)
		bytes_put16(canvas->base + (size_t)row * canvas->pitch + column * TEXT_CELL,
			    (u16)(TEXT_ATTRIBUTE << 8 | (u8)c));
	else
		put_glyph(canvas, canvas->base + above + left, c);
}
