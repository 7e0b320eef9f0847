/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routes ports to the guest's chips and their outputs to the interrupt lines.
 * Implements the ports that need no chip of their own: PCI configuration mechanism
 * #1 of an empty bus, isa-debug-exit, and the POST code latch. Pure.
 */
#include "drivers/virt/machine.h"

#include "core/base/bits.h"
#include "core/base/time.h"
#include "drivers/virt/bus.h"
#include "drivers/virt/clock.h"

enum {
	KEYBOARD_COMMAND = 4,  /* port 0x64 */
	PCI_RESET_CONTROL = 1, /* port 0xCF9; byte accesses only */
	DEBUG_EXIT_READ = 0,   /* QEMU's isa-debug-exit reads as this */
	SELECTOR_SIZE = 2,
};

/* PCI Local Bus Specification "Software Generation of Configuration Transactions". */
enum { PCI_CONFIG_ADDRESS = 0, PCI_CONFIG_ADDRESS_SIZE = 4 };
#define PCI_CONFIG_ADDRESS_BITS 0x80fffffcU

/* Limits on late timer ticks: how many are kept, and a gap in which a handler can end. */
enum { TIMER_OWED_MAX = 64, TIMER_OWED_GAP_NS = 500 * NS_PER_US };

/* Sets an ISA line's level and records a change in effects. */
static void line_set(struct machine *m, unsigned line, bool level, struct machine_effects *effects)
{
	u32 bit = BIT(line);

	if (level == !!(m->irq_level & bit))
		return;
	m->irq_level ^= bit;
	if (level)
		effects->irq_rose |= bit;
	else
		effects->irq_fell |= bit;
	pic_set_irq(&m->pic, line, level);
}

/*
 * True if the caller must raise IRQ 0 now: rises is not zero, or a late tick is
 * due. Only one tick can be raised now; the others of rises become late ticks.
 */
static bool timer_is_due(struct machine *m, u64 rises, u64 now)
{
	bool late = rises == 0 && m->timer_owed && now >= m->timer_owed_due;

	if (rises == 0 && !late)
		return false;
	m->timer_owed = min_u64(m->timer_owed + rises - 1, TIMER_OWED_MAX);
	m->timer_owed_due = now + TIMER_OWED_GAP_NS;
	return true;
}

/*
 * Brings IRQ 0 to the level of channel 0's OUT. A vCPU may not have run while OUT
 * rose and fell several times, and the 8259 drops a request when its line falls.
 * So that no tick is lost when only time has passed (exact = false), the line stays
 * high until the request is acknowledged, and the late ticks are raised one after
 * the other. When the guest has programmed the 8254 (exact = true), the late ticks
 * are dropped and the line follows OUT at once.
 */
static void timer_sync(struct machine *m, u64 now, bool exact, struct machine_effects *effects)
{
	u64 rises = pit_advance(&m->pit, now);

	if (exact)
		m->timer_owed = 0;
	if (timer_is_due(m, rises, now)) {
		line_set(m, IRQ_TIMER, false, effects);
		line_set(m, IRQ_TIMER, true, effects);
	}
	if (pit_output(&m->pit))
		line_set(m, IRQ_TIMER, true, effects);
	else if (exact || !pic_is_requested(&m->pic, IRQ_TIMER))
		line_set(m, IRQ_TIMER, false, effects);
}

/*
 * After an access to a device: brings its interrupt line up to date and, for the
 * devices that machine_next_deadline asks, records that the deadline may have changed.
 */
static void device_sync(struct machine *m, enum bus_device device, u64 now,
			struct machine_effects *effects)
{
	switch (device) {
	case BUS_PIT:
	case BUS_PORT61: /* even a read advances the 8254, and may be the first to pass an edge */
		timer_sync(m, now, false, effects);
		break;
	case BUS_UART:
		line_set(m, IRQ_UART, uart_irq(&m->uart, now), effects);
		break;
	case BUS_RTC:
		line_set(m, IRQ_RTC, rtc_irq(&m->rtc), effects);
		break;
	case BUS_PM:
		line_set(m, IRQ_SCI, pm_sci(&m->pm), effects);
		break;
	default:
		return;
	}
	effects->timed = true;
}

static bool is_pci_address(struct bus_piece piece)
{
	return piece.reg == PCI_CONFIG_ADDRESS && piece.size == PCI_CONFIG_ADDRESS_SIZE;
}

static u32 piece_read(struct machine *m, struct bus_piece piece, u64 now)
{
	switch (piece.device) {
	case BUS_UART:
		return uart_read(&m->uart, piece.reg, now);
	case BUS_PM:
		return pm_read(&m->pm, piece.reg, piece.size, now);
	case BUS_PIC:
		return pic_read(&m->pic, piece.reg);
	case BUS_PIT:
		return pit_read(&m->pit, piece.reg, now);
	case BUS_PORT61:
		return pit_port61_read(&m->pit, now);
	case BUS_RTC:
		return rtc_read(&m->rtc, piece.reg, now);
	case BUS_POST:
		return m->post;
	case BUS_DEBUG_EXIT:
		return DEBUG_EXIT_READ;
	case BUS_FWCFG:
		/* A byte read of either port returns data; a 16-bit read is not defined. */
		return piece.size == 1 ? fwcfg_read(&m->fwcfg) : UINT32_MAX;
	case BUS_PCI:
		if (piece.reg == PCI_RESET_CONTROL && piece.size == 1)
			return pm_reset_control_read(&m->pm);
		return is_pci_address(piece) ? m->pci_address : UINT32_MAX;
	case BUS_KEYBOARD: /* no controller answers */
		return UINT32_MAX;
	case BUS_NONE:
		m->unclaimed++;
		return UINT32_MAX;
	}
	return UINT32_MAX;
}

static void pm_request(enum pm_effect effect, struct machine_effects *effects)
{
	static const u8 requests[] = {
		[PM_RESET] = MACHINE_RESET, [PM_POWER_OFF] = MACHINE_POWER_OFF};

	effects->requests |= requests[effect];
}

static void uart_piece_write(struct machine *m, u32 reg, u8 value, u64 now,
			     struct machine_effects *effects)
{
	unsigned effect = uart_write(&m->uart, reg, value, now);

	if (effect & UART_EMIT) {
		effects->requests |= MACHINE_EMIT;
		effects->output = value;
	}
	if (effect & UART_IRQ_DROPPED)
		line_set(m, IRQ_UART, false, effects);
}

static void piece_write(struct machine *m, struct bus_piece piece, u32 value, u64 now,
			struct machine_effects *effects)
{
	switch (piece.device) {
	case BUS_UART:
		uart_piece_write(m, piece.reg, value, now, effects);
		break;
	case BUS_PM:
		pm_request(pm_write(&m->pm, piece.reg, piece.size, value, now), effects);
		break;
	case BUS_PIC:
		pic_write(&m->pic, piece.reg, value);
		break;
	case BUS_PIT:
		pit_write(&m->pit, piece.reg, value, now);
		timer_sync(m, now, true, effects);
		break;
	case BUS_PORT61:
		pit_port61_write(&m->pit, value, now);
		break;
	case BUS_RTC:
		rtc_write(&m->rtc, piece.reg, value, now);
		break;
	case BUS_POST:
		m->post = (u8)value;
		break;
	case BUS_DEBUG_EXIT:
		effects->requests |= MACHINE_EXIT;
		effects->exit_code = value;
		break;
	case BUS_FWCFG:
		if (piece.reg == FWCFG_SELECTOR && piece.size == SELECTOR_SIZE)
			fwcfg_select(&m->fwcfg, value);
		break;
	case BUS_PCI:
		if (piece.reg == PCI_RESET_CONTROL && piece.size == 1)
			pm_request(pm_reset_control_write(&m->pm, value), effects);
		else if (is_pci_address(piece))
			m->pci_address = value & PCI_CONFIG_ADDRESS_BITS;
		break;
	case BUS_KEYBOARD:
		if (piece.reg == KEYBOARD_COMMAND)
			pm_request(pm_keyboard_command(value), effects);
		break;
	case BUS_NONE:
		m->unclaimed++;
		break;
	}
}

u32 machine_port_read(struct machine *machine, struct port_access access, u64 now,
		      struct machine_effects *effects)
{
	u64 value = 0;
	u32 done = 0;

	*effects = (struct machine_effects){0};
	while (done < access.size && done < sizeof(access.value)) {
		struct bus_piece piece = bus_find_port(access.port + done, access.size - done);
		u64 part = piece_read(machine, piece, now);

		if (piece.device == BUS_UART && piece.reg == 0 && uart_is_drained(&machine->uart))
			effects->requests |= MACHINE_INPUT;
		device_sync(machine, piece.device, now, effects);
		value |= (part & BITS(8 * piece.size - 1, 0)) << (8 * done);
		done += piece.size;
	}
	return value;
}

void machine_port_write(struct machine *machine, struct port_access access, u64 now,
			struct machine_effects *effects)
{
	u32 done = 0;

	*effects = (struct machine_effects){0};
	while (done < access.size && done < sizeof(access.value)) {
		struct bus_piece piece = bus_find_port(access.port + done, access.size - done);
		u32 part = (access.value >> (8 * done)) & BITS(8 * piece.size - 1, 0);

		piece_write(machine, piece, part, now, effects);
		device_sync(machine, piece.device, now, effects);
		done += piece.size;
	}
}

static void sync_all(struct machine *m, u64 now, struct machine_effects *effects)
{
	timer_sync(m, now, false, effects);
	line_set(m, IRQ_UART, uart_irq(&m->uart, now), effects);
	line_set(m, IRQ_RTC, rtc_irq(&m->rtc), effects);
	line_set(m, IRQ_SCI, pm_sci(&m->pm), effects);
}

void machine_advance(struct machine *machine, u64 now, struct machine_effects *effects)
{
	*effects = (struct machine_effects){.timed = true};
	rtc_advance(&machine->rtc, now);
	pm_advance(&machine->pm, now);
	sync_all(machine, now, effects);
}

u64 machine_next_deadline(const struct machine *machine, u64 now)
{
	u64 clocks = min_u64(pit_deadline(&machine->pit), rtc_deadline(&machine->rtc));
	u64 others = min_u64(pm_deadline(&machine->pm), uart_deadline(&machine->uart, now));

	if (machine->timer_owed)
		clocks = min_u64(clocks, machine->timer_owed_due);
	return min_u64(clocks, others);
}

bool machine_can_receive(const struct machine *machine)
{
	return uart_can_receive(&machine->uart);
}

void machine_receive(struct machine *machine, u8 byte, u64 now, struct machine_effects *effects)
{
	*effects = (struct machine_effects){.timed = true};
	uart_receive(&machine->uart, byte, now);
	line_set(machine, IRQ_UART, uart_irq(&machine->uart, now), effects);
}

void machine_hold_output(struct machine *machine, bool held, u64 now,
			 struct machine_effects *effects)
{
	*effects = (struct machine_effects){.timed = true};
	uart_hold(&machine->uart, held);
	line_set(machine, IRQ_UART, uart_irq(&machine->uart, now), effects);
}

bool machine_is_output_held(const struct machine *machine)
{
	return machine->uart.held;
}

void machine_power_button(struct machine *machine, u64 now, struct machine_effects *effects)
{
	*effects = (struct machine_effects){.timed = true};
	pm_advance(&machine->pm, now);
	pm_power_button(&machine->pm);
	line_set(machine, IRQ_SCI, pm_sci(&machine->pm), effects);
}

void machine_init(struct machine *machine, const struct machine_setup *setup, u64 now)
{
	const struct rtc_setup rtc = {
		.epoch_seconds = setup->epoch_seconds,
		.memory_below_4g = setup->memory_below_4g,
		.memory_above_4g = setup->memory_above_4g,
	};
	const struct fwcfg_setup fwcfg = {
		.ram_size = setup->memory_below_4g + setup->memory_above_4g,
		.cpus = setup->cpus,
		.files = setup->files,
		.file_count = setup->file_count,
	};
	struct machine_effects effects = {0};

	*machine = (struct machine){0};
	rtc_init(&machine->rtc, &rtc, now);
	fwcfg_init(&machine->fwcfg, &fwcfg);
	pic_reset(&machine->pic);
	/* Firmware makes the SCI level-triggered. */
	pic_write(&machine->pic, PIC_SLAVE_ELCR, BIT(IRQ_SCI - 8));
	pit_reset(&machine->pit, now);
	uart_reset(&machine->uart);
	pm_reset(&machine->pm, now);
	sync_all(machine, now, &effects);
}
