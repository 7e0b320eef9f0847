/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU between exits: handles what is pending, chooses the event that goes in at the
 * next entry, and sleeps while the guest has halted. Never touches hardware's structures.
 */
#include "core/guest/vcpu.h"

#include "apic/virt/vlapic.h"
#include "core/base/atomic.h"
#include "core/base/log.h"
#include "core/base/time.h"
#include "core/base/x86.h"
#include "core/guest/chips.h"
#include "core/guest/vcpu_accel.h"
#include "core/guest/vcpu_apic.h"
#include "core/guest/vcpu_record.h"
#include "core/guest/vcpu_reset.h"
#include "core/guest/vcpu_trace.h"
#include "core/guest/vm.h"
#include "core/host/sched.h"
#include "core/host/trace.h"
#include "drivers/host/clock.h"
#include "mm/host/heap.h"

/* A guest may program its chips to interrupt faster than a host could serve them. */
enum { MACHINE_MIN_WAKE_NS = 20 * NS_PER_US };

static void vcpu_thread(void *arg)
{
	struct vcpu *vcpu = arg;

	while (virt->vcpu_run(vcpu) == VCPU_MOVE)
		sched_move(atomic_get(&vcpu->cpu));
	vcpu_record_update(vcpu);
	atomic_sub(&vcpu->vm->life.running, 1);
	vm_wake_keeper();
	sched_exit();
}

enum status vcpu_create(struct vm *vm, u32 id, u32 cpu, struct vcpu **out, struct error *err)
{
	struct vcpu *vcpu = virt->vcpu_create(vm);
	enum status status;

	if (!vcpu)
		return fail(err, ERR_NO_MEMORY, "%s: no memory for vCPU %u", vm->config->name, id);
	vcpu->vm = vm;
	vcpu->id = id;
	vcpu->cpu = cpu;
	vcpu->pat = PAT_RESET;
	vcpu->mode = id == 0 ? VCPU_RUNNING : VCPU_WAIT_FOR_SIPI;
	vcpu->apic = heap_alloc_pages(pages_of(sizeof(*vcpu->apic)));
	vcpu->msr = heap_alloc_pages(1);
	*out = vcpu;
	if (!vcpu->apic || !vcpu->msr)
		return fail(err, ERR_NO_MEMORY, "%s: no memory for vCPU %u", vm->config->name, id);
	status = sched_create(&vcpu->thread, vm->config->name, cpu, vcpu_thread, vcpu, err);
	vcpu->thread.number = id;
	vcpu->thread.who = trace_ring_who(vm->id, id);
	return status;
}

struct vcpu *vcpu_current(const struct vm *vm)
{
	struct thread *self = sched_current();
	struct vcpu *vcpu = self->number < vm->vcpu_count ? vm->vcpus[self->number] : NULL;

	return vcpu && &vcpu->thread == self ? vcpu : NULL;
}

void vcpu_move(struct vcpu *vcpu, u32 cpu)
{
	atomic_set(&vcpu->cpu, cpu);
	if (vcpu->vm->life.state == VM_STARTING)
		vcpu->thread.cpu = cpu;
	else
		sched_wake(&vcpu->thread, PENDING_MOVE);
}

void vcpu_destroy(struct vcpu *vcpu)
{
	if (vcpu->thread.stack)
		sched_reap(&vcpu->thread);
	apic_page_destroy(&vcpu->memory.apic_page);
	heap_free_pages(vcpu->apic, pages_of(sizeof(*vcpu->apic)));
	heap_free_pages(vcpu->msr, 1);
	virt->vcpu_destroy(vcpu);
}

/*
 * Handles the messages in the APIC's inbox. Returns the enum vcpu_accepts that hold after
 * them: INIT changes the vCPU's state.
 */
static unsigned handle_messages(struct vcpu *vcpu, unsigned accepts)
{
	u32 requests = vlapic_sync_posted(vcpu->apic);
	int vector;

	if ((requests & VLAPIC_NMI) && vcpu->mode != VCPU_WAIT_FOR_SIPI)
		vcpu->waiting.nmi = true;
	if (requests & VLAPIC_EXTINT) /* without effect unless the 8259s have an interrupt */
		vcpu->waiting.extint = atomic_get(&vcpu->vm->chips->pic_output);
	if (requests & VLAPIC_INIT) {
		vcpu_reset_on_init(vcpu);
		accepts = VCPU_ACCEPTS_NMI;
	}
	if ((requests & VLAPIC_SIPI) && vcpu->mode == VCPU_WAIT_FOR_SIPI)
		vcpu_reset_on_sipi(vcpu, (u8)bits_get(requests, 15, 8));
	while ((vector = vlapic_take_dropped(vcpu->apic)) >= 0)
		chips_end_interrupt(vcpu->vm, (u8)vector);
	return accepts;
}

/* True if only the task priority holds an interrupt back. */
static bool masked_by_tpr(const struct vcpu *vcpu)
{
	int top = vcpu->apic->irr_top;

	return top >= 0 && (u64)(top >> 4) <= vlapic_read_cr8(vcpu->apic);
}

/* True if the 8259s' INT line, or a message in its stead, interrupts this vCPU. */
static bool has_pic_irq(const struct vcpu *vcpu)
{
	return atomic_get(&vcpu->vm->chips->pic_output) &&
	       (vcpu->waiting.extint || vlapic_accepts_pic(vcpu->apic));
}

static bool has_irq(const struct vcpu *vcpu)
{
	return vlapic_highest_pending(vcpu->apic) >= 0 || has_pic_irq(vcpu);
}

/* True if an interrupt waits that hardware does not deliver by itself. */
static bool has_own_irq(const struct vcpu *vcpu)
{
	return vcpu->accel.on ? has_pic_irq(vcpu) : has_irq(vcpu);
}

/* Acknowledges the interrupt that goes in now. Returns its vector; -1: another vCPU was faster. */
static int acknowledge(struct vcpu *vcpu)
{
	int vector = -1;

	if (has_pic_irq(vcpu))
		vector = chips_acknowledge_pic(vcpu->vm);
	vcpu->waiting.extint = false;
	if (vcpu->accel.pic_waits) /* hardware may run the APIC again */
		vcpu_reconsider(vcpu);
	if (vector >= 0 || vcpu->accel.on)
		return vector;
	vector = vlapic_highest_pending(vcpu->apic);
	if (vector >= 0)
		vlapic_acknowledge(vcpu->apic, (u8)vector);
	return vector;
}

/*
 * Chooses the event of the next entry, and the windows that other events wait for. An event whose
 * delivery was interrupted comes first, then NMI, then interrupts (SDM 3A
 * "Prioritization of Concurrent Events").
 */
static void pick_event(struct vcpu *vcpu, unsigned accepts)
{
	struct event *event = &vcpu->event;

	if (vcpu->waiting.nmi && !event->valid && (accepts & VCPU_ACCEPTS_NMI)) {
		vcpu->waiting.nmi = false;
		*event = (struct event){.valid = true, .type = EVENT_NMI, .vector = EXC_NMI};
	}
	if (!event->valid && (accepts & VCPU_ACCEPTS_IRQ) && has_own_irq(vcpu)) {
		int vector = acknowledge(vcpu);

		if (vector >= 0)
			*event = (struct event){
				.valid = true, .type = EVENT_INTR, .vector = (u8)vector};
	}
	vcpu->waiting.window = 0;
	if (vcpu->waiting.nmi)
		vcpu->waiting.window |= VCPU_WINDOW_NMI;
	if (has_own_irq(vcpu))
		vcpu->waiting.window |= VCPU_WINDOW_IRQ;
	else if (!vcpu->accel.on && masked_by_tpr(vcpu))
		vcpu->waiting.window |= VCPU_WINDOW_TPR;
}

/* True if the vCPU is to enter its guest. An event that can go in ends a halt. */
static bool is_awake(struct vcpu *vcpu, unsigned accepts)
{
	if (vcpu->wait.active && page_events_wait(vcpu, accepts))
		return false;
	if (vcpu->mode == VCPU_HALTED &&
	    (vcpu->event.valid || (vcpu->waiting.nmi && (accepts & VCPU_ACCEPTS_NMI)) ||
	     ((accepts & VCPU_ACCEPTS_IRQ) && has_irq(vcpu))))
		vcpu->mode = VCPU_RUNNING;
	return vcpu->mode == VCPU_RUNNING;
}

static void expire_timers(struct vcpu *vcpu)
{
	u64 now = x86_rdtsc();

	vlapic_timer_expire(vcpu->apic, vm_time(vcpu->vm, now));
	vlapic_timer_expire_tsc(vcpu->apic, vcpu_tsc(vcpu, now));
	if (vcpu->id == 0)
		chips_advance(vcpu->vm);
	vcpu_arm(vcpu);
}

/* Parks the vCPU. False: the pause is over. */
static bool park_begin(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	spin_lock(&vm->chips->lock);
	if (vm->pause.on && !vcpu->pause.parked) {
		vcpu->pause.parked = true;
		if (++vm->pause.parked == vm->vcpu_count)
			vm->pause.since = x86_rdtsc();
	}
	spin_unlock(&vm->chips->lock);
	return vcpu->pause.parked;
}

/* Guest time has stood still, so the guest's TSC goes on from its value at the pause. */
static void park_end(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	spin_lock(&vm->chips->lock);
	vm->pause.parked--;
	vcpu->pause.parked = false;
	vcpu->tsc.offset -= vm->pause.ticks - vcpu->pause.ticks;
	vcpu->pause.ticks = vm->pause.ticks;
	spin_unlock(&vm->chips->lock);
}

void vcpu_switch_away(struct vcpu *vcpu, void (*how)(void))
{
	if (trace_on())
		vcpu_trace_account(vcpu, &vcpu->times.service);
	how();
	if (trace_on())
		vcpu_trace_account(vcpu, &vcpu->times.waiting);
}

/*
 * Waits for the end of a pause, if there is one. Returns what is pending then: all bits that
 * came meanwhile. A vCPU that has to move returns early and stays parked.
 */
static u32 park(struct vcpu *vcpu, u32 pending)
{
	const bool *paused = &vcpu->vm->pause.on;

	if (!park_begin(vcpu))
		return pending;
	while (atomic_get(paused) && !(pending & PENDING_STOP)) {
		if (pending & PENDING_MOVE)
			return pending;
		if (pending & PENDING_RECORD)
			vcpu_record_update(vcpu);
		pending &= ~(u32)PENDING_RECORD;
		vcpu_switch_away(vcpu, sched_block);
		pending |= thread_take_pending(&vcpu->thread);
	}
	park_end(vcpu);
	return pending | PENDING_ALARM;
}

/* Leaves the bits for the next call of vcpu_service. */
static void set_pending(struct vcpu *vcpu, u32 pending)
{
	atomic_or(&vcpu->thread.pending, pending | PENDING_IRQ);
}

static void flush(struct vcpu *vcpu)
{
	apic_page_sync(&vcpu->memory.apic_page, &vcpu->vm->memory);
	vcpu->flush = true;
}

/*
 * True if the vCPU has left its guest since PENDING_FLUSH was set. A vCPU that does not run
 * flushes before it enters its guest. Acquire: when the bit is clear the vCPU no longer uses
 * anything that it found before.
 */
static bool has_flushed(const struct vcpu *vcpu)
{
	return !sched_runs(&vcpu->thread) ||
	       !(atomic_load_acquire(&vcpu->thread.pending) & PENDING_FLUSH);
}

/*
 * Lets other threads run while self waits for their flush. Two vCPUs may wait for each other:
 * self is outside its guest, so a flush that is asked of it is done here.
 */
static void yield(struct vcpu *self)
{
	if (!self) {
		sched_yield();
		return;
	}
	if (atomic_and(&self->thread.pending, ~(u32)PENDING_FLUSH) & PENDING_FLUSH)
		flush(self);
	vcpu_switch_away(self, sched_yield);
}

void vcpu_flush_all(struct vm *vm, struct vcpu *self)
{
	if (self)
		flush(self);
	for (u32 i = 0; vm->vcpus && i < vm->vcpu_count; i++)
		if (vm->vcpus[i] != self)
			sched_wake(&vm->vcpus[i]->thread, PENDING_FLUSH);
	for (u32 i = 0; i < vm->vcpu_count; i++)
		while (vm->vcpus && vm->vcpus[i] != self && !has_flushed(vm->vcpus[i]))
			yield(self);
}

enum vcpu_action vcpu_service(struct vcpu *vcpu, unsigned accepts)
{
	for (;;) {
		u32 pending;

		/* Other CPUs may set bits without end, so host interrupts are taken each time. */
		x86_sti_nop_cli();
		pending = thread_take_pending(&vcpu->thread);

		if (vcpu->pause.parked || atomic_get(&vcpu->vm->pause.on))
			pending = park(vcpu, pending);
		if (pending & PENDING_STOP)
			return VCPU_LEAVE;
		if (pending &
		    PENDING_MOVE) { /* vcpu_service on the new CPU handles the other bits */
			set_pending(vcpu, pending & ~(u32)PENDING_MOVE);
			return VCPU_MOVE;
		}
		if (pending & PENDING_RECORD)
			vcpu_record_update(vcpu);
		if (pending & PENDING_RESCHED)
			vcpu_switch_away(vcpu, sched_yield);
		if (pending & PENDING_FLUSH)
			flush(vcpu);
		if (vcpu->memory.retype && !vcpu_memory_retype(vcpu)) {
			set_pending(vcpu, pending);
			continue;
		}
		if (vcpu->accel.on || (pending & PENDING_APIC))
			vlapic_sync_page(vcpu->apic);
		if (pending & PENDING_TIMER)
			expire_timers(vcpu);
		else if (pending & PENDING_ALARM)
			vcpu_arm(vcpu);
		vcpu_apic_sample_lint0(vcpu);
		if (vlapic_has_posted(vcpu->apic))
			accepts = handle_messages(vcpu, accepts);
		vcpu_accel_sync(vcpu, has_pic_irq(vcpu));
		if (is_awake(vcpu, accepts)) {
			pick_event(vcpu, accepts);
			if (trace_on())
				vcpu_trace_entry(vcpu);
			return VCPU_ENTER;
		}
		vcpu_switch_away(vcpu, sched_block);
	}
}

void vcpu_raise(struct vcpu *vcpu, struct event event)
{
	struct event first = vcpu->event;

	if (!event_combine(&first, &event, &vcpu->event))
		vm_stop(vcpu->vm, VM_END_CRASH, "triple fault");
	vcpu_reconsider(vcpu);
}

void vcpu_arm(struct vcpu *vcpu)
{
	u64 deadline = vlapic_timer_deadline(vcpu->apic);
	u64 tsc = vlapic_timer_tsc_deadline(vcpu->apic);
	u64 host = vm_host_tsc(vcpu->vm, deadline);
	u64 now = x86_rdtsc();

	if (tsc && tsc <= vcpu_tsc(vcpu, now))
		host = now;
	else if (tsc && tsc - vcpu_tsc(vcpu, now) < UINT64_MAX - now)
		host = min_u64(host, now + (tsc - vcpu_tsc(vcpu, now)));
	if (vcpu->id == 0)
		host = min_u64(host, max_u64(chips_deadline(vcpu->vm),
					     now + clock_tsc_from_ns(MACHINE_MIN_WAKE_NS)));
	sched_arm(host);
}
