/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any framebuffer that a loader may describe, and any text: nothing outside the framebuffer
 * is written.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/bits.h"
#include "drivers/canvas/grid.h"

enum { SIZE_LIMIT = MIB };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct grid grid;
	struct boot_framebuffer fb = {.present = true};
	struct canvas canvas;

	if (size < 24)
		return 0;
	memcpy(&fb.pitch, data, 4);
	memcpy(&fb.width, data + 4, 4);
	memcpy(&fb.height, data + 8, 4);
	fb.bpp = data[12];
	fb.type = data[13] % 4;
	memcpy(&fb.red, data + 14, 6);
	if (canvas_init(&canvas, &fb, NULL) != OK || canvas_size(&canvas) > SIZE_LIMIT)
		return 0;
	canvas.base = malloc(canvas_size(&canvas));
	grid_init(&grid, &canvas);
	grid_write(&grid, (const char *)data + 24, size - 24);
	free(canvas.base);
	return 0;
}
