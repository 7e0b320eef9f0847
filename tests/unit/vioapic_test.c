/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual I/O APIC, compared with the 82093AA datasheet. */
#include "tests/unit/test.h"

#include "apic/virt/vioapic.h"

static struct vioapic io;
static struct apic_message message;

static u32 rd(u8 index)
{
	vioapic_write(&io, 0x00, 4, index);
	return (u32)vioapic_read(&io, 0x10, 4);
}

static bool wr(u8 index, u32 value)
{
	vioapic_write(&io, 0x00, 4, index);
	return vioapic_write(&io, 0x10, 4, value);
}

/* Programs the pin's entry, destination first. True if that caused a message. */
static bool program(unsigned pin, u32 low)
{
	wr((u8)(0x11 + 2 * pin), 0x42000000);
	return wr((u8)(0x10 + 2 * pin), low);
}

/* Takes the waiting message, and checks that it is from `pin` and that no other waits. */
static void one_message(int pin)
{
	struct apic_message other;
	assert_int_equal(vioapic_take_message(&io, &message), pin);
	assert_int_equal(vioapic_take_message(&io, &other), -1);
}

static u32 low_of(unsigned pin)
{
	return rd((u8)(0x10 + 2 * pin));
}

enum {
	ACTIVE_LOW = 0x2000,
	LEVEL = 0x8000,
	MASKED = 0x10000,
	REMOTE_IRR = 0x4000,
	STATUS = 0x1000
};

static void registers(void **state)
{
	(void)state;
	vioapic_reset(&io);
	assert_int_equal(rd(0x01), 0x00170020);
	wr(0x01, 0);
	assert_int_equal(rd(0x01), 0x00170020);
	wr(0x00, 0xffffffff);
	assert_int_equal(rd(0x00), 0x0f000000);
	assert_int_equal(rd(0x02), 0x0f000000);
	for (unsigned pin = 0; pin < 24; pin++) {
		assert_int_equal(low_of(pin), 0x00010000);
		wr((u8)(0x10 + 2 * pin), 0xffffffff);
		wr((u8)(0x11 + 2 * pin), 0xffffffff);
		assert_int_equal(low_of(pin), 0x0001afff);
		assert_int_equal(rd((u8)(0x11 + 2 * pin)), 0xff000000);
	}
	for (unsigned index = 0x40; index < 0x100; index++) {
		wr((u8)index, 0xffffffff);
		assert_int_equal(rd((u8)index), 0);
	}
	assert_int_equal(rd(0x03) | rd(0x0f), 0);
}

static void access_sizes(void **state)
{
	(void)state;
	vioapic_reset(&io);
	vioapic_write(&io, 0x00, 1, 0x101);
	assert_int_equal(vioapic_read(&io, 0x00, 4), 0x01);
	assert_int_equal(vioapic_read(&io, 0x00, 1), 0x01);
	assert_int_equal(vioapic_read(&io, 0x10, 4), 0x00170020);
	assert_int_equal(vioapic_read(&io, 0x10, 1), 0);
	assert_int_equal(vioapic_read(&io, 0x10, 8), 0);
	assert_int_equal(vioapic_read(&io, 0x12, 2), 0);
	assert_int_equal(vioapic_read(&io, 0x40, 4), 0);
	assert_int_equal(vioapic_read(&io, 0xffc, 4), 0);
	vioapic_write(&io, 0x00, 4, 0x10);
	vioapic_write(&io, 0x10, 2, 0);
	vioapic_write(&io, 0x14, 4, 0);
	assert_int_equal(low_of(0), 0x00010000);
}

static void edge(void **state)
{
	(void)state;
	vioapic_reset(&io);
	assert_false(program(4, 0x0931)); /* lowest priority, logical */
	assert_true(vioapic_set_pin(&io, 4, true));
	one_message(4);
	assert_int_equal(message.destination, 0x42);
	assert_int_equal(message.vector, 0x31);
	assert_int_equal(message.delivery, APIC_LOWEST_PRIORITY);
	assert_true(message.logical);
	assert_false(message.level);
	assert_int_equal(message.shorthand, APIC_TO_DESTINATION);
	assert_int_equal(low_of(4), 0x0931);	     /* an edge has no Remote IRR */
	assert_false(vioapic_set_pin(&io, 4, true)); /* no new edge */
	assert_false(vioapic_eoi(&io, 0x31));
	assert_false(vioapic_set_pin(&io, 4, false));
	assert_true(vioapic_set_pin(&io, 4, true));
	one_message(4);
}

static void masked_edge_is_lost(void **state)
{
	(void)state;
	vioapic_reset(&io);
	program(4, MASKED | 0x31);
	assert_false(vioapic_set_pin(&io, 4, true));
	assert_false(program(4, 0x31));
	vioapic_set_pin(&io, 4, false);
	assert_true(vioapic_set_pin(&io, 4, true));
}

static void level(void **state)
{
	(void)state;
	vioapic_reset(&io);
	program(9, LEVEL | 0x51);
	assert_true(vioapic_set_pin(&io, 9, true));
	one_message(9);
	assert_true(message.level);
	assert_int_equal(low_of(9), LEVEL | REMOTE_IRR | 0x51);
	assert_false(vioapic_set_pin(&io, 9, false));
	assert_false(vioapic_set_pin(&io, 9, true)); /* in service */
	assert_false(vioapic_eoi(&io, 0x52));
	assert_int_equal(low_of(9), LEVEL | REMOTE_IRR | 0x51);
	assert_true(vioapic_eoi(&io, 0x51)); /* still asserted */
	one_message(9);
	vioapic_set_pin(&io, 9, false);
	assert_false(vioapic_eoi(&io, 0x51));
	assert_int_equal(low_of(9), LEVEL | 0x51);
}

static void level_mask(void **state)
{
	(void)state;
	vioapic_reset(&io);
	program(9, LEVEL | MASKED | 0x51);
	assert_false(vioapic_set_pin(&io, 9, true));
	assert_true(program(9, LEVEL | 0x51)); /* the line is still high after unmasking */
	one_message(9);
	assert_false(program(9, LEVEL | MASKED | 0x51));
	assert_false(vioapic_eoi(&io, 0x51));
	assert_true(program(9, LEVEL | 0x51));
	one_message(9);
}

static void eoi_register_and_edge_trick(void **state)
{
	(void)state;
	vioapic_reset(&io);
	program(9, LEVEL | 0x51);
	program(10, LEVEL | 0x51); /* a vector shared by two pins */
	vioapic_set_pin(&io, 9, true);
	vioapic_set_pin(&io, 10, true);
	assert_int_equal(vioapic_take_message(&io, &message), 9);
	assert_int_equal(vioapic_take_message(&io, &message), 10);
	assert_true(vioapic_write(&io, 0x40, 4, 0x51));
	assert_int_equal(vioapic_take_message(&io, &message), 9);
	assert_int_equal(vioapic_take_message(&io, &message), 10);
	assert_false(program(9, MASKED | 0x51)); /* edge-triggered: Remote IRR is cleared */
	assert_true(program(9, LEVEL | 0x51));
	one_message(9);
}

static void refused(void **state)
{
	(void)state;
	vioapic_reset(&io);
	program(9, LEVEL | 0x51);
	program(4, 0x31);
	vioapic_set_pin(&io, 9, true);
	one_message(9);
	vioapic_refuse(&io, 9);
	assert_int_equal(low_of(9), LEVEL | STATUS | 0x51); /* send pending */
	assert_true(vioapic_retry(&io));
	one_message(9);
	assert_int_equal(low_of(9), LEVEL | REMOTE_IRR | 0x51);
	assert_false(vioapic_retry(&io));
	vioapic_set_pin(&io, 4, true);
	one_message(4);
	vioapic_refuse(&io, 4);
	assert_false(vioapic_retry(&io));
	vioapic_refuse(&io, 24); /* no such pin */
	assert_false(vioapic_set_pin(&io, 24, true));
}

static void other_modes_are_edges(void **state)
{
	(void)state;
	static const u8 modes[] = {APIC_SMI, APIC_NMI, APIC_INIT, APIC_EXTINT};
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		vioapic_reset(&io);
		program(0, LEVEL | (u32)modes[i] << 8);
		assert_true(vioapic_set_pin(&io, 0, true));
		one_message(0);
		assert_int_equal(message.delivery, modes[i]);
		assert_false(message.level);
		assert_int_equal(low_of(0) & REMOTE_IRR, 0);
	}
}

/* Active low: a level requests while the line is low, an edge when it falls. */
static void polarity(void **state)
{
	(void)state;
	vioapic_reset(&io);
	vioapic_set_pin(&io, 9, true);
	assert_false(program(9, LEVEL | ACTIVE_LOW | 0x31));
	assert_true(vioapic_set_pin(&io, 9, false));
	one_message(9);
	assert_true(message.level);
	vioapic_set_pin(&io, 9, true);
	assert_false(vioapic_eoi(&io, 0x31));
	assert_true(program(9, LEVEL | 0x31)); /* the same line with the other polarity */
	one_message(9);

	vioapic_reset(&io);
	vioapic_set_pin(&io, 4, true);
	assert_false(program(4, ACTIVE_LOW | 0x32));
	assert_true(vioapic_set_pin(&io, 4, false));
	one_message(4);
	assert_false(message.level);
	assert_false(vioapic_set_pin(&io, 4, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers),
		cmocka_unit_test(access_sizes),
		cmocka_unit_test(edge),
		cmocka_unit_test(masked_edge_is_lost),
		cmocka_unit_test(level),
		cmocka_unit_test(level_mask),
		cmocka_unit_test(eoi_register_and_edge_trick),
		cmocka_unit_test(refused),
		cmocka_unit_test(other_modes_are_edges),
		cmocka_unit_test(polarity),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
