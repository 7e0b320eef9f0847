/* SPDX-License-Identifier: BSD-2-Clause */
/* Synthetic multiboot 1 images, and the errors for images that cannot be started. */
#define LOADS LOAD_MULTIBOOT
#include "tests/unit/load_test.h"

enum { IMAGE_SIZE = 0x4000, HEADER = 0x200 };

static u8 image[IMAGE_SIZE];
static struct guest_range map[8];

static void set_header(u32 at, u32 flags)
{
	bytes_put32(image + at, 0x1badb002);
	bytes_put32(image + at + 4, flags);
	bytes_put32(image + at + 8, -(0x1badb002 + flags));
}

static u8 *program(u32 index)
{
	return image + 52 + index * 32;
}

static void set_program(u32 index, u32 offset, u32 paddr, u32 filesz, u32 memsz)
{
	const u32 fields[] = {1, offset, paddr + 0x40000000, paddr, filesz, memsz, 7, 0x1000};

	memcpy(program(index), fields, sizeof(fields));
}

/* An ELF32 at 1 MiB, linked 1 GiB higher, with code and bss, in a guest of 64 MiB. */
static int begin(void **state)
{
	(void)state;
	memset(image, 0, sizeof(image));
	memset(scratch, 0xee, sizeof(scratch));
	memcpy(image,
	       "\x7f"
	       "ELF\1\1\1",
	       7);
	memcpy(image + 16, "\2\0\3\0", 4);
	bytes_put32(image + 24, 0x40100010);
	bytes_put32(image + 28, 52);
	bytes_put16(image + 42, 32);
	bytes_put16(image + 44, 3);
	set_program(0, 0x1000, 0x100000, 0x2000, 0x2000);
	set_program(1, 0x3000, 0x102000, 0x1000, 0x5000);
	bytes_put32(program(2), 4); /* a note */
	set_header(HEADER, 3);
	map[0] = (struct guest_range){0, 0x9fc00, GUEST_RAM};
	map[1] = (struct guest_range){0x9fc00, 0x60400, GUEST_RESERVED};
	map[2] = (struct guest_range){0x100000, 0x3f00000, GUEST_RAM};
	map[3] = (struct guest_range){0x100000000, 0x1000000, GUEST_RAM};
	request = (struct load_request){
		.head = image,
		.head_size = IMAGE_SIZE,
		.kernel_size = IMAGE_SIZE,
		.read = load_model_read,
		.initrd_size = 0x1801,
		.initrd_name = "disk.img",
		.cmdline = "test=msr",
		.map = map,
		.map_count = 4,
		.scratch = scratch,
		.scratch_size = sizeof(scratch),
	};
	return 0;
}

static void elf_segments_go_to_physical_addresses(void **state)
{
	(void)state;
	expect_plan();
	assert_int_equal(plan.segments[0].gpa, 0x100000);
	assert_int_equal(plan.segments[0].offset, 0x1000);
	assert_int_equal(plan.segments[0].file_size, 0x2000);
	assert_int_equal(plan.segments[1].gpa, 0x102000);
	assert_int_equal(plan.segments[1].file_size, 0x1000);
	assert_int_equal(plan.segments[1].mem_size, 0x5000);
	assert_int_equal(plan.segment_count, 4);
	assert_int_equal(plan.entry.regs.rip, 0x100010); /* e_entry is virtual */
}

static void machine_state(void **state)
{
	const struct load_entry *entry = &plan.entry;

	(void)state;
	expect_plan();
	assert_int_equal(entry->mode, LOAD_PROTECTED32);
	assert_int_equal(entry->regs.gpr[RAX], 0x2badb002);
	assert_int_equal(entry->control.cr0 & (CR0_PE | CR0_PG), CR0_PE);
	assert_int_equal(entry->regs.rflags & (RFLAGS_VM | RFLAGS_IF), 0);
	assert_int_equal(entry->control.seg[SEG_CS].attr, 0xc09b);
	assert_int_equal(entry->control.seg[SEG_CS].limit, 0xffffffff);
	for (unsigned i = 0; i < SEG_COUNT; i++) {
		assert_int_equal(entry->control.seg[i].base, 0);
		if (i != SEG_CS)
			assert_int_equal(entry->control.seg[i].attr, 0xc093);
	}
	assert_int_equal(bytes_get64(guest(entry->gdt_base + 0x10)), 0x00cf9b000000ffff);
}

static void information(void **state)
{
	const u8 *info, *module, *mmap;

	(void)state;
	expect_plan();
	info = guest(plan.entry.regs.gpr[RBX]);
	assert_int_equal(bytes_get32(info), 1 | 4 | 8 | 0x40 | 0x200);
	assert_int_equal(bytes_get32(info + 4), 639);
	assert_int_equal(bytes_get32(info + 8), 63 * 1024);
	assert_string_equal((const char *)guest(bytes_get32(info + 16)), "test=msr");
	assert_string_equal((const char *)guest(bytes_get32(info + 64)), "Ashlar");
	assert_int_equal(bytes_get32(info + 20), 1);
	module = guest(bytes_get32(info + 24));
	assert_int_equal(bytes_get32(module), 0x107000);
	assert_int_equal(bytes_get32(module + 4), 0x107000 + 0x1801);
	assert_string_equal((const char *)guest(bytes_get32(module + 8)), "disk.img");
	assert_int_equal(segment(LOAD_INITRD)->gpa, 0x107000);
	assert_int_equal(bytes_get32(info + 44), 4 * 24);
	mmap = guest(bytes_get32(info + 48));
	for (u32 i = 0; i < 4; i++, mmap += 24) {
		assert_int_equal(bytes_get32(mmap), 20);
		assert_int_equal(bytes_get64(mmap + 4), map[i].base);
		assert_int_equal(bytes_get64(mmap + 12), map[i].size);
		assert_int_equal(bytes_get32(mmap + 20), map[i].type);
	}
	for (u32 i = 0; i < 2; i++)
		bytes_put32(program(i) + 12, bytes_get32(program(i) + 12) + 0x100000);
	expect_plan();
	assert_int_equal(segment(LOAD_INITRD)->gpa, 0x207000); /* after it, not before it */
	request.initrd_size = 0;
	expect_plan();
	assert_int_equal(bytes_get32(guest(plan.entry.regs.gpr[RBX]) + 20), 0);
	assert_null(segment(LOAD_INITRD));
}

static void set_addresses(u32 header_addr, u32 load, u32 load_end, u32 bss_end, u32 entry)
{
	const u32 fields[] = {header_addr, load, load_end, bss_end, entry};

	set_header(HEADER, BIT(16));
	memcpy(image + HEADER + 12, fields, sizeof(fields));
}

static void address_fields(void **state)
{
	(void)state;
	set_addresses(0x200100, 0x200000, 0x201000, 0x203000, 0x200123);
	expect_plan();
	assert_int_equal(plan.segments[0].gpa, 0x200000);
	assert_int_equal(plan.segments[0].offset, 0x100);
	assert_int_equal(plan.segments[0].file_size, 0x1000);
	assert_int_equal(plan.segments[0].mem_size, 0x3000);
	assert_int_equal(plan.entry.regs.rip, 0x200123);
	set_addresses(0x200100, 0x200000, 0, 0, 0x200123); /* the whole file, no bss */
	expect_plan();
	assert_int_equal(plan.segments[0].file_size, IMAGE_SIZE - 0x100);
	assert_int_equal(plan.segments[0].mem_size, IMAGE_SIZE - 0x100);
}

static void bad_address_fields(void **state)
{
	static const u32 rows[][5] = {
		{0x1ffff0, 0x200000, 0, 0, 0x200000},	     /* header below load */
		{0x200201, 0x200000, 0, 0, 0x200000},	     /* would begin before the file */
		{0x200100, 0x200000, 0x200000, 0, 0x200000}, /* empty */
		{0x200100, 0x200000, 0x1fffff, 0, 0x200000}, /* ends before it begins */
		{0x200100, 0x200000, 0x203f01, 0, 0x200000}, /* more than the file has */
		{0x200100, 0x200000, 0x201000, 0x200fff, 0x200000},   /* bss ends in the data */
		{0x200100, 0x200000, 0x201000, 0x201000, 0x201000},   /* entry after it */
		{0x200100, 0x200000, 0x201000, 0x201000, 0x1fffff},   /* entry before it */
		{0x200100, 0x200000, 0x201000, 0xffffffff, 0x200000}, /* bss past the memory */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		set_addresses(rows[i][0], rows[i][1], rows[i][2], rows[i][3], rows[i][4]);
		assert_int_not_equal(load_make_plan(&request, &plan, &err), OK);
	}
	memmove(image + IMAGE_SIZE - 12 - 0x2000, image + HEADER, 12);
	memset(image + HEADER, 0, 12);
	request.head_size = request.kernel_size = IMAGE_SIZE - 0x2000;
	expect_error(ERR_INVALID, "multiboot: header cut short at 8192 bytes");
}

static void header_search(void **state)
{
	(void)state;
	memset(image + HEADER, 0, 12);
	set_header(8192 - 12, 0);
	expect_plan();
	memset(image + 8192 - 12, 0, 12);
	set_header(8192 - 8, 0);
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_UNSUPPORTED);
	memset(image + 8192 - 8, 0, 12);
	set_header(HEADER + 2, 0);
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_UNSUPPORTED);
	memset(image + HEADER, 0, 16);
	set_header(HEADER, 0);
	image[HEADER + 8] ^= 1;
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_UNSUPPORTED);
}

static void demanded_features(void **state)
{
	(void)state;
	set_header(HEADER, 4);
	expect_error(ERR_UNSUPPORTED,
		     "multiboot: the kernel demands features 0x4, which are not provided");
	set_header(HEADER, 0x8003);
	expect_error(ERR_UNSUPPORTED,
		     "multiboot: the kernel demands features 0x8000, which are not provided");
	set_header(HEADER, 0xfffe0003); /* optional ones, none known */
	expect_plan();
}

static void malformed_elf(void **state)
{
	(void)state;
	image[16] = 3;
	expect_error(ERR_UNSUPPORTED, "multiboot: ELF class 1, data 1, type 3, machine 3: only an "
				      "x86 executable (type 2) can be started");
	begin(NULL);
	image[18] = 40;
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_UNSUPPORTED);
	begin(NULL);
	image[4] = 3;
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_UNSUPPORTED);
	begin(NULL);
	image[5] = 2;
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_UNSUPPORTED);
	begin(NULL);
	image[0] = 0;
	expect_error(ERR_UNSUPPORTED, "multiboot: neither ELF nor address fields in the header");
	begin(NULL);
	bytes_put32(image + 28, IMAGE_SIZE - 95);
	expect_error(ERR_INVALID, "multiboot: 3 program headers of 32 bytes at 0x3fa1 are not "
				  "within the file's 0x4000 bytes");
	begin(NULL);
	memmove(image + IMAGE_SIZE - 96, program(0), 96);
	bytes_put32(image + 28, IMAGE_SIZE - 96);
	expect_plan();
	begin(NULL);
	bytes_put16(image + 42, 31);
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_INVALID);
	begin(NULL);
	bytes_put32(program(0) + 4, 0x3000); /* 0x2000 bytes from there are not in the file */
	expect_error(ERR_INVALID, "multiboot: kernel: 0x2000 bytes at offset 0x3000 of a file of "
				  "0x4000, for 0x2000 of memory");
	begin(NULL);
	bytes_put32(program(0) + 20, 0x1fff);
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_INVALID);
	begin(NULL);
	bytes_put32(program(1) + 12, 0x101fff);
	expect_error(ERR_INVALID, "multiboot: kernel: 0x5000 bytes at 0x101fff overlap the 0x2000 "
				  "at 0x100000");
	begin(NULL);
	bytes_put32(program(1) + 12, 0x3ffb001);
	expect_error(ERR_RANGE, "multiboot: kernel: 0x5000 bytes at 0x3ffb001 are not in the "
				"guest's memory");
	begin(NULL);
	bytes_put32(program(1) + 12, 0x3ffb000);
	request.initrd_size = 0;
	expect_plan();
	begin(NULL);
	bytes_put32(image + 24, 0x40107000);
	expect_error(ERR_INVALID, "multiboot: entry point 0x40107000 is in no segment");
	bytes_put32(image + 24, 0x40106fff);
	expect_plan();
}

static void too_many_segments(void **state)
{
	(void)state;
	memset(image + HEADER, 0, 12);
	set_header(0x1000, 0);
	bytes_put16(image + 44, LOAD_SEGMENTS_MAX - 2);
	for (u32 i = 0; i < LOAD_SEGMENTS_MAX + 1; i++)
		set_program(i, 0, 0x100000 + i * 0x1000, 0x100, 0x100);
	expect_plan();
	bytes_put16(image + 44, LOAD_SEGMENTS_MAX - 1);
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_NO_MEMORY);
	bytes_put16(image + 44, LOAD_SEGMENTS_MAX + 1);
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_NO_MEMORY);
}

static void scratch_is_bounded(void **state)
{
	(void)state;
	expect_plan();
	request.scratch_size = segment(LOAD_BLOB)->file_size;
	expect_plan();
	request.scratch_size--;
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_RANGE);
}

static void expect_refused(const char *bytes, size_t size, const char *text)
{
	memset(image, 0, sizeof(image));
	memcpy(image, bytes, size);
	expect_error(size ? ERR_UNSUPPORTED : ERR_INVALID, text);
}

static void other_kinds_are_named(void **state)
{
	(void)state;
	expect_refused("\x1f\x8b\x08", 3,
		       "kernel is gzip-compressed: unpack it first (gunzip) and load that");
	expect_refused("\xfd"
		       "7zXZ",
		       6, "kernel is xz-compressed: unpack it first (unxz) and load that");
	expect_refused("\x28\xb5\x2f\xfd", 4,
		       "kernel is zstd-compressed: unpack it first (unzstd) and load that");
	expect_refused("\x7f"
		       "ELF\2\1",
		       6,
		       "kernel is ELF with neither a multiboot header nor a PVH entry note: for "
		       "Linux use the bzImage");
	expect_refused(
		"MZ", 2,
		"kernel is an EFI or DOS program, not a Linux bzImage or a multiboot kernel");
	expect_refused("#!/bin/sh", 9, "kernel is neither a Linux bzImage, multiboot nor PVH");
	request.head_size = request.kernel_size = 0;
	expect_refused("", 0, "kernel is empty");
	assert_string_equal(load_kind_name(LOAD_LINUX), "Linux bzImage");
	assert_string_equal(load_kind_name(LOAD_MULTIBOOT), "multiboot");
	assert_string_equal(load_kind_name(LOAD_MULTIBOOT2), "multiboot 2");
	assert_string_equal(load_kind_name(LOAD_PVH), "PVH");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(elf_segments_go_to_physical_addresses, begin),
		cmocka_unit_test_setup(machine_state, begin),
		cmocka_unit_test_setup(information, begin),
		cmocka_unit_test_setup(address_fields, begin),
		cmocka_unit_test_setup(bad_address_fields, begin),
		cmocka_unit_test_setup(header_search, begin),
		cmocka_unit_test_setup(demanded_features, begin),
		cmocka_unit_test_setup(malformed_elf, begin),
		cmocka_unit_test_setup(too_many_segments, begin),
		cmocka_unit_test_setup(scratch_is_bounded, begin),
		cmocka_unit_test_setup(other_kinds_are_named, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
