/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plans the start of a Linux bzImage: places its parts and writes its boot_params.
 * The setup header is hostile input. Pure.
 *
 * Source: Linux documentation, "The Linux/x86 Boot Protocol", with "The
 * Real-Mode Kernel Header", "32-bit Boot Protocol" and "64-bit Boot Protocol".
 */
#include "core/load/image.h"

#include "core/base/bytes.h"

/* Offsets in the image, and the same in boot_params ("The Real-Mode Kernel Header"). */
enum {
	HDR_SETUP_SECTS = 0x1f1,
	HDR_SYSSIZE = 0x1f4,
	HDR_VID_MODE = 0x1fa,
	HDR_BOOT_FLAG = 0x1fe,
	HDR_JUMP_LENGTH = 0x201,
	HDR_MAGIC = 0x202,
	HDR_VERSION = 0x206,
	HDR_TYPE_OF_LOADER = 0x210,
	HDR_LOADFLAGS = 0x211,
	HDR_CODE32_START = 0x214,
	HDR_RAMDISK_IMAGE = 0x218,
	HDR_RAMDISK_SIZE = 0x21c,
	HDR_CMD_LINE_PTR = 0x228,
	HDR_INITRD_ADDR_MAX = 0x22c,
	HDR_KERNEL_ALIGNMENT = 0x230,
	HDR_RELOCATABLE = 0x234,
	HDR_XLOADFLAGS = 0x236,
	HDR_CMDLINE_SIZE = 0x238,
	HDR_PREF_ADDRESS = 0x258,
	HDR_INIT_SIZE = 0x260,
	HDR_END_MAX = 0x290, /* boot_params go on with another member */
};

/* Other members of boot_params ("The zero page"). */
enum {
	PARAMS_RSDP = 0x070,
	PARAMS_E820_COUNT = 0x1e8,
	PARAMS_E820 = 0x2d0,
	PARAMS_SIZE = 0x1000,
	E820_MAX = 128,
	E820_ENTRY_SIZE = 20,
};

enum {
	SECTOR = 512,
	BOOT_FLAG = 0xaa55,
	VERSION_MIN = 0x0206,
	VERSION_PREF_ADDRESS = 0x020a,
	VERSION_XLOADFLAGS = 0x020c,
	VERSION_RSDP = 0x020e,
	LOADFLAGS_LOADED_HIGH = BIT(0),
	XLOADFLAGS_KERNEL_64 = BIT(0),
	ENTRY_64_OFFSET = 0x200, /* from the start of the protected-mode part */
	LOADER_UNASSIGNED = 0xff,
	VID_MODE_NORMAL = 0xffff,
};

/* The identity map of a 64-bit start: PML4, PDPT and a page directory for each GiB. */
enum {
	TABLE_PAGES = 2 + 4,
	TABLE_ENTRIES = 512,
	TABLE_LINK = BIT(0) | BIT(1),	       /* present, writable */
	TABLE_LEAF = BIT(0) | BIT(1) | BIT(7), /* and a 2 MiB page */
};

struct linux_image {
	u16 version;
	enum load_mode mode;
	u64 offset, size; /* of the protected-mode part in the file */
	bool relocatable;
	u64 alignment;
	u64 pref_address;
	u64 init_size; /* memory the kernel uses before it knows the memory map */
	u64 initrd_top;
	u32 cmdline_max;
};

/* The generated data, one segment: boot_params, page tables, GDT, command line. */
struct linux_blob {
	u64 tables, gdt, cmdline, size; /* offsets in it; its size */
	u64 gpa, kernel, initrd;	/* GPAs: its own, and those of the kernel and the initrd */
};

bool load_linux_matches(const struct load_request *request)
{
	return request->head_size >= HDR_VERSION &&
	       bytes_get16(request->head + HDR_BOOT_FLAG) == BOOT_FLAG &&
	       memcmp(request->head + HDR_MAGIC, "HdrS", 4) == 0;
}

static void read_placement(const u8 *head, struct linux_image *image)
{
	image->relocatable = head[HDR_RELOCATABLE] != 0;
	image->alignment = image->relocatable ? bytes_get32(head + HDR_KERNEL_ALIGNMENT) : 1;
	image->pref_address = GUEST_HIGH_BASE;
	image->init_size = image->size;
	if (image->version < VERSION_PREF_ADDRESS)
		return;
	image->pref_address = bytes_get64(head + HDR_PREF_ADDRESS);
	image->init_size = max_u64(image->size, bytes_get32(head + HDR_INIT_SIZE));
}

static bool has_entry_64(const u8 *head, const struct linux_image *image)
{
	return image->version >= VERSION_XLOADFLAGS &&
	       (bytes_get16(head + HDR_XLOADFLAGS) & XLOADFLAGS_KERNEL_64) &&
	       image->size > ENTRY_64_OFFSET;
}

/* Finds the protected-mode part, which follows the boot sector and the setup sectors. */
static enum status read_size(const struct load_request *request, struct linux_image *image,
			     struct error *err)
{
	u8 sectors = request->head[HDR_SETUP_SECTS];
	u64 declared = (u64)bytes_get32(request->head + HDR_SYSSIZE) * 16;

	image->offset = (u64)((sectors ? sectors : 4) + 1) * SECTOR;
	if (image->offset >= request->kernel_size)
		return fail(err, ERR_INVALID,
			    "Linux: %u setup sectors, but the file has only %llu bytes", sectors,
			    request->kernel_size);
	image->size = request->kernel_size - image->offset;
	/* Some kernels round the declared size up past the end of the file. */
	if (declared >= image->size + SECTOR)
		return fail(err, ERR_INVALID,
			    "Linux: file cut short: %llu bytes follow the setup, the header "
			    "declares %llu",
			    image->size, declared);
	return OK;
}

static enum status read_header(const struct load_request *request, struct linux_image *image,
			       struct error *err)
{
	const u8 *head = request->head;
	enum status status;

	if (request->head_size < 2 * SECTOR)
		return fail(err, ERR_INVALID, "Linux: image of only %zu bytes", request->head_size);
	image->version = bytes_get16(head + HDR_VERSION);
	if (image->version < VERSION_MIN)
		return fail(err, ERR_UNSUPPORTED,
			    "Linux: boot protocol %u.%02u, at least 2.06 needed",
			    image->version >> 8, image->version & 0xff);
	if (!(head[HDR_LOADFLAGS] & LOADFLAGS_LOADED_HIGH))
		return fail(err, ERR_UNSUPPORTED, "Linux: a zImage, only bzImage can be started");
	if (bytes_get32(head + HDR_CODE32_START) == 0)
		return fail(err, ERR_UNSUPPORTED,
			    "Linux: no 32-bit entry (code32_start is 0): this kernel starts in "
			    "real mode and calls a BIOS, which a guest does not have");
	status = read_size(request, image, err);
	if (status != OK)
		return status;
	read_placement(head, image);
	if (image->alignment == 0 || (image->alignment & (image->alignment - 1)) != 0)
		return fail(err, ERR_INVALID, "Linux: kernel_alignment 0x%llx is no power of two",
			    image->alignment);
	image->mode = has_entry_64(head, image) ? LOAD_LONG64 : LOAD_PROTECTED32;
	image->initrd_top = (u64)bytes_get32(head + HDR_INITRD_ADDR_MAX) + 1;
	image->cmdline_max = bytes_get32(head + HDR_CMDLINE_SIZE);
	return OK;
}

/*
 * A relocatable kernel that is loaded below pref_address moves itself to the first
 * multiple of its alignment from pref_address on, so it is loaded there at once.
 */
static enum status place_kernel(const struct load_request *request, struct load_plan *plan,
				const struct linux_image *image, u64 *gpa, struct error *err)
{
	struct load_need need = {
		.what = "Linux: kernel",
		.size = image->init_size,
		.align = image->alignment,
		.low = image->pref_address,
		.high = LOAD_TOP,
	};
	struct load_segment segment = {
		.gpa = image->pref_address,
		.source = LOAD_KERNEL,
		.offset = image->offset,
		.file_size = image->size,
		.mem_size = image->size,
	};

	if (image->relocatable) {
		enum status status = load_place_find(request, plan, &need, &segment.gpa, err);

		if (status != OK)
			return status;
	}
	*gpa = segment.gpa;
	return load_place_add(request, plan, &segment, image->init_size, need.what, err);
}

/* Places the initrd as high as the kernel allows, away from memory into which it unpacks itself. */
static enum status place_initrd(const struct load_request *request, struct load_plan *plan,
				const struct linux_image *image, u64 *gpa, struct error *err)
{
	struct load_need need = {
		.what = "Linux: initrd",
		.size = request->initrd_size,
		.align = PAGE_SIZE,
		.low = GUEST_HIGH_BASE,
		.high = image->initrd_top,
		.topmost = true,
	};

	*gpa = 0;
	if (need.size == 0)
		return OK;
	if (need.size > UINT32_MAX)
		return fail(err, ERR_RANGE, "Linux: initrd of 0x%llx bytes", need.size);
	return load_place_put(request, plan, &need, LOAD_INITRD, gpa, err);
}

static enum status place_blob(const struct load_request *request, struct load_plan *plan,
			      const struct linux_image *image, struct linux_blob *blob,
			      struct error *err)
{
	size_t length = strlen(request->cmdline);
	struct load_need need = {
		.what = "Linux: boot parameters",
		.align = PAGE_SIZE,
		.low = LOAD_LOW_BASE,
		.high = LOAD_TOP,
	};

	if (length > image->cmdline_max)
		return fail(err, ERR_RANGE,
			    "Linux: command line of %zu characters, this kernel takes %u", length,
			    image->cmdline_max);
	blob->tables = PARAMS_SIZE;
	blob->gdt = blob->tables + (image->mode == LOAD_LONG64 ? TABLE_PAGES * PAGE_SIZE : 0);
	blob->cmdline = blob->gdt + LOAD_GDT_SIZE;
	blob->size = blob->cmdline + length + 1;
	if (blob->size > request->scratch_size)
		return fail(err, ERR_RANGE, "Linux: boot parameters of %llu bytes, %zu of room",
			    blob->size, request->scratch_size);
	need.size = blob->size;
	return load_place_put(request, plan, &need, LOAD_BLOB, &blob->gpa, err);
}

static void write_tables(u8 *bytes, u64 gpa)
{
	u8 *pdpt = bytes + PAGE_SIZE;
	u8 *directories = pdpt + PAGE_SIZE;

	bytes_put64(bytes, (gpa + PAGE_SIZE) | TABLE_LINK);
	for (u64 i = 0; i < 4; i++)
		bytes_put64(pdpt + i * 8, (gpa + (2 + i) * PAGE_SIZE) | TABLE_LINK);
	for (u64 i = 0; i < 4 * TABLE_ENTRIES; i++)
		bytes_put64(directories + i * 8, i * (2 * MIB) | TABLE_LEAF);
}

/* Copies the setup header. It ends at the target of the jump instruction that skips it. */
static void copy_header(const u8 *head, u8 *params)
{
	size_t end = min_u64(HDR_MAGIC + (u64)head[HDR_JUMP_LENGTH], HDR_END_MAX);

	memcpy(params + HDR_SETUP_SECTS, head + HDR_SETUP_SECTS, end - HDR_SETUP_SECTS);
}

static void write_blob(const struct load_request *request, const struct linux_image *image,
		       const struct linux_blob *blob)
{
	u8 *params = request->scratch;

	memset(params, 0, blob->size);
	copy_header(request->head, params);
	params[HDR_TYPE_OF_LOADER] = LOADER_UNASSIGNED;
	bytes_put16(params + HDR_VID_MODE, VID_MODE_NORMAL);
	bytes_put32(params + HDR_CODE32_START, (u32)blob->kernel);
	bytes_put32(params + HDR_RAMDISK_IMAGE, (u32)blob->initrd);
	bytes_put32(params + HDR_RAMDISK_SIZE, (u32)request->initrd_size);
	bytes_put32(params + HDR_CMD_LINE_PTR, (u32)(blob->gpa + blob->cmdline));
	if (image->version >= VERSION_RSDP)
		bytes_put64(params + PARAMS_RSDP, request->rsdp);
	params[PARAMS_E820_COUNT] = (u8)request->map_count;
	load_place_write_map(request, params + PARAMS_E820, E820_ENTRY_SIZE);
	if (image->mode == LOAD_LONG64)
		write_tables(params + blob->tables, blob->gpa + blob->tables);
	load_entry_write_gdt(params + blob->gdt, image->mode);
	memcpy(params + blob->cmdline, request->cmdline, blob->size - blob->cmdline);
}

enum status load_linux_plan(const struct load_request *request, struct load_plan *plan,
			    struct error *err)
{
	struct linux_image image = {0};
	struct linux_blob blob = {0};
	enum status status = read_header(request, &image, err);

	if (status == OK && request->map_count > E820_MAX)
		status = fail(err, ERR_RANGE, "Linux: memory map of %u entries, at most %d",
			      request->map_count, E820_MAX);
	if (status == OK)
		status = place_kernel(request, plan, &image, &blob.kernel, err);
	if (status == OK)
		status = place_blob(request, plan, &image, &blob, err);
	if (status == OK)
		status = place_initrd(request, plan, &image, &blob.initrd, err);
	if (status != OK)
		return status;
	write_blob(request, &image, &blob);
	load_entry_init(&plan->entry, image.mode,
			blob.kernel + (image.mode == LOAD_LONG64 ? ENTRY_64_OFFSET : 0),
			blob.gpa + blob.gdt);
	plan->entry.regs.gpr[RSI] = blob.gpa;
	if (image.mode == LOAD_LONG64)
		plan->entry.control.cr3 = blob.gpa + blob.tables;
	return OK;
}
