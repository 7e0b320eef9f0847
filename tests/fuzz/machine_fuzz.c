/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest accesses its chips in every way, at any time. Finds undefined behaviour and
 * broken promises: deadlines that do not pass, interrupt lines that change without a
 * report.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/bits.h"
#include "drivers/virt/bus.h"
#include "drivers/virt/clock.h"
#include "drivers/virt/machine.h"

enum operation {
	OP_WRITE,
	OP_READ,
	OP_SLEEP,
	OP_DEADLINE,
	OP_RECEIVE,
	OP_ACKNOWLEDGE,
	OP_BUTTON,
	OPERATIONS,
};

struct input {
	const uint8_t *bytes;
	size_t left;
};

static struct machine machine;
static struct machine_effects effects;
static u64 now;

static void check(bool promise)
{
	if (!promise)
		abort();
}

static u64 take(struct input *input, size_t size)
{
	u64 value = 0;

	if (size > input->left)
		size = input->left;
	memcpy(&value, input->bytes, size);
	input->bytes += size;
	input->left -= size;
	return value;
}

/* Usually ports of a device. */
static struct port_access take_access(struct input *input)
{
	static const u16 ports[] = {
		0x20,  0x21,  0x40,  0x41,  0x42,  0x43,  0x60,	 0x61,	0x64,  0x70,  0x71,  0x80,
		0xa0,  0xa1,  0xf4,  0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x3ff, 0x4d0,
		0x4d1, 0x510, 0x511, 0x600, 0x602, 0x604, 0x608, 0xcf8, 0xcf9, 0xcfc,
	};
	u8 which = take(input, 1);
	u16 port = which < 128 ? ports[which % ARRAY_SIZE(ports)] : take(input, 2);
	u8 size = which % 8 ? 1 : 1 << take(input, 1) % 3;

	return (struct port_access){port, size, take(input, size)};
}

/* Time never goes back, and may jump any distance. */
static void sleep_some(struct input *input)
{
	u8 shift = take(input, 1) % 64;
	u64 step = take(input, 2) << shift;

	now = clock_add(now, step);
}

static void operate(struct input *input)
{
	struct port_access access;

	memset(&effects, 0, sizeof(effects));
	switch (take(input, 1) % OPERATIONS) {
	case OP_WRITE:
		machine_port_write(&machine, take_access(input), now, &effects);
		break;
	case OP_READ:
		access = take_access(input);
		check((u64)machine_port_read(&machine, access, now, &effects) >>
			      (8 * access.size) ==
		      0);
		break;
	case OP_SLEEP:
		sleep_some(input);
		break;
	case OP_DEADLINE:
		if (machine_next_deadline(&machine, now) != CLOCK_NONE)
			now = max_u64(now, machine_next_deadline(&machine, now));
		machine_advance(&machine, now, &effects);
		check(machine_next_deadline(&machine, now) > now || now == CLOCK_NONE);
		break;
	case OP_RECEIVE:
		machine_receive(&machine, take(input, 1), now, &effects);
		break;
	case OP_ACKNOWLEDGE:
		pic_acknowledge(&machine.pic);
		break;
	case OP_BUTTON:
		machine_power_button(&machine, now, &effects);
		break;
	}
}

static void check_lines(u32 before)
{
	u32 up = machine.irq_level & ~before;
	u32 down = before & ~machine.irq_level;
	u32 both = effects.irq_rose & effects.irq_fell;

	check((machine.irq_level &
	       ~(BIT(IRQ_TIMER) | BIT(IRQ_UART) | BIT(IRQ_RTC) | BIT(IRQ_SCI))) == 0);
	/*
	 * A changed line is reported. A line that is reported only as risen, or only as
	 * fallen, has changed.
	 */
	check((up & ~effects.irq_rose) == 0 && (down & ~effects.irq_fell) == 0);
	check((effects.irq_rose & ~both & ~up) == 0 && (effects.irq_fell & ~both & ~down) == 0);
	for (unsigned line = 0; line < PIC_LINES; line++) {
		bool level = machine.pic.chip[line / 8].lines & BIT(line % 8);

		check(level == !!(machine.irq_level & BIT(line)));
	}
}

static void check_chips(void)
{
	check(machine.uart.rx_count <= UART_FIFO_SIZE && machine.uart.rx_head < UART_FIFO_SIZE);
	for (unsigned i = 0; i < PIT_CHANNELS; i++) {
		u32 count = machine.pit.channel[i].count;

		check(count >= 1 && count <= 65536);
	}
	for (unsigned i = 0; i < 2; i++) {
		const struct pic_chip *chip = &machine.pic.chip[i];

		check(chip->lowest < 8);
		check(!(chip->isr & 1) || chip->ready || chip->next_icw == 0);
	}
	check((machine.rtc.cmos[0x0c] & ~0x70) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const struct fwcfg_file files[] = {{"opt/a", "abc", 3}, {"etc/b", "", 0}};
	struct input input = {bytes, size};
	struct machine_setup setup = {.files = files, .file_count = 2};

	setup.epoch_seconds = take(&input, 8);
	setup.memory_below_4g = take(&input, 5);
	setup.memory_above_4g = take(&input, 6);
	setup.cpus = take(&input, 2);
	now = 0;
	machine_init(&machine, &setup, now);
	while (input.left > 0) {
		u32 before = machine.irq_level;

		operate(&input);
		check_lines(before);
		check_chips();
	}
	return 0;
}
