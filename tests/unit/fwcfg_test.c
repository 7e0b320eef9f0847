/* SPDX-License-Identifier: BSD-2-Clause */
/* fw_cfg, the debug ports and empty PCI, compared with QEMU's and PCI's documents. */
#include <string.h>

#include "tests/unit/test.h"

#include "drivers/virt/fwcfg.h"
#include "drivers/virt/machine.h"

static struct fwcfg fwcfg;
static const struct fwcfg_file files[] = {
	{"opt/test", "hello", 5},
	{"etc/a-name-that-is-much-too-long-for-the-fifty-five-bytes-there-are", "x", 1},
	{"opt/empty", NULL, 0},
};

static int setup(void **state)
{
	const struct fwcfg_setup fwcfg_setup = {
		.ram_size = 0x123456789ULL,
		.cpus = 0x103,
		.files = files,
		.file_count = 3,
	};

	(void)state;
	fwcfg_init(&fwcfg, &fwcfg_setup);
	return 0;
}

static void expect(u16 key, const void *bytes, size_t size)
{
	fwcfg_select(&fwcfg, key);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(fwcfg_read(&fwcfg), ((const u8 *)bytes)[i]);
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(fwcfg_read(&fwcfg), 0);
}

static void numbers(void **state)
{
	(void)state;
	expect(0x00, "QEMU", 4);
	expect(0x01, "\1\0\0\0", 4);
	expect(0x03, "\x89\x67\x45\x23\x01\0\0\0", 8);
	expect(0x04, "\1\0", 2);
	expect(0x05, "\3\1", 2);
	expect(0x0f, "\3\1", 2);
	expect(0x77, "", 0);
	expect(0xffff, "", 0);
	fwcfg_select(&fwcfg, 0);
	assert_int_equal(fwcfg_read(&fwcfg), 'Q');
}

static void directory_and_files(void **state)
{
	u8 directory[4 + 3 * 64] = {0, 0, 0, 3};

	(void)state;
	directory[4 + 3] = 5;
	directory[4 + 5] = 0x20;
	strcpy((char *)directory + 12, files[0].name);
	directory[68 + 3] = 1;
	directory[68 + 5] = 0x21;
	memcpy(directory + 76, files[1].name, 55);
	directory[132 + 5] = 0x22;
	strcpy((char *)directory + 140, files[2].name);
	expect(0x19, directory, sizeof(directory));
	expect(0x20, "hello", 5);
	expect(0x21, "x", 1);
	expect(0x22, "", 0);
	expect(0x23, "", 0);
}

static void too_many_files(void **state)
{
	static struct fwcfg_file many[100];
	const struct fwcfg_setup fwcfg_setup = {.files = many, .file_count = 100};

	(void)state;
	for (int i = 0; i < 100; i++)
		many[i] = (struct fwcfg_file){"n", "y", 1};
	fwcfg_init(&fwcfg, &fwcfg_setup);
	expect(0x20 + 63, "y", 1);
	expect(0x20 + 64, "", 0);
}

static struct machine machine;
static struct machine_effects effects;

static void write(u16 port, u8 size, u32 value)
{
	machine_port_write(&machine, (struct port_access){port, size, value}, 0, &effects);
}

static u32 read(u16 port, u8 size)
{
	return machine_port_read(&machine, (struct port_access){port, size, 0}, 0, &effects);
}

static void debug_exit(void **state)
{
	(void)state;
	machine_init(&machine, &(struct machine_setup){0}, 0);
	write(0xf4, 1, 0x12345678);
	assert_int_equal(effects.requests, MACHINE_EXIT);
	assert_int_equal(effects.exit_code, 0x78);
	write(0xf4, 2, 0x12345678);
	assert_int_equal(effects.exit_code, 0x5678);
	write(0xf4, 4, 0x12345678);
	assert_int_equal(effects.exit_code, 0x12345678);
}

static void no_pci(void **state)
{
	(void)state;
	machine_init(&machine, &(struct machine_setup){0}, 0);
	write(0xcf8, 4, 0xffffffff);
	assert_int_equal(read(0xcf8, 4), 0x80fffffc);
	assert_int_equal(read(0xcfc, 4), 0xffffffff);
	write(0xcf8, 1, 0); /* only an access of four bytes reaches the address */
	write(0xcfc, 4, 0);
	assert_int_equal(read(0xcf8, 4), 0x80fffffc);
	assert_int_equal(read(0xcf8, 2), 0xffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(numbers, setup),
		cmocka_unit_test_setup(directory_and_files, setup),
		cmocka_unit_test_setup(too_many_files, setup),
		cmocka_unit_test(debug_exit),
		cmocka_unit_test(no_pci),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
