/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns a bitmap font for printable ASCII; boot/host/start.asm uses it too. Never draws. Pure. */
#pragma once

#include "core/base/types.h"

enum {
	FONT_FIRST = 0x20, /* the first glyph is the space's */
	FONT_COUNT = 96,   /* the last glyph stands for all characters but printable ASCII */
	FONT_WIDTH = 6,	   /* dots, including the gap to the next character */
	FONT_HEIGHT = 9,   /* dots: 7 above the base line, 1 below it, 1 for the gap */
};

/* Rows from the top; bit 7 is the leftmost dot. */
extern const u8 font_glyphs[FONT_COUNT][FONT_HEIGHT];
