/* SPDX-License-Identifier: BSD-2-Clause */
/* Synthetic multiboot 2 images, by "Multiboot2 Specification" 2.0. */
#define LOADS LOAD_MULTIBOOT2
#include "tests/unit/load_test.h"

enum { IMAGE_SIZE = 0x4000, HEADER = 0x200 };

static u8 image[IMAGE_SIZE];
static struct guest_range map[8];
static u32 header_size; /* grows with each tag */

static void set_checksum(void)
{
	u8 *header = image + HEADER;

	bytes_put32(header + 8, header_size);
	bytes_put32(header + 12, -(0xe85250d6 + bytes_get32(header + 4) + header_size));
}

static void add_tag(u16 type, u16 flags, const u32 *data, u32 count)
{
	u8 *tag = image + HEADER + header_size;

	bytes_put16(tag, type);
	bytes_put16(tag + 2, flags);
	bytes_put32(tag + 4, 8 + count * 4);
	if (count)
		memcpy(tag + 8, data, count * 4);
	header_size = (header_size + 8 + count * 4 + 7) & ~7U;
	set_checksum();
}

static void end_tags(void)
{
	add_tag(0, 0, NULL, 0);
}

static void set_program(u32 index, u64 offset, u64 paddr, u64 filesz, u64 memsz)
{
	const u64 fields[] = {7ULL << 32 | 1, offset, paddr + 0xffff800000000000, paddr, filesz,
			      memsz,	      0x1000};

	memcpy(image + 64 + index * 56, fields, sizeof(fields));
}

/* An ELF64 at 1 MiB, linked high, with code and bss, in a guest of 64 MiB; no tags yet. */
static int begin(void **state)
{
	(void)state;
	memset(image, 0, sizeof(image));
	memset(scratch, 0xee, sizeof(scratch));
	memcpy(image,
	       "\x7f"
	       "ELF\2\1\1",
	       7);
	memcpy(image + 16, "\2\0\x3e\0", 4);
	bytes_put64(image + 24, 0xffff800000100010);
	bytes_put64(image + 32, 64);
	bytes_put16(image + 54, 56);
	bytes_put16(image + 56, 2);
	set_program(0, 0x1000, 0x100000, 0x2000, 0x2000);
	set_program(1, 0x3000, 0x102000, 0x1000, 0x5000);
	bytes_put32(image + HEADER, 0xe85250d6);
	header_size = 16;
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
		.rsdp = 0xe0000,
		.rsdp_bytes = "RSD PTR ?ASHLAR\2rsdt",
		.scratch = scratch,
		.scratch_size = sizeof(scratch),
	};
	return 0;
}

/* Finds the index-th information tag of this type, as a kernel would. */
static const u8 *info_tag(u32 type)
{
	const u8 *info = guest(plan.entry.regs.gpr[RBX]);
	u32 total = bytes_get32(info), at = 8;

	assert_int_equal(bytes_get32(info + 4), 0);
	while (bytes_get32(info + at) != 0) {
		assert_true(at + 8 <= total);
		assert_true(bytes_get32(info + at + 4) >= 8);
		if (bytes_get32(info + at) == type)
			return info + at;
		at = (at + bytes_get32(info + at + 4) + 7) & ~7U;
	}
	assert_int_equal(bytes_get32(info + at + 4), 8);
	assert_int_equal(at + 8, total);
	return NULL;
}

static void elf64_goes_to_physical_addresses(void **state)
{
	(void)state;
	end_tags();
	expect_plan();
	assert_int_equal(plan.segments[0].gpa, 0x100000);
	assert_int_equal(plan.segments[1].gpa, 0x102000);
	assert_int_equal(plan.segments[1].file_size, 0x1000);
	assert_int_equal(plan.segments[1].mem_size, 0x5000);
	assert_int_equal(plan.entry.regs.rip, 0x100010); /* e_entry is virtual */
	assert_int_equal(plan.entry.regs.gpr[RAX], 0x36d76289);
	assert_int_equal(plan.entry.regs.gpr[RBX] & 7, 0);
	assert_int_equal(plan.entry.mode, LOAD_PROTECTED32);
	assert_int_equal(plan.entry.control.cr0 & (CR0_PE | CR0_PG), CR0_PE);
	assert_int_equal(plan.entry.control.seg[SEG_CS].attr, 0xc09b);
	set_program(1, 0x3000, 0x100000000, 0x1000, 0x5000);
	expect_error(ERR_RANGE, "multiboot2: kernel: 0x5000 bytes at 0x100000000 end above 4 GiB");
	set_program(1, 0x3000, 0xfffffffffffff000, 0x1000, 0x5000);
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_RANGE);
}

static void information(void **state)
{
	const u8 *tag;

	(void)state;
	end_tags();
	expect_plan();
	assert_string_equal((const char *)info_tag(1) + 8, "test=msr");
	assert_int_equal(bytes_get32(info_tag(1) + 4), 8 + 9);
	assert_string_equal((const char *)info_tag(2) + 8, "Ashlar");
	tag = info_tag(3);
	assert_int_equal(bytes_get32(tag + 8), 0x107000);
	assert_int_equal(bytes_get32(tag + 12), 0x107000 + 0x1801);
	assert_string_equal((const char *)tag + 16, "disk.img");
	assert_int_equal(segment(LOAD_INITRD)->gpa, 0x107000);
	tag = info_tag(4);
	assert_int_equal(bytes_get32(tag + 8), 639);
	assert_int_equal(bytes_get32(tag + 12), 63 * 1024);
	tag = info_tag(6);
	assert_int_equal(bytes_get32(tag + 4), 16 + 4 * 24);
	assert_int_equal(bytes_get32(tag + 8), 24);
	assert_int_equal(bytes_get32(tag + 12), 0);
	for (u32 i = 0; i < 4; i++) {
		assert_int_equal(bytes_get64(tag + 16 + i * 24), map[i].base);
		assert_int_equal(bytes_get64(tag + 24 + i * 24), map[i].size);
		assert_int_equal(bytes_get32(tag + 32 + i * 24), map[i].type);
		assert_int_equal(bytes_get32(tag + 36 + i * 24), 0);
	}
	assert_int_equal(bytes_get32(info_tag(14) + 4), 8 + 20);
	assert_memory_equal(info_tag(14) + 8, request.rsdp_bytes, 20);
	assert_int_equal(bytes_get32(info_tag(15) + 4), 8 + 36);
	assert_memory_equal(info_tag(15) + 8, request.rsdp_bytes, 36);
	assert_null(info_tag(21)); /* it cannot be moved */
	assert_null(info_tag(8));
	request.initrd_size = 0;
	request.rsdp = 0;
	expect_plan();
	assert_null(info_tag(3));
	assert_null(info_tag(14));
	assert_null(info_tag(15));
}

static void addresses(void **state)
{
	static const u32 entry[] = {0x200123};
	static const u32 whole[] = {0x200200, 0xffffffff, 0, 0};
	static const u32 part[] = {0x200100, 0x200000, 0x201000, 0x203000};

	(void)state;
	memset(image, 0, 64); /* no ELF */
	add_tag(2, 0, part, 4);
	end_tags();
	expect_error(ERR_INVALID, "multiboot2: an address tag without an entry tag");
	header_size = 16;
	add_tag(2, 0, part, 4);
	add_tag(3, 0, entry, 1);
	end_tags();
	expect_plan();
	assert_int_equal(plan.segments[0].gpa, 0x200000);
	assert_int_equal(plan.segments[0].offset, 0x100);
	assert_int_equal(plan.segments[0].file_size, 0x1000);
	assert_int_equal(plan.segments[0].mem_size, 0x3000);
	assert_int_equal(plan.entry.regs.rip, 0x200123);
	header_size = 16;
	add_tag(2, 0, whole, 4); /* from the beginning of the file to its end */
	add_tag(3, 0, entry, 1);
	end_tags();
	expect_plan();
	assert_int_equal(plan.segments[0].gpa, 0x200000);
	assert_int_equal(plan.segments[0].offset, 0);
	assert_int_equal(plan.segments[0].file_size, IMAGE_SIZE);
}

/* The entry tag overrides the ELF header's, and is physical. */
static void entry_tag(void **state)
{
	static const u32 inside[] = {0x106fff}, outside[] = {0x107000};

	(void)state;
	add_tag(3, 0, inside, 1);
	end_tags();
	expect_plan();
	assert_int_equal(plan.entry.regs.rip, 0x106fff);
	header_size = 16;
	add_tag(3, 0, outside, 1);
	end_tags();
	expect_error(ERR_INVALID, "multiboot2: entry point 0x107000 is in no segment");
}

static void relocate(u32 lowest, u32 highest, u32 align, u32 preference)
{
	const u32 data[] = {lowest, highest, align, preference};

	header_size = 16;
	add_tag(10, 0, data, 4);
	end_tags();
}

static void relocatable(void **state)
{
	(void)state;
	relocate(0x200000, 0xffffffff, 0x200000, 1);
	expect_plan();
	assert_int_equal(plan.segments[0].gpa, 0x200000);
	assert_int_equal(plan.segments[1].gpa, 0x202000);
	assert_int_equal(plan.entry.regs.rip, 0x200010);
	assert_int_equal(bytes_get32(info_tag(21) + 8), 0x200000);
	assert_int_equal(bytes_get32(info_tag(21) + 4), 12);
	relocate(0, 0x3000000, 0x1000, 2);
	expect_plan();
	assert_int_equal(plan.segments[0].gpa, 0x3000000 - 0x7000);
	assert_int_equal(segment(LOAD_INITRD)->gpa, 0x3000000);
	relocate(0, 0xffffffff, 0x1000, 2); /* no memory is free after it */
	expect_plan();
	assert_int_equal(plan.segments[0].gpa, 0x4000000 - 0x7000);
	assert_int_equal(segment(LOAD_INITRD)->gpa, 0x100000);
	relocate(0, 0xffffffff, 0x1000, 0); /* no preference: as linked, if that is free */
	expect_plan();
	assert_int_equal(plan.segments[0].gpa, 0x100000);
	assert_int_equal(bytes_get32(info_tag(21) + 8), 0x100000);
	relocate(0, 0xffffffff, 0x200000, 0);
	expect_plan();
	assert_int_equal(plan.segments[0].gpa, 0x200000);
	map[2] = (struct guest_range){0x200000, 0x3e00000, GUEST_RAM};
	relocate(0, 0xffffffff, 0x1000, 0);
	expect_plan();
	assert_int_equal(plan.segments[0].gpa, 0x200000);
	relocate(0x3ffa000, 0xffffffff, 0x1000, 1);
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_RANGE);
	relocate(0, 0x206fff, 0x1000, 1);
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_RANGE);
	relocate(0, 0xffffffff, 0x3000, 1);
	expect_error(ERR_INVALID, "multiboot2: alignment 0x3000 is no power of two");
	relocate(0, 0xffffffff, 0, 1);
	expect_error(ERR_INVALID, "multiboot2: alignment 0x0 is no power of two");
}

static void demands(void **state)
{
	static const u32 all[] = {1,  2,  3,  4,  5,  6,  7,  8,  10, 11,
				  12, 13, 14, 15, 16, 17, 18, 19, 20, 21};
	static const u32 symbols[] = {1, 9}, unknown[] = {22}, end[] = {0};
	static const u32 console[] = {1}, text_mode[] = {2};

	(void)state;
	add_tag(1, 0, all, ARRAY_SIZE(all)); /* understood, although not all information exists */
	add_tag(1, 1, unknown, 1);	     /* optional */
	add_tag(1, 1, symbols, 2);
	add_tag(4, 1, console, 1);
	add_tag(4, 0, text_mode, 1);
	add_tag(5, 0, all, 3);
	add_tag(6, 0, NULL, 0);
	add_tag(7, 0, NULL, 0); /* abilities on EFI require nothing */
	add_tag(8, 0, all, 1);
	add_tag(9, 0, all, 1);
	add_tag(99, 1, NULL, 0);
	end_tags();
	expect_plan();
	begin(NULL);
	add_tag(1, 0, symbols, 2);
	end_tags();
	expect_error(ERR_UNSUPPORTED, "multiboot2: the kernel demands ELF symbols (information "
				      "tag 9), which are not provided");
	begin(NULL);
	add_tag(1, 0, unknown, 1);
	end_tags();
	expect_error(ERR_UNSUPPORTED,
		     "multiboot2: the kernel demands information tag 22, which is not known");
	begin(NULL);
	add_tag(1, 0, end, 1);
	end_tags();
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_UNSUPPORTED);
	begin(NULL);
	add_tag(4, 0, console, 1);
	end_tags();
	expect_error(ERR_UNSUPPORTED, "multiboot2: the kernel demands a screen (console flags "
				      "0x1): a guest has only a serial line");
	begin(NULL);
	add_tag(11, 0, NULL, 0);
	end_tags();
	expect_error(ERR_UNSUPPORTED,
		     "multiboot2: the kernel demands header tag 11, which is not known");
}

static void malformed_headers(void **state)
{
	static const u32 data[] = {0, 0, 0};

	(void)state;
	expect_error(ERR_UNSUPPORTED, "kernel is ELF with neither a multiboot header nor a PVH "
				      "entry note: for Linux use the bzImage"); /* no checksum */
	set_checksum();
	expect_error(ERR_INVALID, "multiboot2: a header of 16 bytes has no end tag");
	bytes_put32(image + HEADER + 4, 4);
	set_checksum();
	expect_error(ERR_UNSUPPORTED, "multiboot2: architecture 4, only i386 (0) can be started");
	begin(NULL);
	add_tag(2, 0, data, 3);
	end_tags();
	expect_error(ERR_INVALID, "multiboot2: header tag 2 of only 20 bytes");
	begin(NULL);
	end_tags();
	bytes_put32(image + HEADER + 20, 7);
	expect_error(ERR_INVALID, "multiboot2: header tag 0 of 7 bytes at 16 of a header of 24");
	bytes_put32(image + HEADER + 20, 9);
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_INVALID);
	bytes_put32(image + HEADER + 20, 0xffffffff);
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_INVALID);
	header_size = 0xfffffff0;
	set_checksum();
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_INVALID);
	header_size = 15;
	set_checksum();
	expect_error(ERR_INVALID, "multiboot2: a header of 15 bytes at 0x200 is not within the "
				  "first 32 KiB");
	begin(NULL);
	end_tags();
	bytes_put16(image + 56, 0);
	expect_error(ERR_INVALID, "multiboot2: nothing to load");
}

static void too_many_segments(void **state)
{
	(void)state;
	memmove(image + 0xf00, image + HEADER, 16);
	memset(image + HEADER, 0, 16);
	bytes_put32(image + 0xf08, 24);
	bytes_put32(image + 0xf0c, -(0xe85250d6 + 24));
	bytes_put32(image + 0xf14, 8);
	bytes_put16(image + 56, LOAD_SEGMENTS_MAX - 2);
	for (u32 i = 0; i <= LOAD_SEGMENTS_MAX; i++)
		set_program(i, 0x1000, 0x100000 + i * 0x1000, 0x100, 0x100);
	expect_plan();
	bytes_put16(image + 56, LOAD_SEGMENTS_MAX - 1);
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_NO_MEMORY);
	bytes_put16(image + 56, LOAD_SEGMENTS_MAX + 1);
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_NO_MEMORY);
}

static void scratch_is_bounded(void **state)
{
	(void)state;
	relocate(0, 0xffffffff, 0x1000, 0);
	expect_plan();
	for (request.scratch_size = segment(LOAD_BLOB)->file_size; request.scratch_size-- > 0;)
		assert_int_equal(load_make_plan(&request, &plan, &err), ERR_RANGE);
}

/* An image of both kinds gets the richer information. */
static void preferred_to_multiboot_1(void **state)
{
	(void)state;
	end_tags();
	bytes_put32(image + 0x300, 0x1badb002);
	bytes_put32(image + 0x308, -0x1badb002U);
	expect_plan();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(elf64_goes_to_physical_addresses, begin),
		cmocka_unit_test_setup(information, begin),
		cmocka_unit_test_setup(addresses, begin),
		cmocka_unit_test_setup(entry_tag, begin),
		cmocka_unit_test_setup(relocatable, begin),
		cmocka_unit_test_setup(demands, begin),
		cmocka_unit_test_setup(malformed_headers, begin),
		cmocka_unit_test_setup(too_many_segments, begin),
		cmocka_unit_test_setup(scratch_is_bounded, begin),
		cmocka_unit_test_setup(preferred_to_multiboot_1, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
