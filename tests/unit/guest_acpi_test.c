/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's ACPI tables, read by offset, as an operating system reads them. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

#include "core/base/bits.h"
#include "core/base/bytes.h"
#include "core/load/acpi.h"

enum { BASE = 0xe0000, SIZE = 0x20000, DSDT_SIZE = 77 };

static u8 *memory; /* of the exact size, so that the sanitizer sees a store past its end */
static u8 dsdt[DSDT_SIZE];
static size_t used;
static struct error err;

static enum status build(size_t size, u32 vcpus)
{
	const struct load_acpi_config config = {
		.base = BASE, .vcpus = vcpus, .dsdt = dsdt, .dsdt_size = sizeof(dsdt)};

	free(memory);
	memory = malloc(size);
	memset(memory, 0xa5, size);
	return load_acpi_build(memory, size, &config, &used, &err);
}

static int setup(void **state)
{
	u8 sum = 0;

	(void)state;
	memset(dsdt, 0x5a, sizeof(dsdt));
	memcpy(dsdt, "DSDT", 4);
	bytes_put32(dsdt + 4, sizeof(dsdt));
	dsdt[9] = 0;
	for (size_t i = 0; i < sizeof(dsdt); i++)
		sum = (u8)(sum + dsdt[i]);
	dsdt[9] = (u8)-sum;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(memory);
	memory = NULL;
	return 0;
}

static void assert_sum(const u8 *bytes, size_t size)
{
	u8 sum = 0;

	while (size--)
		sum = (u8)(sum + *bytes++);
	assert_int_equal(sum, 0);
}

/* Returns the table at a guest address. Checks its header. */
static const u8 *table_at(u64 address, const char *signature)
{
	const u8 *table;

	assert_in_range(address, BASE, BASE + used - 36);
	table = memory + (address - BASE);
	assert_memory_equal(table, signature, 4);
	assert_in_range(bytes_get32(table + 4), 36, BASE + used - address);
	assert_sum(table, bytes_get32(table + 4));
	return table;
}

/* Follows RSDP and XSDT, as an operating system does. RSDT must have the same tables. */
static const u8 *find_table(const char *signature)
{
	const u8 *xsdt, *rsdt;
	u32 count;

	assert_memory_equal(memory, "RSD PTR ", 8);
	assert_sum(memory, 20);
	assert_int_equal(memory[15], 2);
	assert_int_equal(bytes_get32(memory + 20), 36);
	assert_sum(memory, 36);
	rsdt = table_at(bytes_get32(memory + 16), "RSDT");
	xsdt = table_at(bytes_get64(memory + 24), "XSDT");
	count = (bytes_get32(xsdt + 4) - 36) / 8;
	assert_int_equal(count, (bytes_get32(rsdt + 4) - 36) / 4);
	for (u32 i = 0; i < count; i++) {
		u64 address = bytes_get64(xsdt + 36 + 8 * i);

		assert_int_equal(address, bytes_get32(rsdt + 36 + 4 * i));
		if (memcmp(memory + (address - BASE), signature, 4) == 0)
			return table_at(address, signature);
	}
	return NULL;
}

/* access: 1 byte, 2 word, 3 doubleword */
static void assert_io(const u8 *gas, u64 port, unsigned bits, unsigned access)
{
	assert_int_equal(gas[0], 1);
	assert_int_equal(gas[1], bits);
	assert_int_equal(gas[2], 0);
	assert_int_equal(gas[3], access);
	assert_int_equal(bytes_get64(gas + 4), port);
}

static void fadt(void **state)
{
	const u8 *t, *facs;

	(void)state;
	assert_int_equal(build(SIZE, 2), OK);
	t = find_table("FACP");
	assert_non_null(t);
	assert_int_equal(bytes_get32(t + 4), 276);
	assert_int_equal(t[8], 6);
	assert_int_equal(bytes_get16(t + 46), 9); /* SCI_INT */
	assert_int_equal(bytes_get32(t + 48), 0); /* SMI_CMD */
	assert_int_equal(bytes_get32(t + 56), 0x600);
	assert_int_equal(bytes_get32(t + 64), 0x604);
	assert_int_equal(bytes_get32(t + 76), 0x608);
	assert_int_equal(t[88], 4);
	assert_int_equal(t[89], 2);
	assert_int_equal(t[91], 4);
	assert_int_equal(t[92], 0); /* no GPE block */
	assert_int_equal(bytes_get16(t + 96), 101);
	assert_int_equal(bytes_get16(t + 98), 1001);
	assert_int_equal(t[108], 0x32);
	assert_int_equal(bytes_get16(t + 109), 0x1d); /* legacy devices; no VGA, MSI, ASPM, 8042 */
	/*
	 * WBINVD, C1, sleep button absent, power button fixed, RTC, 32-bit timer, reset, headless
	 */
	assert_int_equal(bytes_get32(t + 112), 0x1565);
	assert_io(t + 116, 0xcf9, 8, 1);
	assert_int_equal(t[128], 6);
	assert_int_equal(t[131], 4);
	assert_io(t + 148, 0x600, 32, 2);
	assert_io(t + 172, 0x604, 16, 2);
	assert_io(t + 208, 0x608, 32, 3);
	assert_int_equal(bytes_get64(t + 140), bytes_get32(t + 40));
	assert_memory_equal(table_at(bytes_get32(t + 40), "DSDT"), dsdt, sizeof(dsdt));
	/* FACS: one pointer of the two, on 64 bytes, no checksum */
	assert_int_equal(bytes_get64(t + 132), 0);
	assert_int_equal(bytes_get32(t + 36) % 64, 0);
	facs = memory + (bytes_get32(t + 36) - BASE);
	assert_memory_equal(facs, "FACS", 4);
	assert_int_equal(bytes_get32(facs + 4), 64);
	assert_int_equal(facs[32], 2);
	assert_int_equal(bytes_get32(facs + 16), 0); /* the global lock is free */
}

struct madt_count {
	u32 lapics, x2apics, ioapics, overrides, nmis, x2nmis;
};

static void check_cpu(struct madt_count *n, const u8 *s)
{
	u32 id = n->lapics + n->x2apics;

	if (s[0] == 0) {
		assert_int_equal(s[1], 8);
		assert_int_equal(s[2], id);
		assert_int_equal(s[3], id);
		assert_int_equal(bytes_get32(s + 4), 1);
		n->lapics++;
		return;
	}
	assert_int_equal(s[1], 16);
	assert_int_equal(bytes_get16(s + 2), 0);
	assert_int_equal(bytes_get32(s + 4), id);
	assert_int_equal(bytes_get32(s + 8), 1);
	assert_int_equal(bytes_get32(s + 12), id);
	n->x2apics++;
}

static void check_override(struct madt_count *n, const u8 *s)
{
	assert_int_equal(s[1], 10);
	assert_int_equal(s[2], 0);
	assert_int_equal(s[3], n->overrides ? 9 : 0);
	assert_int_equal(bytes_get32(s + 4), n->overrides ? 9 : 2);
	assert_int_equal(bytes_get16(s + 8), n->overrides ? 0xd : 0);
	n->overrides++;
}

static void check_structure(struct madt_count *n, const u8 *s)
{
	switch (s[0]) {
	case 0:
	case 9:
		check_cpu(n, s);
		break;
	case 1:
		assert_int_equal(s[1], 12);
		assert_int_equal(bytes_get32(s + 4), 0xfec00000);
		assert_int_equal(bytes_get32(s + 8), 0);
		n->ioapics++;
		break;
	case 2:
		check_override(n, s);
		break;
	case 4:
		assert_int_equal(s[1], 6);
		assert_int_equal(s[2], 0xff);
		assert_int_equal(bytes_get16(s + 3), 0);
		assert_int_equal(s[5], 1);
		n->nmis++;
		break;
	case 10:
		assert_int_equal(s[1], 12);
		assert_int_equal(bytes_get32(s + 4), 0xffffffff);
		assert_int_equal(s[8], 1);
		n->x2nmis++;
		break;
	default:
		assert_int_equal(s[0], 0); /* no other type */
	}
}

static struct madt_count read_madt(void)
{
	const u8 *t = find_table("APIC");
	struct madt_count n = {0};
	u32 at = 44;

	assert_non_null(t);
	assert_int_equal(bytes_get32(t + 36), 0xfee00000);
	assert_int_equal(bytes_get32(t + 40), 1);
	while (at < bytes_get32(t + 4)) {
		assert_true(t[at + 1] >= 6);
		check_structure(&n, t + at);
		at += t[at + 1];
	}
	assert_int_equal(at, bytes_get32(t + 4));
	return n;
}

static void madt(void **state)
{
	static const u32 sizes[] = {1, 2, 64, 254, 255, 256, 300, 5000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct madt_count n;

		assert_int_equal(build(SIZE, sizes[i]), OK);
		n = read_madt();
		assert_int_equal(n.lapics, sizes[i] < 255 ? sizes[i] : 255);
		assert_int_equal(n.x2apics, sizes[i] < 255 ? 0 : sizes[i] - 255);
		assert_int_equal(n.ioapics, 1);
		assert_int_equal(n.overrides, 2);
		assert_int_equal(n.nmis, 1);
		assert_int_equal(n.x2nmis, sizes[i] > 255);
	}
}

static void no_room(void **state)
{
	(void)state;
	assert_int_equal(build(SIZE, 3), OK);
	for (size_t size = 1; size < used; size++)
		assert_int_equal(build(size, 3), ERR_NO_MEMORY);
	assert_int_equal(build(used, 3), OK);
	assert_int_equal(build(SIZE, 0xffffffff), ERR_NO_MEMORY);
}

static void bad_config(void **state)
{
	u8 buffer[4096];
	struct load_acpi_config config = {BASE, 1, dsdt, sizeof(dsdt)};

	(void)state;
	config.base = BASE + 16;
	assert_int_equal(load_acpi_build(buffer, sizeof(buffer), &config, &used, &err),
			 ERR_INVALID);
	config.base = 0xfffff800;
	assert_int_equal(load_acpi_build(buffer, sizeof(buffer), &config, &used, &err),
			 ERR_INVALID);
	config.base = BASE;
	config.vcpus = 0;
	assert_int_equal(load_acpi_build(buffer, sizeof(buffer), &config, &used, &err),
			 ERR_INVALID);
	config.vcpus = 1;
	config.dsdt_size = 35;
	assert_int_equal(load_acpi_build(buffer, sizeof(buffer), &config, &used, &err),
			 ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(fadt, setup, teardown),
		cmocka_unit_test_setup_teardown(madt, setup, teardown),
		cmocka_unit_test_setup_teardown(no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_config, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
