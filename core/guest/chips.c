/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The chips of a VM: each function takes the chips' lock, calls a pure model, and performs the
 * effects that it returns.
 */
#include "core/guest/chips.h"

#include "core/base/atomic.h"
#include "core/base/string.h"
#include "core/base/x86.h"
#include "core/console/console.h"
#include "core/guest/vcpu.h"
#include "core/guest/vcpu_apic.h"
#include "core/guest/vm.h"
#include "core/host/sched.h"

enum { PIC_OUTPUT_PIN = 0 };

void chips_init(struct chips *chips, const struct machine_setup *setup)
{
	machine_init(&chips->machine, setup, 0);
	chips->deadline = machine_next_deadline(&chips->machine, 0);
	chips->unclaimed = 0;
	chips->pic_output = false;
	memset(chips->lint0_listeners, 0, sizeof(chips->lint0_listeners));
	vioapic_reset(&chips->ioapic);
}

/* Lock held. */
static void send_ioapic_messages(struct vm *vm)
{
	struct apic_message message;
	int pin;

	while ((pin = vioapic_take_message(&vm->chips->ioapic, &message)) >= 0)
		if (!vcpu_apic_send(vm, &message, 0))
			vioapic_refuse(&vm->chips->ioapic, (unsigned)pin);
}

static void set_pin(struct vm *vm, unsigned line, bool asserted)
{
	if (vioapic_set_pin(&vm->chips->ioapic, machine_gsi(line), asserted))
		send_ioapic_messages(vm);
}

/* A line that has pulsed gives the pin its edge, then its level. Lock held. */
static void set_lines(struct vm *vm, const struct machine_effects *fx)
{
	u32 changed = fx->irq_rose | fx->irq_fell;

	for (unsigned line = 0; changed >> line; line++) {
		if (!(changed & BIT(line)))
			continue;
		if (fx->irq_rose & BIT(line)) {
			set_pin(vm, line, false); /* the pin may have seen it high all along */
			set_pin(vm, line, true);
		}
		if (!(vm->chips->machine.irq_level & BIT(line)))
			set_pin(vm, line, false);
	}
}

/*
 * The 8259s' INT pin is wired to LINT0 of every APIC and to the IOAPIC's pin 0
 * (MultiProcessor Specification 1.4 "Virtual Wire Mode"). vCPUs whose LINT0 is masked are not
 * woken. Lock held.
 */
static void set_pic_output(struct vm *vm, bool output)
{
	if (output == vm->chips->pic_output)
		return;
	if (output)
		atomic_add(&vm->chips->pic_rises, 1);
	/* Full: seen before lint0_listeners is read; vcpu_apic_sync_lint0 writes that and reads
	 * this.
	 */
	atomic_store_full(&vm->chips->pic_output, output);
	if (vioapic_set_pin(&vm->chips->ioapic, PIC_OUTPUT_PIN, output))
		send_ioapic_messages(vm);
	for (u32 word = 0; word < VCPU_SET_WORDS; word++) {
		u64 set = atomic_get(&vm->chips->lint0_listeners[word]);

		for (; set; set &= set - 1)
			sched_wake(&vm->vcpus[word * 64 + (u32)__builtin_ctzll(set)]->thread,
				   PENDING_IRQ);
	}
}

/* Lock held. */
static void sync_pic_output(struct vm *vm)
{
	set_pic_output(vm, pic_output(&vm->chips->machine.pic));
}

/* The first vCPU's thread arms the chips' timer, so it is woken for that. Lock held. */
static void sync_deadline(struct vm *vm, u64 now)
{
	u64 deadline = machine_next_deadline(&vm->chips->machine, now);

	if (deadline == vm->chips->deadline)
		return;
	vm->chips->deadline = deadline;
	sched_wake(&vm->vcpus[0]->thread, PENDING_ALARM);
}

/*
 * While the console's line is behind, the guest's UART stays busy, so that a guest that writes
 * faster than the line waits in its own time. Lock held.
 */
static void hold_output(struct vm *vm, bool held, u64 now)
{
	struct machine_effects fx;

	machine_hold_output(&vm->chips->machine, held, now, &fx);
	set_lines(vm, &fx);
	sync_pic_output(vm);
}

/* Lock held; apply_requests performs the effects that stop the VM, without it. */
static void apply(struct vm *vm, const struct machine_effects *fx, u64 now)
{
	if (fx->irq_rose | fx->irq_fell)
		set_lines(vm, fx);
	sync_pic_output(vm);
	if (fx->timed)
		sync_deadline(vm, now);
	if ((fx->requests & MACHINE_EMIT) && console_ring_write(vm->output, fx->output))
		hold_output(vm, true, now);
	if (fx->requests & MACHINE_INPUT)
		console_request_keys(vm->output);
}

static void apply_requests(struct vm *vm, const struct machine_effects *fx)
{
	/* This vCPU still runs, so the code is not read yet. */
	if ((fx->requests & MACHINE_EXIT) && vm_stop(vm, VM_END_EXIT, ""))
		vm->life.exit_code = fx->exit_code;
	if (fx->requests & MACHINE_POWER_OFF)
		vm_stop(vm, VM_END_POWER_OFF, "");
	if (fx->requests & MACHINE_RESET)
		vm_stop(vm, VM_END_RESET, "");
}

/* Takes the lock and returns guest time; end performs the effects and releases it. */
static u64 begin(struct vm *vm)
{
	spin_lock(&vm->chips->lock);
	return vm_now(vm);
}

static void end(struct vm *vm, const struct machine_effects *fx, u64 now)
{
	apply(vm, fx, now);
	spin_unlock(&vm->chips->lock);
	if (fx->requests)
		apply_requests(vm, fx);
}

u32 chips_read_port(struct vm *vm, u16 port, u8 size)
{
	const struct port_access access = {port, size, 0};
	struct machine_effects fx;
	u64 now = begin(vm);
	u32 value = machine_port_read(&vm->chips->machine, access, now, &fx);

	end(vm, &fx, now);
	return value;
}

void chips_write_port(struct vm *vm, u16 port, u8 size, u32 value)
{
	const struct port_access access = {port, size, value};
	struct machine_effects fx;
	u64 now = begin(vm);

	machine_port_write(&vm->chips->machine, access, now, &fx);
	end(vm, &fx, now);
}

u64 chips_read_ioapic(struct vm *vm, u32 offset, unsigned size)
{
	u64 value;

	spin_lock(&vm->chips->lock);
	value = vioapic_read(&vm->chips->ioapic, offset, size);
	spin_unlock(&vm->chips->lock);
	return value;
}

void chips_write_ioapic(struct vm *vm, u32 offset, unsigned size, u64 value)
{
	spin_lock(&vm->chips->lock);
	if (vioapic_write(&vm->chips->ioapic, offset, size, value))
		send_ioapic_messages(vm);
	spin_unlock(&vm->chips->lock);
}

void chips_end_interrupt(struct vm *vm, u8 vector)
{
	spin_lock(&vm->chips->lock);
	if (vioapic_eoi(&vm->chips->ioapic, vector))
		send_ioapic_messages(vm);
	spin_unlock(&vm->chips->lock);
}

void chips_retry_interrupts(struct vm *vm)
{
	spin_lock(&vm->chips->lock);
	if (vioapic_retry(&vm->chips->ioapic))
		send_ioapic_messages(vm);
	spin_unlock(&vm->chips->lock);
}

int chips_acknowledge_pic(struct vm *vm)
{
	int vector = -1;

	spin_lock(&vm->chips->lock);
	if (vm->chips->pic_output) {
		vector = pic_acknowledge(&vm->chips->machine.pic);
		set_pic_output(vm, false); /* during the cycle, even if there is more to come */
		sync_pic_output(vm);
	}
	spin_unlock(&vm->chips->lock);
	return vector;
}

u64 chips_deadline(struct vm *vm)
{
	u64 deadline;

	spin_lock(&vm->chips->lock);
	deadline = vm->chips->deadline;
	spin_unlock(&vm->chips->lock);
	return vm_host_tsc(vm, deadline);
}

void chips_advance(struct vm *vm)
{
	struct machine_effects fx;
	u64 now = begin(vm);

	machine_advance(&vm->chips->machine, now, &fx);
	end(vm, &fx, now);
}

bool chips_receive(struct vm *vm, u8 byte)
{
	struct machine_effects fx;
	u64 now = begin(vm);

	if (vm->life.state != VM_RUNNING || vm->pause.on ||
	    !machine_can_receive(&vm->chips->machine)) {
		spin_unlock(&vm->chips->lock);
		return false;
	}
	machine_receive(&vm->chips->machine, byte, now, &fx);
	end(vm, &fx, now);
	return true;
}

void chips_release_output(struct vm *vm)
{
	spin_lock(&vm->chips->lock);
	if (vm->life.state == VM_RUNNING && machine_is_output_held(&vm->chips->machine) &&
	    console_ring_has_room(vm->output))
		hold_output(vm, false, vm_now(vm));
	spin_unlock(&vm->chips->lock);
}

void chips_press_power_button(struct vm *vm)
{
	struct machine_effects fx;
	u64 now = begin(vm);

	if (vm->life.state != VM_RUNNING || vm->pause.on) {
		spin_unlock(&vm->chips->lock);
		return;
	}
	machine_power_button(&vm->chips->machine, now, &fx);
	end(vm, &fx, now);
}
