/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks the answers of the devices behind the PC's ports. */
#include "lib/guest.h"

enum {
	TRIES = 8,
	PIT_PERIOD = 60000,
	COM1 = 0x3f8,
	PIC_MASTER_MASK = 0x21,
	PIC_SLAVE_MASK = 0xa1,
	PIT_CHANNEL0 = 0x40,
	PIT_COMMAND = 0x43,
	PIT_LATCH_0 = 0x00,
	PIT_STATUS_0 = 0xe2,
	POST_CODE = 0x80,
	RTC_D = 0x0d,
	RTC_D_VALID = BIT(7),
	FWCFG_SELECT = 0x510,
	FWCFG_DATA = 0x511,
	FWCFG_ID = 1,
	FWCFG_RAM_SIZE = 3,
	FWCFG_FILES = 0x19,
	PM_TIMER_MASK = 0xffffff,
};

/* National Semiconductor PC16550D "Registers". */
static void check_uart(void)
{
	u8 lcr = x86_in8(COM1 + 3), mcr = x86_in8(COM1 + 4), divisor;

	x86_out8(COM1 + 7, 0x5a);
	check_equal(x86_in8(COM1 + 7), 0x5a, "UART scratch register");
	x86_out8(COM1 + 3, lcr | 0x80);
	divisor = x86_in8(COM1);
	x86_out8(COM1, 12);
	check_equal(x86_in8(COM1), 12, "UART divisor latch");
	x86_out8(COM1, divisor);
	x86_out8(COM1 + 3, lcr);
	check_equal(x86_in8(COM1 + 3), lcr, "UART line control");
	x86_out8(COM1 + 2, 0x07);
	check_equal(x86_in8(COM1 + 2) & 0xc1, 0xc1, "UART FIFOs on, no interrupt pending");
	x86_out8(COM1 + 4, 0x10 | 0x0f); /* loopback: the outputs are connected to the inputs */
	check_equal(x86_in8(COM1 + 6) & 0xf0, 0xf0, "UART loopback, all outputs on");
	x86_out8(COM1 + 4, 0x10);
	check_equal(x86_in8(COM1 + 6) & 0xf0, 0, "UART loopback, all outputs off");
	x86_out8(COM1 + 4, mcr);
	check_equal(x86_in8(COM1 + 5) & 0x60, 0x60, "UART transmitter empty");
}

static void check_pic(void)
{
	pic_open(BIT(3) | BIT(9));
	check_equal(x86_in8(PIC_MASTER_MASK), 0xff & ~(BIT(3) | BIT(2)), "8259 master mask");
	check_equal(x86_in8(PIC_SLAVE_MASK), 0xff & ~BIT(1), "8259 slave mask");
	pic_open(0);
}

static u16 read_pit(void)
{
	u16 low;

	x86_out8(PIT_COMMAND, PIT_LATCH_0);
	low = x86_in8(PIT_CHANNEL0);
	return (u16)(low | x86_in8(PIT_CHANNEL0) << 8);
}

/* Takes the minimum of several measurements: an emulator that waits for a CPU only adds time. */
static u32 least_in_10ms(u32 (*elapsed)(void))
{
	u32 least = elapsed();

	for (u32 i = 1; i < TRIES; i++)
		least = (u32)min_u64(least, elapsed());
	return least;
}

static u32 pit_elapsed(void)
{
	u32 before = read_pit(), after;

	timer_delay_us(10000);
	after = read_pit();
	return before > after ? before - after : before + PIT_PERIOD - after;
}

static void check_pit(void)
{
	u32 ticks;

	pit_periodic(PIT_PERIOD);
	timer_delay_us(1000);
	ticks = least_in_10ms(pit_elapsed);
	check(ticks > 11000 && ticks < 24000, "8254 counts 11931 in 10 ms (%u)", ticks);
	x86_out8(PIT_COMMAND, PIT_STATUS_0); /* read-back: status of channel 0 */
	check_equal(x86_in8(PIT_CHANNEL0) & 0x3f, 0x34, "8254 read-back status");
}

static void check_rtc(void)
{
	u8 second = rtc_read(0), hour = rtc_read(4);

	check(rtc_read(RTC_D) & RTC_D_VALID, "RTC has valid time");
	check((second & 0xf) < 10 && second < 0x60, "RTC seconds are BCD");
	check((hour & 0xf) < 10 && (hour & 0x7f) < 0x24, "RTC hours are BCD");
	rtc_write(0x40, 0xa5);
	check_equal(rtc_read(0x40), 0xa5, "CMOS keeps a byte");
}

static u32 pm_timer_elapsed(void)
{
	u32 before = x86_in32(machine.pm_timer);

	timer_delay_us(10000);
	return (x86_in32(machine.pm_timer) - before) & PM_TIMER_MASK;
}

static void check_pm_timer(void)
{
	u32 ticks;

	if (!machine.pm_timer)
		return skip("no PM timer in the FADT", "PM timer");
	ticks = least_in_10ms(pm_timer_elapsed);
	check(ticks > 33000 && ticks < 72000, "PM timer counts 35795 in 10 ms (%u)", ticks);
}

static u64 fwcfg_read(u16 key, u32 size)
{
	u64 value = 0;

	x86_out16(FWCFG_SELECT, key);
	for (u32 i = 0; i < size; i++)
		value |= (u64)x86_in8(FWCFG_DATA) << (8 * i);
	return value;
}

static void check_fwcfg(void)
{
	check_equal(fwcfg_read(0, 4), 0x554d4551, "fw_cfg signature");
	check(fwcfg_read(FWCFG_ID, 4) & 1, "fw_cfg has the traditional interface");
	check(fwcfg_read(FWCFG_RAM_SIZE, 8) >= 16 * MIB, "fw_cfg RAM size");
	check(fwcfg_read(FWCFG_FILES, 4) >> 24 < 200, "fw_cfg file directory");
	check_equal(fwcfg_read(0x3fff, 4), 0, "a key that is not there reads zero");
}

static void check_ioapic(void)
{
	if (!machine.ioapic)
		return skip("no IOAPIC in the MADT", "IOAPIC");
	check_equal(machine.ioapic, 0xfec00000, "IOAPIC address");
	check_equal(ioapic_read(1) >> 16 & 0xff, 23, "IOAPIC has 24 pins");
	ioapic_write(0x10 + 2 * 20, LVT_MASKED | 0x77);
	check_equal(ioapic_read(0x10 + 2 * 20), LVT_MASKED | 0x77, "IOAPIC keeps an entry");
	ioapic_write(0x10 + 2 * 20, LVT_MASKED);
}

void guest_main(void)
{
	check_uart();
	check_pic();
	check_pit();
	check_rtc();
	check_pm_timer();
	check_fwcfg();
	check_ioapic();
	x86_out8(POST_CODE, 0x42);
	check(true, "port 0x80 takes a code");
}
