/* SPDX-License-Identifier: BSD-2-Clause */
/* Synthetic bzImages, by "The Linux/x86 Boot Protocol". */
#define LOADS LOAD_LINUX
#include "tests/unit/load_test.h"

enum { SECTORS = 3, IMAGE_SIZE = 0x9000, SETUP_SIZE = (SECTORS + 1) * 512 };

static u8 image[IMAGE_SIZE];
static struct guest_range map[200];

/* A 64-bit relocatable kernel of protocol 2.15 in a guest of 256 MiB. */
static int begin(void **state)
{
	(void)state;
	memset(image, 0xcc, sizeof(image));
	memset(image, 0, 0x290);
	memset(scratch, 0xee, sizeof(scratch));
	image[0x1f1] = SECTORS;
	bytes_put32(image + 0x1f4, (IMAGE_SIZE - SETUP_SIZE) / 16);
	bytes_put16(image + 0x1fe, 0xaa55);
	image[0x200] = 0xeb;
	image[0x201] = 0x6a;
	memcpy(image + 0x202, "HdrS", 4);
	bytes_put16(image + 0x206, 0x020f);
	image[0x211] = 1;
	bytes_put32(image + 0x214, 0x100000);
	bytes_put32(image + 0x22c, 0x7fffffff);
	bytes_put32(image + 0x230, 0x200000);
	image[0x234] = 1;
	bytes_put16(image + 0x236, 1);
	bytes_put32(image + 0x238, 2047);
	bytes_put64(image + 0x258, 0x1000000);
	bytes_put32(image + 0x260, 0x2000000);
	image[0x26c - 1] = 0x77; /* the last byte that the jump spans */
	image[0x26c] = 0x88;
	map[0] = (struct guest_range){0, 0x9fc00, GUEST_RAM};
	map[1] = (struct guest_range){0x9fc00, 0x400, GUEST_RESERVED};
	map[2] = (struct guest_range){0xe0000, 0x20000, GUEST_RESERVED};
	map[3] = (struct guest_range){0x100000, 0xff00000, GUEST_RAM};
	request = (struct load_request){
		.head = image,
		.head_size = IMAGE_SIZE,
		.kernel_size = IMAGE_SIZE,
		.read = load_model_read,
		.initrd_size = 0x123456,
		.initrd_name = "initrd",
		.cmdline = "console=ttyS0 quiet",
		.map = map,
		.map_count = 4,
		.rsdp = 0xe0000,
		.scratch = scratch,
		.scratch_size = sizeof(scratch),
	};
	return 0;
}

static void kernel_goes_to_its_preferred_address(void **state)
{
	const struct load_segment *kernel;

	(void)state;
	expect_plan();
	kernel = segment(LOAD_KERNEL);
	assert_int_equal(kernel->gpa, 0x1000000);
	assert_int_equal(kernel->offset, SETUP_SIZE);
	assert_int_equal(kernel->file_size, IMAGE_SIZE - SETUP_SIZE);
	image[0x1f1] = 0; /* means 4 */
	bytes_put32(image + 0x1f4, 0);
	expect_plan();
	assert_int_equal(segment(LOAD_KERNEL)->offset, 5 * 512);
}

static void initrd_goes_high(void **state)
{
	(void)state;
	expect_plan();
	assert_int_equal(segment(LOAD_INITRD)->gpa, (0x10000000 - 0x123456) & ~0xfff);
	assert_int_equal(segment(LOAD_INITRD)->file_size, 0x123456);
	bytes_put32(image + 0x22c, 0x7ffffff);
	expect_plan();
	assert_int_equal(segment(LOAD_INITRD)->gpa, (0x8000000 - 0x123456) & ~0xfff);
	/*
	 * The kernel unpacks into [16 MiB, 48 MiB): with this limit only the memory below
	 * is left.
	 */
	bytes_put32(image + 0x22c, 0x2ffffff);
	expect_plan();
	assert_int_equal(segment(LOAD_INITRD)->gpa, (0x1000000 - 0x123456) & ~0xfff);
	request.initrd_size = 0;
	expect_plan();
	assert_null(segment(LOAD_INITRD));
}

static void boot_params_say_it_all(void **state)
{
	const u8 *params;

	(void)state;
	expect_plan();
	params = guest(plan.entry.regs.gpr[RSI]);
	assert_memory_equal(params + 0x1f1, image + 0x1f1, 0x1fa - 0x1f1);
	assert_memory_equal(params + 0x1fe, image + 0x1fe, 0x210 - 0x1fe);
	assert_memory_equal(params + 0x22c, image + 0x22c, 0x26c - 0x22c);
	assert_int_equal(params[0x26c], 0); /* past the header, whose jump gives its size */
	assert_int_equal(params[0x1ef], 0); /* sentinel */
	assert_int_equal(params[0x210], 0xff);
	assert_int_equal(bytes_get16(params + 0x1fa), 0xffff);
	assert_int_equal(bytes_get32(params + 0x214), 0x1000000);
	assert_int_equal(bytes_get32(params + 0x218), segment(LOAD_INITRD)->gpa);
	assert_int_equal(bytes_get32(params + 0x21c), 0x123456);
	assert_int_equal(bytes_get64(params + 0x70), 0xe0000);
	assert_string_equal((const char *)guest(bytes_get32(params + 0x228)),
			    "console=ttyS0 quiet");
	assert_int_equal(params[0x1e8], 4);
	assert_int_equal(bytes_get64(params + 0x2d0 + 3 * 20), 0x100000);
	assert_int_equal(bytes_get64(params + 0x2d0 + 3 * 20 + 8), 0xff00000);
	assert_int_equal(bytes_get32(params + 0x2d0 + 3 * 20 + 16), 1);
	assert_int_equal(bytes_get32(params + 0x2d0 + 1 * 20 + 16), 2);
}

/* The identity map as a processor would walk it (SDM 3A "4-Level Paging"). */
static u64 translate(u64 address)
{
	const u64 frame = BITS(51, 12);
	u64 entry = plan.entry.control.cr3;

	for (int shift = 39; shift >= 21; shift -= 9) {
		entry = bytes_get64(guest((entry & frame) + (address >> shift & 511) * 8));
		assert_int_equal(entry & 3, 3);
		assert_int_equal(entry >> 7 & 1, shift == 21);
	}
	return (entry & BITS(51, 21)) + (address & BITS(20, 0));
}

static void long_mode_entry(void **state)
{
	const struct load_entry *entry = &plan.entry;

	(void)state;
	expect_plan();
	assert_int_equal(entry->mode, LOAD_LONG64);
	assert_int_equal(entry->regs.rip, 0x1000200);
	assert_int_equal(entry->regs.rflags, 2);
	assert_int_equal(entry->control.cr0 & (CR0_PE | CR0_PG), CR0_PE | CR0_PG);
	assert_int_equal(entry->control.cr4, CR4_PAE);
	assert_int_equal(entry->control.efer, EFER_LME | EFER_LMA);
	assert_int_equal(entry->control.seg[SEG_CS].selector, 0x10);
	assert_int_equal(entry->control.seg[SEG_CS].attr, 0xa09b);
	assert_int_equal(entry->control.seg[SEG_SS].selector, 0x18);
	assert_int_equal(entry->control.seg[SEG_DS].attr, 0xc093);
	assert_int_equal(entry->gdt_limit, 0x1f);
	assert_int_equal(bytes_get64(guest(entry->gdt_base)), 0);
	assert_int_equal(bytes_get64(guest(entry->gdt_base + 0x10)), 0x00af9b000000ffff);
	assert_int_equal(bytes_get64(guest(entry->gdt_base + 0x18)), 0x00cf93000000ffff);
	for (u64 address = 0; address < 4ULL << 30; address += 0x1fff00)
		assert_int_equal(translate(address), address);
	assert_int_equal(translate(0xffffffff), 0xffffffff);
	assert_int_equal(bytes_get64(guest((entry->control.cr3 & ~0xfffULL) + 8)), 0);
}

static void protected_mode_entry(void **state)
{
	const struct load_entry *entry = &plan.entry;

	(void)state;
	bytes_put16(image + 0x236, 0);
	expect_plan();
	assert_int_equal(entry->mode, LOAD_PROTECTED32);
	assert_int_equal(entry->regs.rip, 0x1000000);
	assert_int_equal(entry->control.cr0 & (CR0_PE | CR0_PG), CR0_PE);
	assert_int_equal(entry->control.cr3, 0);
	assert_int_equal(entry->control.efer, 0);
	assert_int_equal(entry->regs.gpr[RBP] | entry->regs.gpr[RDI] | entry->regs.gpr[RBX], 0);
	assert_int_equal(entry->control.seg[SEG_CS].attr, 0xc09b);
	assert_int_equal(bytes_get64(guest(entry->gdt_base + 0x10)), 0x00cf9b000000ffff);
	bytes_put16(image + 0x236, 1);
	bytes_put16(image + 0x206, 0x020b); /* xloadflags came with 2.12 */
	expect_plan();
	assert_int_equal(entry->mode, LOAD_PROTECTED32);
}

static void old_protocols(void **state)
{
	(void)state;
	bytes_put16(image + 0x206, 0x0206); /* no pref_address, init_size, acpi_rsdp_addr */
	expect_plan();
	assert_int_equal(segment(LOAD_KERNEL)->gpa, 0x200000); /* 1 MiB, aligned */
	assert_int_equal(bytes_get64(guest(plan.entry.regs.gpr[RSI] + 0x70)), 0);
	image[0x234] = 0;
	expect_plan();
	assert_int_equal(segment(LOAD_KERNEL)->gpa, 0x100000);
	bytes_put16(image + 0x206, 0x0205);
	expect_error(ERR_UNSUPPORTED, "Linux: boot protocol 2.05, at least 2.06 needed");
	bytes_put16(image + 0x206, 0x020f);
	image[0x211] = 0;
	expect_error(ERR_UNSUPPORTED, "Linux: a zImage, only bzImage can be started");
}

static void a_relocatable_kernel_moves_up(void **state)
{
	(void)state;
	map[3] = (struct guest_range){0x1100000, 0x8000000, GUEST_RAM};
	expect_plan();
	assert_int_equal(segment(LOAD_KERNEL)->gpa, 0x1200000);
	assert_int_equal(plan.entry.regs.rip, 0x1200200);
	image[0x234] = 0;
	expect_error(ERR_RANGE,
		     "Linux: kernel: 0x2000000 bytes at 0x1000000 are not in the guest's memory");
}

/* Only RAM of the map is used for loading. */
static void only_ram_is_used(void **state)
{
	(void)state;
	map[3] = (struct guest_range){0x100000, 0x1000000, GUEST_RESERVED};
	map[4] = (struct guest_range){0x1100000, 0x2000000, GUEST_ACPI};
	map[5] = (struct guest_range){0x3100000, 0x3000000, GUEST_RAM};
	request.map_count = 6;
	expect_plan();
	assert_int_equal(segment(LOAD_KERNEL)->gpa, 0x3200000);
	image[0x234] = 0;
	bytes_put64(image + 0x258, 0x1100000); /* just fits the ACPI range, which is not RAM */
	expect_error(ERR_RANGE,
		     "Linux: kernel: 0x2000000 bytes at 0x1100000 are not in the guest's memory");
	bytes_put64(image + 0x258, 0x3100000);
	expect_plan();
}

static void too_little_memory(void **state)
{
	(void)state;
	map[3].size = 0x2f00000; /* to 48 MiB: the kernel just fits, the initrd goes below it */
	expect_plan();
	map[3].size -= 0x1000;
	expect_error(ERR_RANGE, "Linux: kernel: no room for 0x2000000 bytes between 0x1000000 and "
				"0x100000000: give the guest more memory");
	map[3].size = 0x2f00000;
	request.initrd_size = 0xf00001;
	expect_error(ERR_RANGE, "Linux: initrd: no room for 0xf00001 bytes between 0x100000 and "
				"0x80000000: give the guest more memory");
	request.initrd_size = BIT(32);
	expect_error(ERR_RANGE, "Linux: initrd of 0x100000000 bytes");
}

static void command_line_limit(void **state)
{
	(void)state;
	bytes_put32(image + 0x238, 19);
	expect_plan();
	bytes_put32(image + 0x238, 18);
	expect_error(ERR_RANGE, "Linux: command line of 19 characters, this kernel takes 18");
	bytes_put32(image + 0x238, 0xffffffff);
	request.scratch_size = 0x7000 + 0x20 + 20;
	expect_plan();
	request.scratch_size--;
	expect_error(ERR_RANGE, "Linux: boot parameters of 28724 bytes, 28723 of room");
}

static void malformed_headers(void **state)
{
	(void)state;
	bytes_put32(image + 0x230, 0x300000);
	expect_error(ERR_INVALID, "Linux: kernel_alignment 0x300000 is no power of two");
	bytes_put32(image + 0x230, 0);
	expect_error(ERR_INVALID, "Linux: kernel_alignment 0x0 is no power of two");
	bytes_put32(image + 0x230, 0x80000000);
	expect_error(ERR_RANGE, "Linux: kernel: no room for 0x2000000 bytes between 0x1000000 and "
				"0x100000000: give the guest more memory");
	begin(NULL);
	bytes_put64(image + 0x258, 0xfffffffffffff000);
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_RANGE);
	image[0x234] = 0;
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_RANGE);
	begin(NULL);
	image[0x1f1] = 255;
	expect_error(ERR_INVALID, "Linux: 255 setup sectors, but the file has only 36864 bytes");
	begin(NULL);
	image[0x201] = 0xff; /* must not overwrite boot_params after the header */
	expect_plan();
	assert_int_equal(guest(plan.entry.regs.gpr[RSI] + 0x290)[0], 0);
	begin(NULL);
	request.head_size = request.kernel_size = 1023;
	expect_error(ERR_INVALID, "Linux: image of only 1023 bytes");
}

static void cut_short(void **state)
{
	(void)state;
	request.kernel_size -= 511; /* the declared size may be rounded up */
	expect_plan();
	request.kernel_size -= 1;
	expect_error(ERR_INVALID, "Linux: file cut short: 34304 bytes follow the setup, the header "
				  "declares 34816");
}

static void memory_map_limit(void **state)
{
	(void)state;
	for (u32 i = 4; i < 129; i++)
		map[i] = (struct guest_range){0x100000000 + i * 0x2000ULL, 0x1000, GUEST_RAM};
	request.map_count = 128;
	expect_plan();
	request.map_count = 129;
	expect_error(ERR_RANGE, "Linux: memory map of 129 entries, at most 128");
}

/* If the kernel needs the usual place of the boot parameters, they lie elsewhere. */
static void blob_avoids_the_kernel(void **state)
{
	(void)state;
	image[0x234] = 0;
	bytes_put64(image + 0x258, 0x10000);
	bytes_put32(image + 0x260, 0x80000);
	expect_plan();
	assert_int_equal(segment(LOAD_BLOB)->gpa, 0x90000);
	bytes_put32(image + 0x260, 0x8fc00);
	expect_plan();
	assert_int_equal(segment(LOAD_BLOB)->gpa, 0x100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(kernel_goes_to_its_preferred_address, begin),
		cmocka_unit_test_setup(initrd_goes_high, begin),
		cmocka_unit_test_setup(boot_params_say_it_all, begin),
		cmocka_unit_test_setup(long_mode_entry, begin),
		cmocka_unit_test_setup(protected_mode_entry, begin),
		cmocka_unit_test_setup(old_protocols, begin),
		cmocka_unit_test_setup(a_relocatable_kernel_moves_up, begin),
		cmocka_unit_test_setup(only_ram_is_used, begin),
		cmocka_unit_test_setup(too_little_memory, begin),
		cmocka_unit_test_setup(command_line_limit, begin),
		cmocka_unit_test_setup(malformed_headers, begin),
		cmocka_unit_test_setup(cut_short, begin),
		cmocka_unit_test_setup(memory_map_limit, begin),
		cmocka_unit_test_setup(blob_avoids_the_kernel, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
