/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns a bitmap font for printable ASCII, which boot/host/start.asm uses too. Pure. */
#pragma once

#include "core/base/types.h"

enum {
	FONT_FIRST =
		0x20, /* space; the last glyph is for all characters that are not printable ASCII */
	FONT_COUNT = 96,
	FONT_WIDTH = 6,	 /* dots, the gap to the next character included */
	FONT_HEIGHT = 9, /* 7 above the base line, 1 below, 1 for the gap */
};

/* Rows from the top; bit 7 is the leftmost dot. */
extern const u8 font_glyphs[FONT_COUNT][FONT_HEIGHT];
