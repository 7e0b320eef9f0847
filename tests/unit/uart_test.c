/* SPDX-License-Identifier: BSD-2-Clause */
/* The 16550A model compared with the PC16550D data sheet. */
#include "tests/unit/test.h"

#include "drivers/virt/clock.h"
#include "drivers/virt/uart.h"

enum { DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR, FCR = 2 };

static struct uart uart;

static int setup(void **state)
{
	(void)state;
	uart_reset(&uart);
	uart_write(&uart, MCR, 0x08, 0); /* OUT2 */
	return 0;
}

static void reset_state(void **state)
{
	(void)state;
	uart_reset(&uart);
	assert_int_equal(uart_read(&uart, IER, 0), 0);
	assert_int_equal(uart_read(&uart, IIR, 0), 0x01);
	assert_int_equal(uart_read(&uart, LCR, 0), 0);
	assert_int_equal(uart_read(&uart, MCR, 0), 0);
	assert_int_equal(uart_read(&uart, LSR, 0), 0x60);
	assert_int_equal(uart_read(&uart, MSR, 0), 0xb0);
	assert_false(uart_irq(&uart, 0));
}

static void divisor_and_scratch(void **state)
{
	(void)state;
	uart_write(&uart, LCR, 0x83, 0);
	assert_int_equal(uart_write(&uart, DATA, 0x34, 0), 0);
	uart_write(&uart, IER, 0x12, 0);
	assert_int_equal(uart_read(&uart, DATA, 0), 0x34);
	assert_int_equal(uart_read(&uart, IER, 0), 0x12);
	uart_write(&uart, LCR, 0x03, 0);
	assert_int_equal(uart_read(&uart, IER, 0), 0);
	uart_write(&uart, IER, 0xff, 0);
	assert_int_equal(uart_read(&uart, IER, 0), 0x0f);
	uart_write(&uart, MCR, 0xff, 0);
	assert_int_equal(uart_read(&uart, MCR, 0), 0x1f);
	uart_write(&uart, SCR, 0xa5, 0);
	assert_int_equal(uart_read(&uart, SCR, 0), 0xa5);
}

static void output_is_emitted(void **state)
{
	(void)state;
	assert_true(uart_write(&uart, DATA, 'x', 0) & UART_EMIT);
	assert_int_equal(uart_read(&uart, LSR, 0), 0x60);
}

/* Enabling raises it; reading IIR clears it; writing THR raises it again. */
static void thre_interrupt(void **state)
{
	(void)state;
	uart_write(&uart, IER, 0x02, 0);
	assert_true(uart_irq(&uart, 0));
	assert_int_equal(uart_read(&uart, IIR, 0), 0x02);
	assert_false(uart_irq(&uart, 0));
	assert_int_equal(uart_read(&uart, IIR, 0), 0x01);
	uart_write(&uart, IER, 0x02, 0); /* no change: no new interrupt */
	assert_false(uart_irq(&uart, 0));
	uart_write(&uart, DATA, 'x', 0);
	assert_true(uart_irq(&uart, 0));
	uart_write(&uart, IER, 0x00, 0);
	assert_false(uart_irq(&uart, 0));
	uart_write(&uart, IER, 0x02, 0);
	assert_true(uart_irq(&uart, 0));
}

static void thr_write_drops_irq(void **state)
{
	(void)state;
	uart_write(&uart, IER, 0x02, 0);
	assert_true(uart_write(&uart, DATA, 'x', 0) & UART_IRQ_DROPPED);
	assert_true(uart_irq(&uart, 0));
	uart_write(&uart, IER, 0x03, 0);
	uart_receive(&uart, 'r', 0); /* holds the output high */
	assert_false(uart_write(&uart, DATA, 'x', 0) & UART_IRQ_DROPPED);
}

static void out2_gates(void **state)
{
	(void)state;
	uart_write(&uart, IER, 0x02, 0);
	uart_write(&uart, MCR, 0x00, 0);
	assert_false(uart_irq(&uart, 0));
	assert_int_equal(uart_read(&uart, IIR, 0), 0x02); /* OUT2 does not affect IIR */
}

static void receive_without_fifo(void **state)
{
	(void)state;
	uart_write(&uart, IER, 0x05, 0);
	assert_true(uart_can_receive(&uart));
	uart_receive(&uart, 'a', 0);
	assert_false(uart_can_receive(&uart));
	assert_int_equal(uart_read(&uart, IIR, 0), 0x04);
	uart_receive(&uart, 'b', 0); /* overrun: the newer byte stays */
	assert_int_equal(uart_read(&uart, IIR, 0), 0x06);
	assert_int_equal(uart_read(&uart, LSR, 0), 0x63);
	assert_int_equal(uart_read(&uart, LSR, 0), 0x61);
	assert_int_equal(uart_read(&uart, IIR, 0), 0x04);
	assert_int_equal(uart_read(&uart, DATA, 0), 'b');
	assert_int_equal(uart_read(&uart, LSR, 0), 0x60);
	assert_false(uart_irq(&uart, 0));
}

static void fifo_keeps_order_and_overruns(void **state)
{
	(void)state;
	uart_write(&uart, FCR, 0x01, 0);
	assert_int_equal(uart_read(&uart, IIR, 0), 0xc1);
	for (int i = 0; i < 16; i++) {
		assert_true(uart_can_receive(&uart));
		uart_receive(&uart, i, 0);
	}
	assert_false(uart_can_receive(&uart));
	uart_receive(&uart, 99, 0); /* lost: the FIFO keeps the older bytes */
	assert_int_equal(uart_read(&uart, LSR, 0), 0x63);
	for (int i = 0; i < 16; i++)
		assert_int_equal(uart_read(&uart, DATA, 0), i);
	assert_int_equal(uart_read(&uart, LSR, 0), 0x60);
}

static void fifo_trigger_levels(void **state)
{
	static const struct {
		u8 fcr, level;
	} rows[] = {{0x01, 1}, {0x41, 4}, {0x81, 8}, {0xc1, 14}};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		uart_write(&uart, FCR, rows[i].fcr | 0x02, 0);
		uart_write(&uart, IER, 0x01, 0);
		for (int n = 1; n <= 16; n++) {
			uart_receive(&uart, n, 0);
			assert_int_equal(uart_irq(&uart, 0), n >= rows[i].level);
		}
		assert_int_equal(uart_read(&uart, IIR, 0), 0xc4);
	}
}

/* Four characters of ten bits at 115200 baud: 347.2 us. */
static void fifo_timeout(void **state)
{
	const u64 four = 347222;

	(void)state;
	uart_write(&uart, LCR, 0x03, 0);
	uart_write(&uart, FCR, 0x81, 0);
	uart_write(&uart, IER, 0x01, 0);
	assert_int_equal(uart_deadline(&uart, 0), CLOCK_NONE);
	uart_receive(&uart, 'a', 1000);
	assert_false(uart_irq(&uart, 1000));
	assert_int_equal(uart_deadline(&uart, 1000), 1000 + four);
	uart_receive(&uart, 'b', 2000);
	assert_false(uart_irq(&uart, 1000 + four));
	assert_int_equal(uart_deadline(&uart, 2000), 2000 + four);
	assert_false(uart_irq(&uart, 2000 + four - 1));
	assert_true(uart_irq(&uart, 2000 + four));
	assert_int_equal(uart_deadline(&uart, 2000 + four), CLOCK_NONE);
	assert_int_equal(uart_read(&uart, IIR, 2000 + four), 0xcc);
	assert_int_equal(uart_read(&uart, DATA, 400000), 'a'); /* a read restarts the timeout */
	assert_false(uart_irq(&uart, 400000));
	assert_true(uart_irq(&uart, 400000 + four));
	uart_read(&uart, DATA, 800000);
	assert_false(uart_irq(&uart, 10000000));
}

/* Start, eight data, parity, two stop bits at 9600 baud: 12 bits, four times. */
static void fifo_timeout_follows_the_line_settings(void **state)
{
	(void)state;
	uart_write(&uart, LCR, 0x80, 0);
	uart_write(&uart, DATA, 12, 0);
	uart_write(&uart, LCR, 0x0f, 0);
	uart_write(&uart, FCR, 0x81, 0);
	uart_receive(&uart, 'a', 0);
	assert_int_equal(uart_deadline(&uart, 0), CLOCK_NONE); /* not enabled */
	uart_write(&uart, IER, 0x01, 0);
	assert_int_equal(uart_deadline(&uart, 0), 5000000);
	uart_write(&uart, LCR, 0x00, 0); /* start, five data, one stop bit */
	assert_int_equal(uart_deadline(&uart, 0), 2916666);
}

static void fifo_switch_clears(void **state)
{
	(void)state;
	uart_write(&uart, FCR, 0x01, 0);
	uart_receive(&uart, 'a', 0);
	uart_write(&uart, FCR, 0x00, 0);
	assert_int_equal(uart_read(&uart, LSR, 0), 0x60);
	uart_write(&uart, FCR, 0x01, 0);
	uart_receive(&uart, 'a', 0);
	uart_write(&uart, FCR, 0x01, 0);
	assert_int_equal(uart_read(&uart, LSR, 0), 0x61);
	uart_write(&uart, FCR, 0x03, 0);
	assert_int_equal(uart_read(&uart, LSR, 0), 0x60);
}

static void priorities(void **state)
{
	(void)state;
	uart_write(&uart, IER, 0x0f, 0);
	uart_write(&uart, MCR, 0x18, 0); /* loopback changes the modem lines */
	uart_write(&uart, MCR, 0x08, 0);
	uart_receive(&uart, 'a', 0);
	uart_receive(&uart, 'b', 0);
	assert_int_equal(uart_read(&uart, IIR, 0), 0x06);
	uart_read(&uart, LSR, 0);
	assert_int_equal(uart_read(&uart, IIR, 0), 0x04);
	assert_int_equal(uart_read(&uart, IIR, 0), 0x04);
	uart_read(&uart, DATA, 0);
	assert_int_equal(uart_read(&uart, IIR, 0), 0x02);
	assert_int_equal(uart_read(&uart, IIR, 0), 0x00);
	uart_read(&uart, MSR, 0);
	assert_int_equal(uart_read(&uart, IIR, 0), 0x01);
}

static void loopback(void **state)
{
	(void)state;
	uart_write(&uart, LCR, 0x00, 0); /* five bits */
	uart_write(&uart, MCR, 0x10, 0);
	assert_false(uart_can_receive(&uart));
	assert_false(uart_write(&uart, DATA, 0xff, 0) & UART_EMIT);
	assert_int_equal(uart_read(&uart, DATA, 0), 0x1f);
	uart_receive(&uart, 'x', 0);
	assert_int_equal(uart_read(&uart, LSR, 0), 0x60);
	uart_read(&uart, MSR, 0);
	uart_write(&uart, MCR, 0x1f, 0);
	assert_int_equal(uart_read(&uart, MSR, 0), 0xfb); /* RI rising is no event */
	uart_write(&uart, MCR, 0x1a, 0);
	assert_int_equal(uart_read(&uart, MSR, 0), 0x96); /* DSR, RI went */
	assert_int_equal(uart_read(&uart, MSR, 0), 0x90);
}

/* A guest that reads LSR waits. Its interrupt comes when the line has room again. */
static void held_line(void **state)
{
	(void)state;
	uart_write(&uart, IER, 0x02, 0);
	assert_int_equal(uart_read(&uart, IIR, 0) & 0xf, 0x02);
	uart_hold(&uart, true);
	assert_false(uart_irq(&uart, 0));
	assert_int_equal(uart_read(&uart, LSR, 0), 0x00);
	assert_true(uart_write(&uart, DATA, 'x', 0) & UART_EMIT);
	assert_false(uart_irq(&uart, 0));
	uart_write(&uart, IER, 0x00, 0);
	uart_write(&uart, IER, 0x02, 0);
	assert_false(uart_irq(&uart, 0));
	uart_hold(&uart, false);
	assert_true(uart_irq(&uart, 0));
	assert_int_equal(uart_read(&uart, LSR, 0), 0x60);
	assert_int_equal(uart_read(&uart, IIR, 0) & 0xf, 0x02);
	uart_hold(&uart, false);
	assert_false(uart_irq(&uart, 0));
}

static void drained(void **state)
{
	(void)state;
	assert_true(uart_is_drained(&uart));
	uart_receive(&uart, 'x', 0);
	assert_false(uart_is_drained(&uart));
	uart_read(&uart, DATA, 0);
	assert_true(uart_is_drained(&uart));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reset_state, setup),
		cmocka_unit_test_setup(divisor_and_scratch, setup),
		cmocka_unit_test_setup(output_is_emitted, setup),
		cmocka_unit_test_setup(thre_interrupt, setup),
		cmocka_unit_test_setup(thr_write_drops_irq, setup),
		cmocka_unit_test_setup(out2_gates, setup),
		cmocka_unit_test_setup(receive_without_fifo, setup),
		cmocka_unit_test_setup(fifo_keeps_order_and_overruns, setup),
		cmocka_unit_test_setup(fifo_trigger_levels, setup),
		cmocka_unit_test_setup(fifo_timeout, setup),
		cmocka_unit_test_setup(fifo_timeout_follows_the_line_settings, setup),
		cmocka_unit_test_setup(fifo_switch_clears, setup),
		cmocka_unit_test_setup(priorities, setup),
		cmocka_unit_test_setup(loopback, setup),
		cmocka_unit_test_setup(held_line, setup),
		cmocka_unit_test_setup(drained, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
