/* SPDX-License-Identifier: BSD-2-Clause */
/* The 8259A pair against the Intel 8259A data sheet. */
#include "tests/unit/test.h"

#include "drivers/virt/pic.h"

enum {
	MC = PIC_MASTER_COMMAND,
	MD = PIC_MASTER_DATA,
	SC = PIC_SLAVE_COMMAND,
	SD = PIC_SLAVE_DATA,
	EOI = 0x20,
};

static struct pic pic;

static void init(u8 master_icw4)
{
	static const struct {
		u8 reg, value;
	} words[] = {
		{MC, 0x11}, {MD, 0x20}, {MD, 0x04}, {SC, 0x11}, {SD, 0x28}, {SD, 0x02}, {SD, 0x01},
	};

	pic_reset(&pic);
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		pic_write(&pic, words[i].reg, words[i].value);
	pic_write(&pic, MD, master_icw4);
}

static int setup(void **state)
{
	(void)state;
	init(0x01);
	return 0;
}

static void pulse(unsigned line)
{
	pic_set_irq(&pic, line, false);
	pic_set_irq(&pic, line, true);
}

static u8 read_isr(unsigned reg)
{
	pic_write(&pic, reg, 0x0b);
	return pic_read(&pic, reg);
}

static u8 read_irr(unsigned reg)
{
	pic_write(&pic, reg, 0x0a);
	return pic_read(&pic, reg);
}

static void silent_until_initialised(void **state)
{
	(void)state;
	pic_reset(&pic);
	pic_write(&pic, MD, 0);
	pulse(3);
	assert_false(pic_output(&pic));
	pic_write(&pic, MC, 0x11); /* ICW1 forgets edges and clears the mask */
	pic_write(&pic, MD, 0x40);
	pic_write(&pic, MD, 0x04);
	assert_false(pic_output(&pic));
	pic_write(&pic, MD, 0x01);
	assert_false(pic_output(&pic));
	assert_int_equal(pic_read(&pic, MD), 0);
	pulse(3);
	assert_int_equal(pic_acknowledge(&pic), 0x43);
}

static void short_initialisations(void **state)
{
	(void)state;
	pic_write(&pic, MC, 0x12); /* single, no ICW4 */
	pic_write(&pic, MD, 0x57);
	pulse(1);
	assert_int_equal(pic_acknowledge(&pic), 0x51);
	pic_write(&pic, MC, 0x10); /* cascaded, no ICW4 */
	pic_write(&pic, MD, 0x60);
	pic_write(&pic, MD, 0x04);
	pulse(1);
	assert_int_equal(pic_acknowledge(&pic), 0x61);
}

static void edge_fires_once(void **state)
{
	(void)state;
	pic_set_irq(&pic, 4, true);
	assert_true(pic_output(&pic));
	assert_int_equal(read_irr(MC), 0x10);
	assert_int_equal(pic_acknowledge(&pic), 0x24);
	assert_int_equal(read_irr(MC), 0);
	assert_int_equal(read_isr(MC), 0x10);
	pic_write(&pic, MC, EOI);
	assert_int_equal(read_isr(MC), 0);
	assert_false(pic_output(&pic));
	pic_set_irq(&pic, 4, true);
	assert_false(pic_output(&pic));
	pulse(4);
	assert_true(pic_output(&pic));
}

static void level_fires_again(void **state)
{
	(void)state;
	pic_write(&pic, PIC_MASTER_ELCR, 0xff);
	assert_int_equal(pic_read(&pic, PIC_MASTER_ELCR), 0xf8);
	pic_write(&pic, PIC_SLAVE_ELCR, 0xff);
	assert_int_equal(pic_read(&pic, PIC_SLAVE_ELCR), 0xde);
	pic_set_irq(&pic, 5, true);
	assert_int_equal(pic_acknowledge(&pic), 0x25);
	assert_false(pic_output(&pic));
	pic_write(&pic, MC, EOI);
	assert_true(pic_output(&pic));
	pic_set_irq(&pic, 5, false);
	assert_false(pic_output(&pic));
}

static void spurious(void **state)
{
	(void)state;
	pic_set_irq(&pic, 4, true);
	pic_set_irq(&pic, 4, false);
	assert_false(pic_output(&pic));
	assert_int_equal(pic_acknowledge(&pic), 0x27);
	assert_int_equal(read_isr(MC), 0);
}

static void fixed_priorities_nest(void **state)
{
	(void)state;
	pulse(5);
	pulse(3);
	assert_int_equal(pic_acknowledge(&pic), 0x23);
	assert_false(pic_output(&pic)); /* 5 waits for 3 */
	pulse(1);
	assert_int_equal(pic_acknowledge(&pic), 0x21);
	pic_write(&pic, MC, EOI);
	assert_int_equal(read_isr(MC), 0x08);
	pic_write(&pic, MC, EOI);
	assert_int_equal(pic_acknowledge(&pic), 0x25);
}

/* All pairs of lines: the lower number wins, whatever is in service. */
static void every_pair(void **state)
{
	(void)state;
	for (unsigned serving = 0; serving < 8; serving++) {
		for (unsigned line = 0; line < 8; line++) {
			if (line == PIC_CASCADE_LINE || serving == PIC_CASCADE_LINE)
				continue;
			init(0x01);
			pic_set_irq(&pic, serving, false);
			pic_set_irq(&pic, line, false);
			pulse(serving);
			assert_int_equal(pic_acknowledge(&pic), 0x20 + serving);
			pulse(line);
			assert_int_equal(pic_output(&pic), line < serving);
			pic_set_irq(&pic, line, false);
		}
	}
}

static void mask_holds_back(void **state)
{
	(void)state;
	pic_write(&pic, MD, 0x10);
	pulse(4);
	assert_false(pic_output(&pic));
	assert_int_equal(read_irr(MC), 0x10);
	assert_true(pic_is_requested(&pic, 4));
	pic_write(&pic, MD, 0x00);
	assert_true(pic_output(&pic));
}

static void cascade(void **state)
{
	(void)state;
	pulse(12);
	assert_int_equal(read_irr(MC), 0x04);
	assert_int_equal(pic_acknowledge(&pic), 0x2c);
	assert_int_equal(read_isr(MC), 0x04);
	assert_int_equal(read_isr(SC), 0x10);
	pulse(10); /* more urgent on the slave, but the master serves IR2 */
	assert_false(pic_output(&pic));
	pic_write(&pic, MC, EOI);
	assert_int_equal(pic_acknowledge(&pic), 0x2a);
	pic_write(&pic, SC, EOI);
	assert_int_equal(read_isr(SC), 0x10);
	pic_set_irq(&pic, 2, true);
	assert_false(pic_is_requested(&pic, 2));
}

static void special_fully_nested(void **state)
{
	(void)state;
	init(0x11);
	pulse(12);
	assert_int_equal(pic_acknowledge(&pic), 0x2c);
	pulse(3);
	assert_false(pic_output(&pic)); /* still less urgent than IR2 */
	pulse(10);
	assert_int_equal(pic_acknowledge(&pic), 0x2a);
}

static void auto_eoi(void **state)
{
	(void)state;
	init(0x03);
	pulse(4);
	assert_int_equal(pic_acknowledge(&pic), 0x24);
	assert_int_equal(read_isr(MC), 0);
	pic_write(&pic, MC, 0x80); /* rotate in automatic EOI mode */
	pulse(4);
	pic_acknowledge(&pic);
	pulse(4);
	pulse(5);
	assert_int_equal(pic_acknowledge(&pic), 0x25);
	pic_write(&pic, MC, 0x00); /* stop rotating: 5 is the lowest now */
	pulse(5);
	assert_int_equal(pic_acknowledge(&pic), 0x24);
	assert_int_equal(pic_acknowledge(&pic), 0x25);
	pulse(4);
	pulse(6);
	assert_int_equal(pic_acknowledge(&pic), 0x26);
}

static void rotation(void **state)
{
	(void)state;
	pulse(4);
	pic_acknowledge(&pic);
	pic_write(&pic, MC, 0xa0); /* rotate on non-specific EOI: 4 is the lowest */
	assert_int_equal(read_isr(MC), 0);
	pulse(4);
	pulse(7);
	assert_int_equal(pic_acknowledge(&pic), 0x27);
	pic_write(&pic, MC, 0xe7); /* rotate on specific EOI of 7 */
	pulse(7);
	pulse(0);
	assert_int_equal(pic_acknowledge(&pic), 0x20);
	pic_write(&pic, MC, 0x60);
	pic_write(&pic, MC, 0xc4); /* set priority: 5 is the highest */
	pulse(5);
	pulse(0);
	assert_int_equal(pic_acknowledge(&pic), 0x25);
	pic_write(&pic, MC, 0x40); /* no operation */
	assert_int_equal(read_isr(MC), 0x20);
}

static void specific_eoi(void **state)
{
	(void)state;
	pulse(5);
	pic_acknowledge(&pic);
	pulse(2 + 1);
	pic_acknowledge(&pic);
	assert_int_equal(read_isr(MC), 0x28);
	pic_write(&pic, MC, 0x65);
	assert_int_equal(read_isr(MC), 0x08);
}

static void special_mask(void **state)
{
	(void)state;
	pulse(3);
	pic_acknowledge(&pic);
	pulse(5);
	assert_false(pic_output(&pic));
	pic_write(&pic, MD, 0x08);
	assert_false(pic_output(&pic));
	pic_write(&pic, MC, 0x68);
	assert_int_equal(pic_acknowledge(&pic), 0x25);
	pic_write(&pic, MC, EOI); /* does not reach the masked 3 */
	assert_int_equal(read_isr(MC), 0x08);
	pic_write(&pic, MC, EOI);
	assert_int_equal(read_isr(MC), 0x08);
	pic_write(&pic, MC, 0x48);
	pic_write(&pic, MC, EOI);
	assert_int_equal(read_isr(MC), 0);
}

static void poll(void **state)
{
	(void)state;
	pic_write(&pic, MC, 0x0c);
	assert_int_equal(pic_read(&pic, MC), 0);
	pulse(6);
	pic_write(&pic, MC, 0x0c);
	assert_int_equal(pic_read(&pic, MC), 0x86);
	assert_int_equal(read_isr(MC), 0x40);
	assert_false(pic_output(&pic));
	pulse(9);
	pic_write(&pic, SC, 0x0c);
	assert_int_equal(pic_read(&pic, SD), 0x81);
	assert_int_equal(read_isr(SC), 0x02);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(silent_until_initialised, setup),
		cmocka_unit_test_setup(short_initialisations, setup),
		cmocka_unit_test_setup(edge_fires_once, setup),
		cmocka_unit_test_setup(level_fires_again, setup),
		cmocka_unit_test_setup(spurious, setup),
		cmocka_unit_test_setup(fixed_priorities_nest, setup),
		cmocka_unit_test_setup(every_pair, setup),
		cmocka_unit_test_setup(mask_holds_back, setup),
		cmocka_unit_test_setup(cascade, setup),
		cmocka_unit_test_setup(special_fully_nested, setup),
		cmocka_unit_test_setup(auto_eoi, setup),
		cmocka_unit_test_setup(rotation, setup),
		cmocka_unit_test_setup(specific_eoi, setup),
		cmocka_unit_test_setup(special_mask, setup),
		cmocka_unit_test_setup(poll, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
