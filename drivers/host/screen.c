/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the screen's memory and maps it. drivers/canvas/grid.c draws. */
#include "drivers/host/screen.h"

#include "core/base/bits.h"
#include "core/base/x86.h"
#include "drivers/canvas/grid.h"
#include "mm/host/hostmap.h"

enum {
	VGA_TEXT = 0xb8000,
	VGA_COLUMNS = 80,
	VGA_ROWS = 25,
	/* The CRT controller's cursor start register, and its bit for no cursor. */
	VGA_CRTC_INDEX = 0x3d4,
	VGA_CRTC_DATA = 0x3d5,
	VGA_CURSOR_START = 0x0a,
	VGA_CURSOR_OFF = 0x20,
};

static struct grid grid; /* lock: the log's; canvas.base is NULL without a screen */

/* Returns the loader's description. Without one a BIOS machine has VGA's text mode. */
static struct boot_framebuffer describe(const struct boot_info *info)
{
	if (info->framebuffer.present || info->efi32 || info->efi64)
		return info->framebuffer;
	return (struct boot_framebuffer){
		.present = true,
		.addr = VGA_TEXT,
		.pitch = VGA_COLUMNS * sizeof(u16),
		.width = VGA_COLUMNS,
		.height = VGA_ROWS,
		.bpp = 16,
		.type = BOOT_FRAMEBUFFER_TEXT,
	};
}

/* With a wrong description that points to RAM, output would overwrite guests. */
static bool is_ram(const struct boot_info *info, u64 start, u64 size)
{
	for (u32 i = 0; i < info->memory_count; i++) {
		const struct boot_memory *range = &info->memory[i];

		if (range->type == BOOT_MEMORY_AVAILABLE && start < range->base + range->size &&
		    range->base < start + size)
			return true;
	}
	return false;
}

enum status screen_init(const struct boot_info *info, struct error *err)
{
	struct boot_framebuffer fb = describe(info);
	struct canvas canvas;
	enum status status = canvas_init(&canvas, &fb, err);
	u64 size = canvas_size(&canvas);

	if (status != OK)
		return status;
	if (!range_fits(fb.addr, size, UINT64_MAX) || is_ram(info, fb.addr, size))
		return fail(err, ERR_RANGE, "screen: %llu bytes at 0x%llx are not its own", size,
			    fb.addr);
	canvas.base = hostmap_map_device(hpa_make(fb.addr), size, MEMTYPE_WC);
	if (!canvas.base)
		return fail(err, ERR_NO_MEMORY, "screen: %llu bytes at 0x%llx cannot be mapped",
			    size, fb.addr);
	if (canvas.pixel_size == 0) {
		x86_out8(VGA_CRTC_INDEX, VGA_CURSOR_START);
		x86_out8(VGA_CRTC_DATA, VGA_CURSOR_OFF);
	}
	grid_init(&grid, &canvas);
	return OK;
}

void screen_write(const char *text, size_t size)
{
	if (grid.canvas.base)
		grid_write(&grid, text, size);
}

bool screen_is_present(void)
{
	return grid.canvas.base != NULL;
}
