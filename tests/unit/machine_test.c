/* SPDX-License-Identifier: BSD-2-Clause */
/* The chips together: ports, interrupt lines, deadlines, requests. */
#include "tests/unit/test.h"

#include "core/base/bits.h"
#include "drivers/virt/clock.h"
#include "drivers/virt/machine.h"

static struct machine machine;
static struct machine_effects effects;

static void write(u16 port, u8 size, u32 value, u64 now)
{
	machine_port_write(&machine, (struct port_access){port, size, value}, now, &effects);
}

static u32 read(u16 port, u8 size, u64 now)
{
	return machine_port_read(&machine, (struct port_access){port, size, 0}, now, &effects);
}

static void pic_init(void)
{
	static const u16 words[][2] = {
		{0x20, 0x11}, {0x21, 0x20}, {0x21, 0x04}, {0x21, 0x01},
		{0xa0, 0x11}, {0xa1, 0x28}, {0xa1, 0x02}, {0xa1, 0x01},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		write(words[i][0], 1, words[i][1], 0);
}

static void timer_program(u8 control, u16 count, u64 now)
{
	write(0x43, 1, control, now);
	write(0x40, 1, count & 0xff, now);
	write(0x40, 1, count >> 8, now);
}

static int setup(void **state)
{
	const struct machine_setup machine_setup = {
		.epoch_seconds = 1700000000,
		.memory_below_4g = 256 * MIB,
		.memory_above_4g = 1ULL << 32,
		.cpus = 2,
	};

	(void)state;
	machine_init(&machine, &machine_setup, 0);
	return 0;
}

static void nothing_reads_ones_and_is_counted(void **state)
{
	(void)state;
	assert_int_equal(read(0x1234, 4, 0), 0xffffffff);
	write(0x1234, 2, 0, 0);
	assert_int_equal(machine.unclaimed, 6);
	assert_int_equal(read(0x1234, 1, 0), 0xff);
	assert_int_equal(read(0xffff, 4, 0), 0xffffffff);
	assert_int_equal(read(0x64, 1, 0), 0xff);
	assert_int_equal(read(0xcfc, 4, 0), 0xffffffff);
	assert_int_equal(effects.requests, 0);
}

static void each_byte_goes_where_it_belongs(void **state)
{
	(void)state;
	write(0x3ff, 1, 0x5a, 0);
	assert_int_equal(read(0x3fe, 4, 0), 0xffff5ab0); /* MSR, SCR, nothing */
	write(0x3fe, 4, 0x1111a700, 0);
	assert_int_equal(read(0x3ff, 1, 0), 0xa7);
	write(0x3f7, 2, 0x41ff, 0); /* nothing, THR */
	assert_int_equal(effects.requests, MACHINE_EMIT);
	assert_int_equal(effects.output, 'A');
	assert_int_equal(read(0x607, 2, 1000000000), ((3579545 & 0xff) << 8));
}

static void console(void **state)
{
	(void)state;
	write(0x3f8, 1, 'x', 0);
	assert_int_equal(effects.requests, MACHINE_EMIT);
	assert_int_equal(effects.output, 'x');
	write(0x3fc, 1, 0x08, 0);
	assert_int_equal(effects.requests, 0);
	write(0x3f9, 1, 0x01, 0);
	assert_true(machine_can_receive(&machine));
	machine_receive(&machine, 'r', 0, &effects);
	assert_int_equal(effects.irq_rose, BIT(IRQ_UART));
	assert_false(machine_can_receive(&machine));
	write(0x3f8, 1, 'x', 0);
	assert_int_equal(effects.irq_rose | effects.irq_fell, 0); /* the line stays high */
	assert_int_equal(read(0x3f8, 1, 0), 'r');
	assert_int_equal(effects.irq_fell, BIT(IRQ_UART));
	assert_int_equal(machine.irq_level & BIT(IRQ_UART), 0);
}

/* If a guest writes THR without reading IIR, each byte causes an edge. */
static void console_output_interrupts(void **state)
{
	(void)state;
	pic_init();
	write(0x3fc, 1, 0x08, 0);
	write(0x3f9, 1, 0x02, 0);
	write(0x21, 1, 0xef, 0);
	for (int i = 0; i < 3; i++) {
		assert_true(pic_output(&machine.pic));
		assert_int_equal(pic_acknowledge(&machine.pic), 0x24);
		write(0x20, 1, 0x20, 0);
		assert_false(pic_output(&machine.pic));
		write(0x3f8, 1, 'x', 0);
		assert_int_equal(effects.irq_rose, BIT(IRQ_UART));
		assert_int_equal(effects.irq_fell, BIT(IRQ_UART));
	}
	assert_true(machine.irq_level & BIT(IRQ_UART));
}

static void uart_timeout_is_a_deadline(void **state)
{
	u64 due = 347222;

	(void)state;
	timer_program(0x30, 0, 0); /* mode 0, far away */
	write(0x3fb, 1, 0x03, 0);
	write(0x3fc, 1, 0x08, 0);
	write(0x3fa, 1, 0xc1, 0);
	write(0x3f9, 1, 0x01, 0);
	machine_receive(&machine, 'r', 0, &effects);
	assert_int_equal(effects.irq_rose, 0);
	assert_int_equal(machine_next_deadline(&machine, 0), due);
	machine_advance(&machine, due, &effects);
	assert_int_equal(effects.irq_rose, BIT(IRQ_UART));
}

static void timer_ticks(void **state)
{
	u64 now = 0;

	(void)state;
	pic_init();
	timer_program(0x34, 1193, 0);
	write(0x21, 1, 0xfe, 0);
	for (int i = 1; i <= 5; i++) {
		now = machine_next_deadline(&machine, now);
		assert_int_equal(now, clock_ns(1 + i * 1193, PIT_HZ));
		machine_advance(&machine, now, &effects);
		assert_int_equal(effects.irq_rose & 1, 1);
		assert_int_equal(pic_acknowledge(&machine.pic), 0x20);
		write(0x20, 1, 0x20, now);
		assert_false(pic_output(&machine.pic));
	}
	machine_advance(&machine, clock_ns(1 + 15 * 1193, PIT_HZ), &effects);
	assert_int_equal(pic_acknowledge(&machine.pic), 0x20);
	assert_false(pic_output(&machine.pic));
}

/* The ticks of a time in which the vCPU was away come later, between the regular ticks. */
static void ticks_of_a_time_away(void **state)
{
	u64 late = clock_ns(1 + 10 * 11930, PIT_HZ), now = late, ticks = 0;

	(void)state;
	pic_init();
	timer_program(0x34, 11930, 0); /* 10 ms */
	write(0x21, 1, 0xfe, 0);
	machine_advance(&machine, late, &effects);
	do {
		assert_int_equal(pic_acknowledge(&machine.pic), 0x20);
		write(0x20, 1, 0x20, now);
		machine_advance(&machine, now, &effects);
		assert_false(pic_output(&machine.pic));
		ticks++;
		now = machine_next_deadline(&machine, now);
		machine_advance(&machine, now, &effects);
	} while (now < late + 25000000);
	assert_int_equal(ticks, 10 + 2);
	assert_int_equal(machine.timer_owed, 0);
}

/* Their number is limited, and a new programming of the chip drops them. */
static void owed_ticks_have_an_end(void **state)
{
	u64 hour = 3600ULL * 1000000000;

	(void)state;
	pic_init();
	timer_program(0x34, 1193, 0);
	machine_advance(&machine, hour, &effects);
	assert_int_equal(machine.timer_owed, 64);
	assert_int_equal(machine_next_deadline(&machine, hour), hour + 500000);
	timer_program(0x34, 1193, hour);
	assert_int_equal(machine.timer_owed, 0);
}

/* In mode 3 OUT has fallen again before a late vCPU looks. The tick is not lost. */
static void late_tick_is_not_lost(void **state)
{
	u64 late = clock_ns(1 + 1000 + 700, PIT_HZ);

	(void)state;
	pic_init();
	timer_program(0x36, 1000, 0);
	machine_advance(&machine, late, &effects);
	machine_advance(&machine, late + 1000, &effects);
	assert_true(machine.irq_level & BIT(IRQ_TIMER));
	assert_int_equal(pic_acknowledge(&machine.pic), 0x20);
	write(0x20, 1, 0x20, late);
	machine_advance(&machine, late + 2000, &effects);
	assert_int_equal(effects.irq_fell, BIT(IRQ_TIMER));
	assert_false(pic_output(&machine.pic));
	machine_advance(&machine, clock_ns(1 + 2000, PIT_HZ), &effects);
	assert_true(pic_output(&machine.pic));
	timer_program(0x30, 1000, clock_ns(1 + 2000, PIT_HZ)); /* the guest programs a new count */
	assert_false(machine.irq_level & BIT(IRQ_TIMER));
	assert_false(pic_output(&machine.pic));
}

static void clock_interrupt(void **state)
{
	(void)state;
	pic_init();
	timer_program(0x30, 0, 0);
	machine_advance(&machine, 500000000, &effects);
	write(0x70, 1, 0x0b, 500000000);
	write(0x71, 1, 0x12, 500000000);
	assert_int_equal(machine_next_deadline(&machine, 500000000), 1000000000);
	timer_program(0x30, 1000, 500000000);
	machine_advance(&machine, 1000000000, &effects);
	assert_int_equal(effects.irq_rose, BIT(IRQ_RTC) | BIT(IRQ_TIMER));
	pic_write(&machine.pic, PIC_MASTER_DATA, 0x01);
	assert_int_equal(pic_acknowledge(&machine.pic), 0x28);
	write(0x70, 1, 0x0c, 1000000000);
	assert_int_equal(read(0x71, 1, 1000000000) & 0xb0, 0x90);
	assert_int_equal(effects.irq_fell, BIT(IRQ_RTC));
}

static void power_button(void **state)
{
	(void)state;
	pic_init();
	write(0x602, 2, PM1_PWRBTN, 0);
	machine_power_button(&machine, 0, &effects);
	assert_int_equal(effects.irq_rose, BIT(IRQ_SCI));
	assert_int_equal(read(0x4d1, 1, 0), 0x02); /* firmware leaves the SCI level-triggered */
	assert_int_equal(pic_acknowledge(&machine.pic), 0x29);
	write(0x600, 2, PM1_PWRBTN, 0);
	assert_int_equal(effects.irq_fell, BIT(IRQ_SCI));
}

static void requests(void **state)
{
	static const struct {
		u16 port;
		u8 size;
		u32 value, request;
	} rows[] = {
		{0xcf8, 1, 0x06, 0},
		{0xcf9, 2, 0x06, 0},
		{0x604, 2, 0x2000, MACHINE_POWER_OFF},
		{0x604, 2, 0x3400, 0},
		{0x604, 4, 0x2000, MACHINE_POWER_OFF},
		{0xcf9, 1, 0x02, 0},
		{0xcf9, 1, 0x06, MACHINE_RESET},
		{0xcf9, 1, 0x0a, 0},
		{0xcf9, 1, 0x0e, MACHINE_RESET},
		{0xcf8, 4, 0x80000000, 0},
		{0x64, 1, 0xfe, MACHINE_RESET},
		{0x64, 1, 0xd1, 0},
		{0x60, 1, 0xfe, 0},
		{0xf4, 1, 0x1234, MACHINE_EXIT},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		write(rows[i].port, rows[i].size, rows[i].value, 0);
		assert_int_equal(effects.requests, rows[i].request);
	}
	assert_int_equal(effects.exit_code, 0x34);
	write(0xf4, 4, 0x12345678, 0);
	assert_int_equal(effects.exit_code, 0x12345678);
	assert_int_equal(read(0xcf8, 4, 0), 0x80000000);
	assert_int_equal(read(0xcf9, 1, 0), 0x0e);
	write(0x80, 1, 0x42, 0);
	assert_int_equal(read(0x80, 1, 0), 0x42);
}

static void firmware_configuration(void **state)
{
	(void)state;
	write(0x510, 2, 0x0003, 0);
	for (int i = 0; i < 8; i++)
		assert_int_equal(read(0x511, 1, 0), (i == 3) * 0x10 + (i == 4));
	write(0x510, 2, 0x0000, 0);
	write(0x511, 1, 0xff, 0); /* ignored */
	assert_int_equal(read(0x511, 1, 0), 'Q');
	write(0x510, 1, 0x05, 0); /* not a selector */
	assert_int_equal(read(0x511, 1, 0), 'E');
}

static void interrupt_pins(void **state)
{
	(void)state;
	assert_int_equal(machine_gsi(IRQ_TIMER), 2);
	assert_int_equal(machine_gsi(IRQ_UART), 4);
	assert_int_equal(machine_gsi(IRQ_SCI), 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_reads_ones_and_is_counted, setup),
		cmocka_unit_test_setup(each_byte_goes_where_it_belongs, setup),
		cmocka_unit_test_setup(console, setup),
		cmocka_unit_test_setup(console_output_interrupts, setup),
		cmocka_unit_test_setup(uart_timeout_is_a_deadline, setup),
		cmocka_unit_test_setup(timer_ticks, setup),
		cmocka_unit_test_setup(ticks_of_a_time_away, setup),
		cmocka_unit_test_setup(owed_ticks_have_an_end, setup),
		cmocka_unit_test_setup(late_tick_is_not_lost, setup),
		cmocka_unit_test_setup(clock_interrupt, setup),
		cmocka_unit_test_setup(power_button, setup),
		cmocka_unit_test_setup(requests, setup),
		cmocka_unit_test_setup(firmware_configuration, setup),
		cmocka_unit_test_setup(interrupt_pins, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
