/* SPDX-License-Identifier: BSD-2-Clause */
/* Page-not-present events: from the fault to the resolution. */
#include "core/guest/page_events.h"

#include "apic/virt/vlapic.h"
#include "core/base/atomic.h"
#include "core/base/bits.h"
#include "core/guest/pager.h"
#include "core/guest/vcpu.h"
#include "core/guest/vcpu_apic.h"
#include "core/guest/vm.h"
#include "core/host/sched.h"
#include "pv/abi.h"
#include "pv/pnp.h"

void page_events_fault(struct vcpu *vcpu, struct gpa gpa, u64 gva, u32 flags)
{
	struct guest_memory *memory = &vcpu->vm->memory;

	if (!memory->changes)
		return;
	if (pages_add(memory, gpa.addr) == PAGE_IS_PRESENT) {
		apic_page_sync(&vcpu->memory.apic_page, memory);
		return;
	}
	vcpu->wait = (struct page_wait){gpa.addr, gva, flags, true, false};
	vcpu_reconsider(vcpu);
}

static void stop_for_ring(struct vm *vm)
{
	vm_stop(vm, VM_END_CRASH,
		"its ring of page-not-present resolutions is not where it said, or "
		"its tail is impossible");
}

static bool read_tail(struct vm *vm, u32 *tail)
{
	struct gpa at = {vm->page_events.pnp->ring +
			 offsetof(struct page_not_present_resolutions, tail)};

	return vm->page_events.pnp->size && vcpu_memory_read(vm, at, tail, sizeof(*tail));
}

static bool is_in_use(struct vcpu *vcpu)
{
	u32 inuse;

	return !vcpu_memory_read(vcpu->vm, gpa_make(vcpu->registration.data), &inuse,
				 sizeof(inuse)) ||
	       inuse;
}

/* True if the vCPU could take an interrupt with this vector now. */
static bool can_take(const struct vcpu *vcpu, unsigned accepts)
{
	return vcpu->registration.on && !vcpu->event.valid && (accepts & VCPU_ACCEPTS_IRQ) &&
	       vcpu->registration.vector >> 4 > vlapic_priority(vcpu->apic) >> 4;
}

/* Writes inuse again, last: the guest reads the rest only after it has seen inuse set. */
static bool write_event(struct vcpu *vcpu, u32 token)
{
	const struct page_not_present_data event = {
		.token = token,
		.gpa = vcpu->wait.gpa,
		.gva = vcpu->wait.gva,
		.flags = vcpu->wait.flags,
	};
	const u32 inuse = 1;
	struct gpa at = {vcpu->registration.data};

	return vcpu_memory_write(vcpu->vm, at, &event, sizeof(event)) &&
	       vcpu_memory_write(vcpu->vm, at, &inuse, sizeof(inuse));
}

/* False: the vCPU cannot be notified now, and is never notified of this access. */
static bool notify(struct vcpu *vcpu, unsigned accepts)
{
	struct vm *vm = vcpu->vm;
	enum pnp_result result = PNP_BUSY;
	u32 tail, token;

	if (!can_take(vcpu, accepts) || is_in_use(vcpu))
		return false;
	spin_lock(&vm->page_events.lock);
	if (read_tail(vm, &tail))
		result = pnp_take(vm->page_events.pnp, tail, vcpu->wait.gpa, vcpu->id, &token);
	spin_unlock(&vm->page_events.lock);
	if (result == PNP_BROKEN)
		stop_for_ring(vm);
	if (result != PNP_OK || !write_event(vcpu, token))
		return false;
	vcpu->event = (struct event){
		.valid = true, .type = EVENT_INTR, .vector = vcpu->registration.vector};
	atomic_add(&vm->page_events.counts.notified, 1);
	return true;
}

/* For a failed page of which the vCPU cannot be notified: #MC, or the guest ends. */
static void give_up(struct vcpu *vcpu)
{
	struct vcpu_state state;
	struct error err;

	atomic_add(&vcpu->vm->page_events.counts.failed, 1);
	if (vcpu->registration.on && vcpu->registration.flags & ASHLAR_PNP_MACHINE_CHECK) {
		vcpu_raise(vcpu, event_exception(EXC_MC));
		return;
	}
	virt->vcpu_get_state(vcpu, &state);
	fail(&err, ERR_INVALID, "vCPU %u at RIP 0x%llx has touched 0x%llx, a page that has failed",
	     vcpu->id, state.regs.rip, vcpu->wait.gpa);
	vm_stop(vcpu->vm, VM_END_CRASH, err.text);
}

bool page_events_wait(struct vcpu *vcpu, unsigned accepts)
{
	struct page_wait *wait = &vcpu->wait;
	enum page_state state = pages_state(&vcpu->vm->memory, wait->gpa);
	bool sleeps = state == PAGE_IS_ABSENT, asks = false;

	if (sleeps &&
	    vcpu->vm->memory.nested.stale) /* a failed try to map the page has left tables behind */
		vcpu_memory_flush(vcpu->vm, vcpu);
	if (!wait->decided && state != PAGE_IS_PRESENT) {
		if (notify(vcpu, accepts))
			sleeps = false;
		else if (sleeps)
			atomic_add(&vcpu->vm->page_events.counts.slept, 1);
		else
			give_up(vcpu);
		asks = true;
		atomic_store_release(&wait->decided, true);
	}
	/* If the page fails while the vCPU sleeps, the vCPU touches it again. */
	if (!sleeps)
		atomic_store_release(&wait->active, false);
	if (asks)
		vm_wake_keeper();
	return sleeps;
}

void page_events_cancel(struct vcpu *vcpu)
{
	vcpu->registration.on = false;
	vcpu->wait.active = false;
	spin_lock(&vcpu->vm->page_events.lock);
	pnp_cancel(vcpu->vm->page_events.pnp, vcpu->id);
	spin_unlock(&vcpu->vm->page_events.lock);
}

/* --- Resolution --- */

static bool write_resolution(struct vm *vm, u32 index, const struct page_not_present_resolution *r)
{
	const struct pnp *pnp = vm->page_events.pnp;
	u64 at = pnp->ring + offsetof(struct page_not_present_resolutions, events) +
		 index * sizeof(*r);

	return vcpu_memory_write(vm, gpa_make(at), r, sizeof(*r)) &&
	       vcpu_memory_write(vm, gpa_make(pnp->ring), &pnp->head, sizeof(pnp->head));
}

/* Lock held. */
static void resolve(struct vm *vm, unsigned index, u32 result)
{
	const struct pnp_token token = vm->page_events.pnp->token[index];
	const struct page_not_present_resolution resolution = {result, token.value};
	u32 tail, event;

	if (!read_tail(vm, &tail) || pnp_put(vm->page_events.pnp, tail, index, &event) != PNP_OK ||
	    !write_resolution(vm, event, &resolution)) {
		stop_for_ring(vm);
		return;
	}
	atomic_add(&vm->page_events.counts.resolved, 1);
	vcpu_apic_interrupt(vm, token.vcpu, vm->vcpus[token.vcpu]->registration.resolved);
}

static int next_token(struct vm *vm, unsigned from, struct pnp_token *token)
{
	int index;

	spin_lock(&vm->page_events.lock);
	index = pnp_next(vm->page_events.pnp, from);
	if (index >= 0)
		*token = vm->page_events.pnp->token[index];
	spin_unlock(&vm->page_events.lock);
	return index;
}

/* Makes an absent page present if possible, or asks the pager for it; returns its state then. */
static enum page_state restore(struct vm *vm, struct page_request *request)
{
	enum page_state state = pages_restore(&vm->memory, request->gpa);

	return state == PAGE_IS_ABSENT && vm->pager ? pager_request(vm, request) : state;
}

/* Restores pages without the lock, so a token may be cancelled meanwhile. True: some pages are
 * still absent. */
static bool resolve_all(struct vm *vm)
{
	struct pnp_token token;
	bool more = false;
	int i = -1;

	while ((i = next_token(vm, (unsigned)(i + 1), &token)) >= 0) {
		enum page_state state = restore(vm, &token.request);
		struct pnp_token *now = &vm->page_events.pnp->token[i];

		more |= state == PAGE_IS_ABSENT;
		spin_lock(&vm->page_events.lock);
		if (!now->out || now->value != token.value)
			; /* cancelled meanwhile */
		else if (state == PAGE_IS_ABSENT)
			now->request = token.request;
		else
			resolve(vm, (unsigned)i,
				state == PAGE_IS_PRESENT ? PAGE_RESOLVED : PAGE_FAILED);
		spin_unlock(&vm->page_events.lock);
		sched_yield();
	}
	return more;
}

/* Wakes the vCPU when its page is present or has failed. True: the page is still absent. */
static bool wake_sleeper(struct vcpu *vcpu)
{
	u64 gpa = vcpu->wait.gpa;

	if (vcpu->request.gpa != gpa)
		vcpu->request = (struct page_request){.gpa = gpa};
	if (restore(vcpu->vm, &vcpu->request) == PAGE_IS_ABSENT)
		return true;
	sched_wake(&vcpu->thread, PENDING_IRQ);
	return false;
}

/* Until the vCPU has decided to sleep its page stays absent: it may be notified instead. */
static bool is_asleep(const struct vcpu *vcpu)
{
	return atomic_load_acquire(&vcpu->wait.active) && atomic_load_acquire(&vcpu->wait.decided);
}

bool page_events_work(struct vm *vm)
{
	bool more;

	if (vm->life.state != VM_RUNNING || !vm->memory.changes)
		return false;
	more = resolve_all(vm);
	for (u32 i = 0; i < vm->vcpu_count; i++) {
		struct vcpu *vcpu = vm->vcpus[i];

		if (is_asleep(vcpu)) {
			more |= wake_sleeper(vcpu);
			sched_yield();
		} else {
			vcpu->request = (struct page_request){0};
		}
	}
	return more && vm->pager;
}

/* --- Hypercalls --- */

void page_events_set_ring(struct vcpu *vcpu, u64 gpa, u32 size)
{
	struct vm *vm = vcpu->vm;
	const u32 head = 0;

	spin_lock(&vm->page_events.lock);
	pnp_set_ring(vm->page_events.pnp, gpa, size);
	if (size && !vcpu_memory_write(vm, gpa_make(gpa), &head, sizeof(head)))
		stop_for_ring(vm);
	spin_unlock(&vm->page_events.lock);
}

s64 page_events_register(struct vcpu *vcpu, const struct page_registration *registration)
{
	if (!vcpu->vm->page_events.pnp->size)
		return ASHLAR_ENOENT;
	page_events_cancel(vcpu);
	vcpu->registration = *registration;
	return 0;
}

s64 page_events_query(struct vcpu *vcpu, u64 gpa)
{
	static const u8 states[] = {
		[PAGE_IS_PRESENT] = ASHLAR_PAGE_THERE,
		[PAGE_IS_ABSENT] = ASHLAR_PAGE_ABSENT,
		[PAGE_HAS_FAILED] = ASHLAR_PAGE_FAILED,
	};

	if (!memory_is_ram(&vcpu->vm->memory, gpa, 1))
		return ASHLAR_EFAULT;
	return states[pages_state(&vcpu->vm->memory, gpa)];
}
