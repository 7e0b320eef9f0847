/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The chips of one guest, put together: which port reaches which chip, how
 * their interrupt outputs reach the 8259s, and one deadline for all. Actions
 * outside are returned in struct machine_effects, for the caller to perform.
 * The caller has the LAPICs and the IOAPIC, and locks. Pure.
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
	u32 pci_address; /* as written to 0xCF8 */
	u8 post;	 /* the POST code latch at 0x80 */
	u32 irq_level;	 /* bit n: level of ISA line n */
	u64 unclaimed;	 /* bytes of port accesses that reached nothing */
	u64 timer_owed;	 /* edges of IRQ 0 that came while the vCPU did not run, still to be raised
			  */
	u64 timer_owed_due; /* when the next of them is to be raised, in ns */
};

struct machine_setup {
	u64 epoch_seconds;   /* wall clock (UTC) now, since 1970 */
	u64 memory_below_4g; /* bytes of RAM */
	u64 memory_above_4g;
	u16 cpus;
	const struct fwcfg_file *files; /* see fwcfg.h */
	u32 file_count;
};

/* Requests of the guest; a set of these. */
enum machine_request {
	MACHINE_EMIT = 1 << 0, /* effects.output goes to the guest's console */
	MACHINE_RESET = 1 << 1,
	MACHINE_POWER_OFF = 1 << 2,
	MACHINE_EXIT = 1 << 3,	/* effects.exit_code, as written to 0xF4 */
	MACHINE_INPUT = 1 << 4, /* its UART has room for input, and it read the last byte */
};

/*
 * Overwritten by every call that takes it. A line in both masks pulsed, and may
 * have the level that it had before. To show the lines to another interrupt
 * controller: for each line in either mask, if it rose set it low and then high,
 * even if it is high already; then set its level in machine.irq_level. (The
 * 8259s are up to date.)
 */
struct machine_effects {
	u32 requests; /* enum machine_request */
	u32 irq_rose; /* lines that went high, at least for a moment */
	u32 irq_fell; /* lines that went low, at least for a moment */
	u32 exit_code;
	u8 output;
	bool timed; /* machine_next_deadline() may have another answer than before */
};

struct port_access {
	u16 port;
	u8 size;   /* 1, 2 or 4 */
	u32 value; /* for a write; bits above size are ignored */
};

void machine_init(struct machine *machine, const struct machine_setup *setup, u64 now);

/* Port accesses of the guest at now (ns, never going back). What nothing claims reads all ones. */
u32 machine_port_read(struct machine *machine, struct port_access access, u64 now,
		      struct machine_effects *effects);
void machine_port_write(struct machine *machine, struct port_access access, u64 now,
			struct machine_effects *effects);

/* To be called when machine_next_deadline() is past; harmless at any other time. */
void machine_advance(struct machine *machine, u64 now, struct machine_effects *effects);
/* When machine_advance() has something to do, in ns; CLOCK_NONE: not before the next access. */
u64 machine_next_deadline(const struct machine *machine, u64 now);

/* A byte from the guest's console. It is lost unless machine_can_receive is true. */
bool machine_can_receive(const struct machine *machine);
void machine_receive(struct machine *machine, u8 byte, u64 now, struct machine_effects *effects);

/* Holds the output of the guest's UART, or no longer, as uart_hold; a repeated call does nothing.
 */
void machine_hold_output(struct machine *machine, bool held, u64 now,
			 struct machine_effects *effects);
bool machine_is_output_held(const struct machine *machine);

void machine_power_button(struct machine *machine, u64 now, struct machine_effects *effects);

/* The pin of the IOAPIC that an ISA line (0 to 15) drives. */
static inline u32 machine_gsi(unsigned line)
{
	return line == IRQ_TIMER ? 2 : line;
}
