/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The chips of a VM, which all its vCPUs share: the devices of a small PC, the 8259s
 * and the I/O APIC among them, and the ports that the guest may reach without them.
 * Memory and local APICs are elsewhere.
 */
#pragma once

#include "apic/virt/vcpu_set.h"
#include "apic/virt/vioapic.h"
#include "core/base/lock.h"
#include "drivers/virt/machine.h"

struct vm;

/* The bits of all ports, and a page of ones for an access that runs past the last. */
enum { CHIPS_PORT_MAP_SIZE = 65536 / 8 + PAGE_SIZE };

struct chips {
	struct spinlock lock;
	struct machine machine;
	struct vioapic ioapic;
	u64 deadline;			     /* the machine's next, ns */
	bool pic_output;		     /* atomic read; level of the 8259s' INT */
	u32 pic_rises;			     /* atomic read; how often it has gone high */
	u64 lint0_listeners[VCPU_SET_WORDS]; /* atomic: vCPUs that the line can interrupt */
	u64 unclaimed; /* atomic: accesses to memory addresses where nothing is */
	u8 *port_map;  /* constant. CHIPS_PORT_MAP_SIZE: a bit a port, clear: passed through */
};

/* Before the VM runs: as after power-on, at guest time 0. */
void chips_init(struct chips *chips, const struct machine_setup *setup);

/* Accesses by the guest, from a vCPU's thread. size: 1, 2 or 4 bytes. */
u32 chips_read_port(struct vm *vm, u16 port, u8 size);
void chips_write_port(struct vm *vm, u16 port, u8 size, u32 value);
u64 chips_read_ioapic(struct vm *vm, u32 offset, unsigned size);
void chips_write_ioapic(struct vm *vm, u32 offset, unsigned size, u64 value);

/* An APIC has ended an interrupt of this vector: the I/O APIC's pins may send again. */
void chips_end_interrupt(struct vm *vm, u8 vector);

/* Sends what no APIC has accepted: another one may accept now. */
void chips_retry_interrupts(struct vm *vm);

/* The vector that the 8259s answer to an acknowledge cycle; -1: another vCPU was faster. */
int chips_acknowledge_pic(struct vm *vm);

/* The chips' next deadline, as host TSC; and what they do once it has passed. */
u64 chips_deadline(struct vm *vm);
void chips_advance(struct vm *vm);

/* A byte of console input. False: the VM does not run, or its UART has no room. */
bool chips_receive(struct vm *vm, u8 byte);

/* The line has caught up: a guest whose output was held back may go on writing. */
void chips_release_output(struct vm *vm);

/* No effect while the VM is paused. */
void chips_press_power_button(struct vm *vm);
