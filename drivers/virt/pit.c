/* SPDX-License-Identifier: BSD-2-Clause */
/* The 8254's ports and port 0x61. Citations: Intel 8254 data sheet, by section title. Pure. */
#include "drivers/virt/pit.h"

#include "core/base/bits.h"
#include "drivers/virt/clock.h"

/* Control word and read-back command ("Control Word Format", "Read-Back Command"). */
enum {
	CONTROL_SELECT_SHIFT = 6,
	SELECT_READ_BACK = 3,
	ACCESS_LATCH = 0,
	READ_BACK_NO_STATUS = BIT(4),
	READ_BACK_NO_COUNT = BIT(5),
};

/* Port 0x61, as in any PC chip set ("NMI Status and Control Register"). */
enum {
	PORT61_GATE2 = BIT(0),
	PORT61_WRITABLE = BITS(3, 0),
	PORT61_REFRESH_SHIFT = 4,
	PORT61_OUT2 = BIT(5),
};

enum { REFRESH_TICKS = 18 };

/* Brings every channel to now and returns the tick, which never goes back. */
static u64 catch_up(struct pit *pit, u64 now)
{
	u64 tick = max_u64(clock_ticks(now, PIT_HZ), pit->tick);

	pit->rises += pit_channel_advance(&pit->channel[0], pit->tick, tick);
	for (unsigned i = 1; i < PIT_CHANNELS; i++)
		pit_channel_advance(&pit->channel[i], pit->tick, tick);
	pit->tick = tick;
	return tick;
}

static void read_back(struct pit *pit, u8 command, u64 tick)
{
	for (unsigned i = 0; i < PIT_CHANNELS; i++) {
		if (!(command & BIT(i + 1)))
			continue;
		if (!(command & READ_BACK_NO_COUNT))
			pit_channel_latch_count(&pit->channel[i], tick);
		if (!(command & READ_BACK_NO_STATUS))
			pit_channel_latch_status(&pit->channel[i], tick);
	}
}

static void control_write(struct pit *pit, u8 value, u64 tick)
{
	unsigned select = value >> CONTROL_SELECT_SHIFT;

	if (select == SELECT_READ_BACK)
		read_back(pit, value, tick);
	else if (bits_get(value, 5, 4) == ACCESS_LATCH)
		pit_channel_latch_count(&pit->channel[select], tick);
	else
		pit_channel_program(&pit->channel[select], value);
}

void pit_write(struct pit *pit, unsigned reg, u8 value, u64 now)
{
	u64 tick = catch_up(pit, now);
	bool before = pit_channel_output(&pit->channel[0], tick);

	if (reg == PIT_CONTROL)
		control_write(pit, value, tick);
	else if (reg < PIT_CHANNELS)
		pit_channel_write(&pit->channel[reg], value, tick);
	if (!before && pit_channel_output(&pit->channel[0], tick))
		pit->rises++;
}

u8 pit_read(struct pit *pit, unsigned reg, u64 now)
{
	u64 tick = catch_up(pit, now);

	return reg < PIT_CHANNELS ? pit_channel_read(&pit->channel[reg], tick) : 0xff;
}

u8 pit_port61_read(struct pit *pit, u64 now)
{
	u64 tick = catch_up(pit, now);
	u8 refresh = tick / REFRESH_TICKS % 2;

	return pit->port61 | refresh << PORT61_REFRESH_SHIFT |
	       (pit_channel_output(&pit->channel[2], tick) ? PORT61_OUT2 : 0);
}

void pit_port61_write(struct pit *pit, u8 value, u64 now)
{
	u64 tick = catch_up(pit, now);

	pit->port61 = value & PORT61_WRITABLE;
	pit_channel_set_gate(&pit->channel[2], value & PORT61_GATE2, tick);
}

/* As firmware leaves it: channel 0 ticks at 18.2 Hz, channel 1 refreshes memory. */
void pit_reset(struct pit *pit, u64 now)
{
	static const u8 controls[] = {0x36, 0x54, 0xb6};
	u64 tick = clock_ticks(now, PIT_HZ);

	*pit = (struct pit){.tick = tick};
	for (unsigned i = 0; i < PIT_CHANNELS; i++) {
		pit_channel_reset(&pit->channel[i], i != 2);
		pit_channel_program(&pit->channel[i], controls[i]);
	}
	pit_channel_write(&pit->channel[0], 0, tick);
	pit_channel_write(&pit->channel[0], 0, tick);
	pit_channel_write(&pit->channel[1], REFRESH_TICKS, tick);
}

u64 pit_advance(struct pit *pit, u64 now)
{
	u64 rises;

	catch_up(pit, now);
	rises = pit->rises;
	pit->rises = 0;
	return rises;
}

bool pit_output(const struct pit *pit)
{
	return pit_channel_output(&pit->channel[0], pit->tick);
}

u64 pit_deadline(const struct pit *pit)
{
	u64 rise = pit_channel_next_rise(&pit->channel[0], pit->tick);

	return rise == CLOCK_NONE ? CLOCK_NONE : clock_ns(rise, PIT_HZ);
}
