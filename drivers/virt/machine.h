/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the chips of one guest, connects ports and interrupt lines to them, and
 * combines their deadlines into one. Never acts on anything outside: it returns
 * the actions that the caller must perform in struct machine_effects. The caller
 * owns the LAPICs and the IOAPIC, and holds a lock around each call. Pure.
 */
#pragma once

#include "drivers/virt/fwcfg.h"
#include "drivers/virt/pic.h"
#include "drivers/virt/pit.h"
#include "drivers/virt/pm.h"
#include "drivers/virt/rtc.h"
#include "drivers/virt/uart.h"

/* ISA interrupt lines in use. */
enum machine_irq { IRQ_TIMER = 0, IRQ_UART = 4, IRQ_RTC = 8, IRQ_SCI = PM_SCI_IRQ };

struct machine {
	struct pic pic;
	struct pit pit;
	struct uart uart;
	struct rtc rtc;
	struct pm pm;
	struct fwcfg fwcfg;
	u32 pci_address;    /* the configuration address register 0xCF8 */
	u8 post;	    /* the POST code latch at 0x80 */
	u32 irq_level;	    /* bit n: level of ISA line n */
	u64 unclaimed;	    /* bytes of port accesses that no device claims */
	u64 timer_owed;	    /* rising edges of IRQ 0 that are late and still to be raised */
	u64 timer_owed_due; /* ns; when the next late edge is to be raised */
};

struct machine_setup {
	u64 epoch_seconds;   /* wall clock (UTC) at the start, since 1970 */
	u64 memory_below_4g; /* bytes of RAM */
	u64 memory_above_4g;
	u16 cpus;
	const struct fwcfg_file *files; /* see fwcfg.h */
	u32 file_count;
};

/* Bits: what the guest requests of the caller. */
enum machine_request {
	MACHINE_EMIT = 1 << 0, /* write effects.output to the guest's console */
	MACHINE_RESET = 1 << 1,
	MACHINE_POWER_OFF = 1 << 2,
	MACHINE_EXIT = 1 << 3,	/* end with effects.exit_code, the value written to 0xF4 */
	MACHINE_INPUT = 1 << 4, /* the guest has read its UART's last byte: send more input */
};

/*
 * Each call that has this as a parameter overwrites it. A line in both masks
 * pulsed; it may have the same level as before the call. The 8259s are already up
 * to date. To update another interrupt controller, the caller does this for each
 * line in either mask: if the line rose, set it low and then high, even if it is
 * high already; then set it to its level in machine.irq_level.
 */
struct machine_effects {
	u32 requests; /* enum machine_request */
	u32 irq_rose; /* bit n: line n went high, if only for a moment */
	u32 irq_fell; /* bit n: line n went low, if only for a moment */
	u32 exit_code;
	u8 output;
	bool timed; /* machine_next_deadline() may have changed */
};

struct port_access {
	u16 port;
	u8 size;   /* 1, 2 or 4 */
	u32 value; /* for a write; bits above size are ignored */
};

/* Initializes all chips as after a power-on at time now (ns). */
void machine_init(struct machine *machine, const struct machine_setup *setup, u64 now);

/*
 * Perform a guest's port access at time now (ns; must not go back between calls).
 * Bytes that no device claims read as all ones; writes to them are dropped.
 */
u32 machine_port_read(struct machine *machine, struct port_access access, u64 now,
		      struct machine_effects *effects);
void machine_port_write(struct machine *machine, struct port_access access, u64 now,
			struct machine_effects *effects);

/*
 * Brings all chips to time now. Needed once machine_next_deadline() is past, allowed at any time.
 */
void machine_advance(struct machine *machine, u64 now, struct machine_effects *effects);
/* Returns when machine_advance() is next needed, in ns; CLOCK_NONE: not before the next access. */
u64 machine_next_deadline(const struct machine *machine, u64 now);

/* True if the UART has room for a byte from the guest's console. */
bool machine_can_receive(const struct machine *machine);
/* Passes a console byte to the UART; without room it is lost, as in uart_receive. */
void machine_receive(struct machine *machine, u8 byte, u64 now, struct machine_effects *effects);

/* Stops (held) or restarts the output of the guest's UART, as uart_hold. */
void machine_hold_output(struct machine *machine, bool held, u64 now,
			 struct machine_effects *effects);
bool machine_is_output_held(const struct machine *machine);

/* Presses the power button for a moment. */
void machine_power_button(struct machine *machine, u64 now, struct machine_effects *effects);

/* Returns the IOAPIC input that an ISA line (0 to 15) drives. */
static inline u32 machine_gsi(unsigned line)
{
	return line == IRQ_TIMER ? 2 : line;
}
