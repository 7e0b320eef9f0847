/* SPDX-License-Identifier: BSD-2-Clause */
/* Synthetic PVH images, by Xen's "x86/HVM direct boot ABI". */
#define LOADS LOAD_PVH
#include "tests/unit/load_test.h"

/* The notes lie past the head, as in vmlinux. */
enum { IMAGE_SIZE = 0x20000, NOTES = 0x18000 };

static u8 image[IMAGE_SIZE];
static struct guest_range map[8];
static u32 notes_size;

static void read_image(const struct load_request *from, u64 offset, void *to, size_t size)
{
	assert_true(range_fits(offset, size, from->kernel_size));
	memcpy(to, image + offset, size);
}

static u8 *program(u32 index)
{
	return image + 64 + index * 56;
}

static void set_program(u32 index, u32 type, u64 offset, u64 paddr, u64 size)
{
	const u64 fields[] = {type, offset, paddr + 0xffffffff80000000, paddr, size, size, 4};

	memcpy(program(index), fields, sizeof(fields));
}

static void add_note(const char *name, u32 type, const void *desc, u32 size)
{
	u8 *note = image + NOTES + notes_size;
	u32 align = (u32)bytes_get64(program(2) + 48) == 8 ? 7 : 3;
	u32 name_size = (u32)strlen(name) + 1;
	u32 desc_at = (12 + name_size + align) & ~align;

	bytes_put32(note, name_size);
	bytes_put32(note + 4, size);
	bytes_put32(note + 8, type);
	memcpy(note + 12, name, name_size);
	memcpy(note + desc_at, desc, size);
	notes_size += (desc_at + size + align) & ~align;
	bytes_put64(program(2) + 32, notes_size);
}

/* An ELF64 at 1 MiB like Linux, with other notes before the entry note. */
static int begin(void **state)
{
	static const u64 entry = 0x100400;

	(void)state;
	memset(image, 0, sizeof(image));
	memset(scratch, 0xee, sizeof(scratch));
	memcpy(image,
	       "\x7f"
	       "ELF\2\1\1",
	       7);
	memcpy(image + 16, "\2\0\x3e\0", 4);
	bytes_put64(image + 24, 0xffffffff80100000);
	bytes_put64(image + 32, 64);
	bytes_put16(image + 54, 56);
	bytes_put16(image + 56, 3);
	set_program(0, 1, 0x1000, 0x100000, 0x2000);
	set_program(1, 1, 0x3000, 0x200000, 0x1000);
	set_program(2, 4, NOTES, 0x101000, 0);
	notes_size = 0;
	add_note("Xen", 6, "linux", 6);
	add_note("Linux", 18, &entry, 8);
	add_note("Xen", 18, &entry, 8);
	map[0] = (struct guest_range){0, 0x9fc00, GUEST_RAM};
	map[1] = (struct guest_range){0x9fc00, 0x60400, GUEST_RESERVED};
	map[2] = (struct guest_range){0x100000, 0x3f00000, GUEST_RAM};
	request = (struct load_request){
		.head = image,
		.head_size = LOAD_HEAD_SIZE,
		.kernel_size = IMAGE_SIZE,
		.read = read_image,
		.initrd_size = 0x1801,
		.initrd_name = "disk.img",
		.cmdline = "console=ttyS0",
		.map = map,
		.map_count = 3,
		.rsdp = 0xe0000,
		.scratch = scratch,
		.scratch_size = sizeof(scratch),
	};
	return 0;
}

static void expect_no_pvh(void)
{
	expect_error(ERR_UNSUPPORTED, "kernel is ELF with neither a multiboot header nor a PVH "
				      "entry note: for Linux use the bzImage");
}

static void machine_state(void **state)
{
	const struct load_entry *entry = &plan.entry;

	(void)state;
	expect_plan();
	assert_int_equal(plan.segments[0].gpa, 0x100000);
	assert_int_equal(plan.segments[1].gpa, 0x200000);
	assert_int_equal(entry->regs.rip, 0x100400); /* not e_entry */
	assert_int_equal(entry->control.cr0, CR0_PE | CR0_ET);
	assert_int_equal(entry->control.cr4, 0);
	assert_int_equal(entry->control.efer, 0);
	assert_int_equal(entry->regs.rflags & (RFLAGS_VM | RFLAGS_IF | RFLAGS_TF), 0);
	assert_int_equal(entry->control.seg[SEG_CS].attr, 0xc09b);
	assert_int_equal(entry->control.seg[SEG_CS].limit, 0xffffffff);
	assert_int_equal(entry->control.seg[SEG_DS].attr, 0xc093);
	assert_int_equal(entry->control.seg[SEG_ES].base, 0);
	assert_int_equal(entry->tr.base, 0);
	assert_int_equal(entry->tr.limit, 0x67);
	assert_int_equal(entry->tr.attr, 0x8b);
}

static void start_info(void **state)
{
	const u8 *info, *module;

	(void)state;
	expect_plan();
	info = guest(plan.entry.regs.gpr[RBX]);
	assert_int_equal(bytes_get32(info), 0x336ec578);
	assert_int_equal(bytes_get32(info + 4), 1);
	assert_int_equal(bytes_get32(info + 8), 0);
	assert_int_equal(bytes_get32(info + 12), 1);
	module = guest(bytes_get64(info + 16));
	assert_int_equal(bytes_get64(module), segment(LOAD_INITRD)->gpa);
	assert_int_equal(bytes_get64(module + 8), 0x1801);
	assert_string_equal((const char *)guest(bytes_get64(module + 16)), "disk.img");
	assert_int_equal(bytes_get64(module + 24), 0);
	assert_string_equal((const char *)guest(bytes_get64(info + 24)), "console=ttyS0");
	assert_int_equal(bytes_get64(info + 32), 0xe0000);
	assert_int_equal(bytes_get32(info + 48), 3);
	assert_int_equal(bytes_get32(info + 52), 0);
	for (u32 i = 0; i < 3; i++) {
		const u8 *entry = guest(bytes_get64(info + 40)) + i * 24;

		assert_int_equal(bytes_get64(entry), map[i].base);
		assert_int_equal(bytes_get64(entry + 8), map[i].size);
		assert_int_equal(bytes_get32(entry + 16), map[i].type);
		assert_int_equal(bytes_get32(entry + 20), 0);
	}
	request.initrd_size = 0;
	expect_plan();
	info = guest(plan.entry.regs.gpr[RBX]);
	assert_int_equal(bytes_get32(info + 12), 0);
	assert_int_equal(bytes_get64(info + 16), 0);
}

static void restart_notes(u64 align)
{
	begin(NULL);
	notes_size = 0;
	memset(image + NOTES, 0, 0x1000);
	bytes_put64(program(2) + 48, align);
}

static void forms_of_the_note(void **state)
{
	static const u32 narrow = 0x200010;
	static const u64 wide = 0x200020, high = 0x100200020;

	(void)state;
	restart_notes(0);
	add_note("Xen", 18, &narrow, 4);
	expect_plan();
	assert_int_equal(plan.entry.regs.rip, 0x200010);
	restart_notes(8);
	add_note("GNU", 5, "12345", 5);
	add_note("Xen", 18, &wide, 8);
	expect_plan();
	assert_int_equal(plan.entry.regs.rip, 0x200020);
	restart_notes(4);
	add_note("Xen", 18, &high, 8);
	expect_no_pvh();
	restart_notes(4);
	add_note("Xen", 18, &wide, 6);
	expect_no_pvh();
	restart_notes(4);
	add_note("Xem", 18, &wide, 8);
	expect_no_pvh();
	restart_notes(4);
	add_note("Xen", 17, &wide, 8);
	expect_no_pvh();
}

static void malformed_notes(void **state)
{
	(void)state;
	for (u32 cut = 1; cut <= 20; cut++) { /* the last note, byte by byte */
		bytes_put64(program(2) + 32, notes_size - cut);
		expect_no_pvh();
	}
	begin(NULL);
	bytes_put64(program(2) + 8, IMAGE_SIZE - notes_size + 1); /* not in the file */
	expect_no_pvh();
	begin(NULL);
	bytes_put64(program(2) + 32, UINT64_MAX);
	expect_no_pvh();
	begin(NULL);
	bytes_put32(image + NOTES, UINT32_MAX); /* a name that goes on for 4 GiB */
	expect_no_pvh();
	begin(NULL);
	bytes_put32(image + NOTES + 4, UINT32_MAX);
	expect_no_pvh();
}

static void entry_in_no_segment(void **state)
{
	static const u32 entry = 0x102000;

	(void)state;
	restart_notes(4);
	add_note("Xen", 18, &entry, 4);
	assert_int_equal(load_make_plan(&request, &plan, &err), ERR_INVALID);
	assert_string_equal(err.text, "PVH: entry point 0x102000 is in no segment");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(machine_state, begin),
		cmocka_unit_test_setup(start_info, begin),
		cmocka_unit_test_setup(forms_of_the_note, begin),
		cmocka_unit_test_setup(malformed_notes, begin),
		cmocka_unit_test_setup(entry_in_no_segment, begin),
		cmocka_unit_test_setup(scratch_is_bounded, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
