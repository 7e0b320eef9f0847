/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 8254 model: first one counter, whose value and output are computed from the
 * tick at which its count was loaded; then the chip's ports and port 0x61.
 * Citations: Intel 8254 data sheet, by section title. Pure.
 */
#include "drivers/virt/pit.h"

#include "core/base/bits.h"
#include "drivers/virt/clock.h"

/* Control word and status byte ("Control Word Format", "Read-Back Command"). */
enum {
	CONTROL_BCD = BIT(0),
	CONTROL_CHANNEL = BITS(5, 0), /* the bits that a counter stores */

	ACCESS_LOW = 1,
	ACCESS_HIGH = 2,
	ACCESS_BOTH = 3,

	STATUS_NULL_COUNT = BIT(6),
	STATUS_OUT = BIT(7),
};

enum pit_mode {
	MODE_TERMINAL_COUNT,
	MODE_ONE_SHOT,
	MODE_RATE,
	MODE_SQUARE,
	MODE_SOFTWARE_STROBE,
	MODE_HARDWARE_STROBE,
};

enum { BINARY_RANGE = 0x10000, BCD_RANGE = 10000 };

static enum pit_mode channel_mode(const struct pit_channel *ch)
{
	unsigned mode = bits_get(ch->control, 3, 1);

	return mode > MODE_HARDWARE_STROBE ? mode - 4 : mode; /* 6 and 7 mean 2 and 3 */
}

static unsigned channel_access(const struct pit_channel *ch)
{
	return bits_get(ch->control, 5, 4);
}

/* True for modes in which a rising gate starts the count. */
static bool gate_triggers(enum pit_mode mode)
{
	return mode == MODE_ONE_SHOT || mode == MODE_HARDWARE_STROBE;
}

static bool mode_repeats(enum pit_mode mode)
{
	return mode == MODE_RATE || mode == MODE_SQUARE;
}

/* True before the clock pulse that loads count. */
static bool channel_loading(const struct pit_channel *ch, u64 tick)
{
	return (s64)(ch->start - tick) > 0;
}

/* Returns the ticks counted since count was loaded; 0 before that. */
static u64 channel_elapsed(const struct pit_channel *ch, u64 tick)
{
	if (ch->frozen)
		return ch->elapsed;
	return channel_loading(ch, tick) ? 0 : tick - ch->start;
}

/* Ticks for which OUT is high in mode 3: the longer half of an odd count. */
static u32 high_half(u32 count)
{
	return (count + 1) / 2;
}

/* Returns OUT's level at tick ("Mode Definitions"). */
static bool channel_output(const struct pit_channel *ch, u64 tick)
{
	u64 elapsed = channel_elapsed(ch, tick);

	if (!ch->programmed)
		return channel_mode(ch) != MODE_TERMINAL_COUNT;
	switch (channel_mode(ch)) {
	case MODE_TERMINAL_COUNT:
		return elapsed >= ch->count;
	case MODE_ONE_SHOT:
		return !ch->triggered || elapsed >= ch->count;
	case MODE_RATE:
		return ch->frozen || elapsed % ch->count != ch->count - 1;
	case MODE_SQUARE:
		return ch->frozen || elapsed % ch->count < high_half(ch->count);
	case MODE_SOFTWARE_STROBE:
		return elapsed != ch->count;
	case MODE_HARDWARE_STROBE:
		return !ch->triggered || elapsed != ch->count;
	}
	return true;
}

static u16 to_bcd(u32 value)
{
	return value % 10 | value / 10 % 10 << 4 | value / 100 % 10 << 8 | value / 1000 % 10 << 12;
}

static u32 from_bcd(u16 value)
{
	return (value & 0xf) + (value >> 4 & 0xf) * 10 + (value >> 8 & 0xf) * 100 +
	       (value >> 12) * 1000;
}

static u32 channel_range(const struct pit_channel *ch)
{
	return ch->control & CONTROL_BCD ? BCD_RANGE : BINARY_RANGE;
}

/* Returns the count at tick, as the guest reads it. */
static u16 channel_value(const struct pit_channel *ch, u64 tick)
{
	u64 elapsed = channel_elapsed(ch, tick);
	u32 range = channel_range(ch);
	u32 phase = elapsed % ch->count;
	u32 value;

	switch (channel_mode(ch)) {
	case MODE_RATE:
		value = ch->count - phase;
		break;
	case MODE_SQUARE: /* counts by two from an even number, once in each half period */
		if (phase >= high_half(ch->count))
			phase -= high_half(ch->count);
		value = (ch->count & ~1U) - 2 * phase;
		break;
	default:
		value = (ch->count % range + range - elapsed % range) % range;
	}
	return range == BCD_RANGE ? to_bcd(value) : value;
}

/* Loads next_count into the counting element at tick start. */
static void channel_load(struct pit_channel *ch, u64 start)
{
	ch->count = ch->next_count;
	ch->start = start;
	ch->elapsed = 0;
	ch->null_count = false;
	ch->reload = false;
}

/*
 * A repeating mode loads a new count when the old one has run out: at the end of
 * the period, or of the half period in mode 3. Sets reload_tick to that time.
 */
static void reload_schedule(struct pit_channel *ch, u64 tick)
{
	u64 elapsed = channel_elapsed(ch, tick);
	u32 phase = elapsed % ch->count;
	u64 period = ch->start + elapsed - phase;

	if (ch->reload)
		return;
	ch->reload = true;
	ch->reload_tick = period + ch->count;
	if (channel_mode(ch) == MODE_SQUARE && phase < high_half(ch->count))
		ch->reload_tick = period + high_half(ch->count);
}

/* Loads the new count; in mode 3 the new period may begin with its low half. */
static void reload_perform(struct pit_channel *ch)
{
	u64 start = ch->reload_tick;

	if (channel_mode(ch) == MODE_SQUARE && (start - ch->start) % ch->count != 0)
		start -= high_half(ch->next_count);
	channel_load(ch, start);
}

/* Returns how many times OUT rises after tick from up to tick to, if no count is loaded between. */
static u64 rises_between(const struct pit_channel *ch, u64 from, u64 to)
{
	u64 before = channel_elapsed(ch, from);
	u64 after = channel_elapsed(ch, to);

	if (!ch->programmed)
		return 0;
	switch (channel_mode(ch)) {
	case MODE_TERMINAL_COUNT:
		return before < ch->count && after >= ch->count;
	case MODE_SOFTWARE_STROBE:
		return before <= ch->count && after > ch->count;
	case MODE_RATE:
	case MODE_SQUARE:
		return ch->count > 1 ? after / ch->count - before / ch->count : 0;
	default:
		return 0; /* channel 0's gate is always high, so these modes never start */
	}
}

/* Returns the tick of OUT's first rise after tick if no count is loaded before; or CLOCK_NONE. */
static u64 rise_after(const struct pit_channel *ch, u64 tick)
{
	u64 elapsed = channel_elapsed(ch, tick);

	if (!ch->programmed || ch->frozen)
		return CLOCK_NONE;
	switch (channel_mode(ch)) {
	case MODE_TERMINAL_COUNT:
		return elapsed < ch->count ? ch->start + ch->count : CLOCK_NONE;
	case MODE_SOFTWARE_STROBE:
		return elapsed <= ch->count ? ch->start + ch->count + 1 : CLOCK_NONE;
	case MODE_RATE:
	case MODE_SQUARE:
		if (ch->count > 1)
			return ch->start + (elapsed / ch->count + 1) * ch->count;
		break;
	default:
		break;
	}
	return CLOCK_NONE;
}

/*
 * Advances the counter to tick to, and must be called before any other function
 * with that tick. from: the tick of the previous call. Returns how many times OUT
 * rose in between, if the gate stayed high. The work does not depend on the distance.
 */
static u64 channel_advance(struct pit_channel *ch, u64 from, u64 to)
{
	u64 rises = 0;

	if (ch->reload && to >= ch->reload_tick) {
		rises = rises_between(ch, from, ch->reload_tick);
		from = ch->reload_tick;
		reload_perform(ch);
	}
	return rises + rises_between(ch, from, to);
}

/* Returns the tick of OUT's first rise after tick, a reload included; CLOCK_NONE if never. */
static u64 channel_next_rise(const struct pit_channel *ch, u64 tick)
{
	struct pit_channel later = *ch;
	u64 rise = rise_after(ch, tick);

	if (!ch->reload || ch->reload_tick >= rise)
		return rise;
	reload_perform(&later);
	return rise_after(&later, ch->reload_tick);
}

static void count_write(struct pit_channel *ch, u16 value, u64 tick)
{
	u32 count = ch->control & CONTROL_BCD ? from_bcd(value) : value;
	enum pit_mode mode = channel_mode(ch);
	bool first = !ch->programmed;

	ch->next_count = count ? count : channel_range(ch);
	ch->programmed = true;
	ch->null_count = true;
	if (mode_repeats(mode) && !first && !channel_loading(ch, tick)) {
		if (!ch->frozen)
			reload_schedule(ch, tick);
		return;
	}
	if (gate_triggers(mode) && !channel_loading(ch, tick))
		return; /* the gate's rise will load the count */
	channel_load(ch, tick + 1);
	ch->frozen = !gate_triggers(mode) && !ch->gate;
}

static void channel_freeze(struct pit_channel *ch, u64 tick)
{
	ch->elapsed = channel_elapsed(ch, tick);
	ch->frozen = true;
	ch->reload = false;
}

static void channel_write(struct pit_channel *ch, u8 value, u64 tick)
{
	unsigned access = channel_access(ch);

	if (access == ACCESS_LOW || access == ACCESS_HIGH) {
		count_write(ch, access == ACCESS_HIGH ? (u16)(value << 8) : value, tick);
		return;
	}
	if (ch->write_high) {
		ch->write_high = false;
		count_write(ch, (u16)(value << 8) | ch->write_low, tick);
		return;
	}
	ch->write_high = true;
	ch->write_low = value;
	if (channel_mode(ch) ==
	    MODE_TERMINAL_COUNT) { /* the first byte stops the count; OUT goes low */
		channel_freeze(ch, tick);
		ch->programmed = false;
	}
}

static void channel_latch_count(struct pit_channel *ch, u64 tick)
{
	if (ch->latched_left)
		return; /* a latched count is kept until it is read */
	ch->latched = channel_value(ch, tick);
	ch->latched_left = channel_access(ch) == ACCESS_BOTH ? 2 : 1;
	ch->read_high = false;
}

static void channel_latch_status(struct pit_channel *ch, u64 tick)
{
	bool null_count = ch->null_count || channel_loading(ch, tick);

	if (ch->status_latched)
		return;
	ch->status = ch->control | (null_count ? STATUS_NULL_COUNT : 0) |
		     (channel_output(ch, tick) ? STATUS_OUT : 0);
	ch->status_latched = true;
}

static u8 channel_read(struct pit_channel *ch, u64 tick)
{
	u16 value = ch->latched_left ? ch->latched : channel_value(ch, tick);
	bool high = channel_access(ch) == ACCESS_HIGH;

	if (ch->status_latched) {
		ch->status_latched = false;
		return ch->status;
	}
	if (ch->latched_left)
		ch->latched_left--;
	if (channel_access(ch) == ACCESS_BOTH) {
		high = ch->read_high;
		ch->read_high = !high;
	}
	return high ? value >> 8 : value & 0xff;
}

/* Writes a control word that is not a latch command: the count stops until a new one is written. */
static void channel_program(struct pit_channel *ch, u8 control)
{
	*ch = (struct pit_channel){
		.control = control & CONTROL_CHANNEL,
		.gate = ch->gate,
		.frozen = true,
		.null_count = true,
		.count = ch->count,
		.next_count = ch->next_count,
	};
}

/* The effects of a rising gate ("Gate Pin Operations Summary"). */
static void gate_rise(struct pit_channel *ch, u64 tick)
{
	enum pit_mode mode = channel_mode(ch);

	if (!ch->programmed)
		return;
	if (gate_triggers(mode) || mode_repeats(mode))
		channel_load(ch, tick + 1);
	else
		ch->start = max_u64(tick, ch->start) - ch->elapsed; /* continues from there */
	ch->triggered = true;
	ch->frozen = false;
}

static void channel_set_gate(struct pit_channel *ch, bool gate, u64 tick)
{
	if (gate == ch->gate)
		return;
	ch->gate = gate;
	if (gate)
		gate_rise(ch, tick);
	else if (!ch->frozen && !gate_triggers(channel_mode(ch)))
		channel_freeze(ch, tick);
}

/* --- The ports --- */

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
	REFRESH_TICKS = 18, /* period of channel 1, which refreshes memory */
};

/* Advances all channels to now and returns its tick, or the last tick if now went back. */
static u64 advance_channels(struct pit *pit, u64 now)
{
	u64 tick = max_u64(clock_ticks(now, PIT_HZ), pit->tick);

	pit->rises += channel_advance(&pit->channel[0], pit->tick, tick);
	for (unsigned i = 1; i < PIT_CHANNELS; i++)
		channel_advance(&pit->channel[i], pit->tick, tick);
	pit->tick = tick;
	return tick;
}

static void read_back(struct pit *pit, u8 command, u64 tick)
{
	for (unsigned i = 0; i < PIT_CHANNELS; i++) {
		if (!(command & BIT(i + 1)))
			continue;
		if (!(command & READ_BACK_NO_COUNT))
			channel_latch_count(&pit->channel[i], tick);
		if (!(command & READ_BACK_NO_STATUS))
			channel_latch_status(&pit->channel[i], tick);
	}
}

static void control_write(struct pit *pit, u8 value, u64 tick)
{
	unsigned select = value >> CONTROL_SELECT_SHIFT;

	if (select == SELECT_READ_BACK)
		read_back(pit, value, tick);
	else if (bits_get(value, 5, 4) == ACCESS_LATCH)
		channel_latch_count(&pit->channel[select], tick);
	else
		channel_program(&pit->channel[select], value);
}

void pit_write(struct pit *pit, unsigned reg, u8 value, u64 now)
{
	u64 tick = advance_channels(pit, now);
	bool before = channel_output(&pit->channel[0], tick);

	if (reg == PIT_CONTROL)
		control_write(pit, value, tick);
	else if (reg < PIT_CHANNELS)
		channel_write(&pit->channel[reg], value, tick);
	if (!before && channel_output(&pit->channel[0], tick))
		pit->rises++;
}

u8 pit_read(struct pit *pit, unsigned reg, u64 now)
{
	u64 tick = advance_channels(pit, now);

	return reg < PIT_CHANNELS ? channel_read(&pit->channel[reg], tick) : 0xff;
}

u8 pit_port61_read(struct pit *pit, u64 now)
{
	u64 tick = advance_channels(pit, now);
	u8 refresh = tick / REFRESH_TICKS % 2;

	return pit->port61 | refresh << PORT61_REFRESH_SHIFT |
	       (channel_output(&pit->channel[2], tick) ? PORT61_OUT2 : 0);
}

void pit_port61_write(struct pit *pit, u8 value, u64 now)
{
	u64 tick = advance_channels(pit, now);

	pit->port61 = value & PORT61_WRITABLE;
	channel_set_gate(&pit->channel[2], value & PORT61_GATE2, tick);
}

/* As a PC's firmware does: channel 0 ticks at 18.2 Hz, channel 1 refreshes memory. */
void pit_reset(struct pit *pit, u64 now)
{
	static const u8 controls[] = {0x36, 0x54, 0xb6};
	u64 tick = clock_ticks(now, PIT_HZ);

	*pit = (struct pit){.tick = tick};
	for (unsigned i = 0; i < PIT_CHANNELS; i++) {
		pit->channel[i] = (struct pit_channel){
			.gate = i != 2,
			.count = BINARY_RANGE,
			.next_count = BINARY_RANGE,
		};
		channel_program(&pit->channel[i], controls[i]);
	}
	channel_write(&pit->channel[0], 0, tick);
	channel_write(&pit->channel[0], 0, tick);
	channel_write(&pit->channel[1], REFRESH_TICKS, tick);
}

u64 pit_advance(struct pit *pit, u64 now)
{
	u64 rises;

	advance_channels(pit, now);
	rises = pit->rises;
	pit->rises = 0;
	return rises;
}

bool pit_output(const struct pit *pit)
{
	return channel_output(&pit->channel[0], pit->tick);
}

u64 pit_deadline(const struct pit *pit)
{
	u64 rise = channel_next_rise(&pit->channel[0], pit->tick);

	return rise == CLOCK_NONE ? CLOCK_NONE : clock_ns(rise, PIT_HZ);
}
