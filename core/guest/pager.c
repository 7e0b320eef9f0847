/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages between a guest and its pager. */
#include "core/guest/pager.h"

#include "core/base/atomic.h"
#include "core/base/log.h"
#include "core/base/time.h"
#include "core/guest/vm.h"
#include "drivers/host/clock.h"
#include "pv/abi.h"

enum {
	ID_BITS = 8,
	SECOND_MS = 1000,
	LOOK_MAX_MS = 250, /* what counts of the time between two looks: the keeper may be busy */
};
static_assert(CONFIG_VMS_MAX <= 1 << ID_BITS, "a client's number holds its VM's");

/* What a client is called in one life (struct vm.starts): in 2^24 lives no other. */
static u32 client_number(const struct vm *vm, u32 life)
{
	return life << ID_BITS | vm->id;
}

/* NULL: it is none of the pager's. life: which one; that it lasts is to be seen with its lock. */
static struct vm *find_client(const struct vm *pager, u64 client, u32 *life)
{
	struct vm *vm = vm_by_id(client & ((1 << ID_BITS) - 1));

	*life = vm ? atomic_get(&vm->life.starts) : 0;
	return vm && vm->pager == pager && client == client_number(vm, *life) ? vm : NULL;
}

/* --- Asking --- */

/* False: there is no room; or the guest has broken its ring, and ends. */
static bool put(struct vm *vm, const struct page_wanted *wanted)
{
	struct pager *pager = &vm->as_pager;
	u64 at = pager->ring + offsetof(struct pages_wanted, events) +
		 pager->head % pager->size * sizeof(*wanted);
	u32 tail;

	if (!vcpu_memory_read(vm, gpa_make(pager->ring + offsetof(struct pages_wanted, tail)),
			      &tail, sizeof(tail)) ||
	    !pnp_tail_valid(pager->head, tail, pager->size)) {
		vm_stop(vm, VM_END_CRASH, "the tail of its ring of wanted pages is impossible");
		return false;
	}
	if (pager->head - tail == pager->size ||
	    !vcpu_memory_write(vm, gpa_make(at), wanted, sizeof(*wanted)))
		return false;
	pager->head++;
	return vcpu_memory_write(vm, gpa_make(pager->ring), &pager->head, sizeof(pager->head));
}

/* The number of the ring in which it was asked for; 0: it could not be. */
static u32 ask(struct vm *vm, const struct page_wanted *wanted, u32 asked)
{
	struct pager *pager = &vm->as_pager;
	u32 number = asked;

	spin_lock(&pager->lock);
	if (pager->size && pager->number != asked) {
		number = put(vm, wanted) ? pager->number : 0;
		if (number)
			vcpu_apic_interrupt(vm, pager->vcpu, pager->vector);
	}
	spin_unlock(&pager->lock);
	return number;
}

/* Marks the page failed; without room for that the guest ends, if that life of it still goes on. */
static enum status fail_page(struct vm *vm, u32 life, u64 gpa)
{
	struct guest_pools *pools = &vm->memory.pools;
	enum status status = pages_fail(&vm->memory, life, gpa);

	if (status != ERR_NO_MEMORY)
		return status;
	spin_lock(&pools->lock);
	if (pools->life == life)
		vm_stop(vm, VM_END_CRASH, "more of its pages have failed than can be kept in mind");
	spin_unlock(&pools->lock);
	return status;
}

enum page_state pager_want(struct vm *vm, struct page_want *want)
{
	const struct page_wanted wanted = {align_down(want->gpa, PAGE_SIZE),
					   client_number(vm, vm->life.starts), 0};
	u32 now = (u32)(clock_uptime_ns() / NS_PER_MS);
	u32 patience = vm->config->pager_timeout * SECOND_MS;

	if (vm->pager->life.state == VM_RUNNING)
		want->ring = ask(vm->pager, &wanted, want->ring);
	want->waited_ms += want->seen_ms ? (u32)min_u64(now - want->seen_ms, LOOK_MAX_MS) : 0;
	want->seen_ms = now ? now : 1;
	if (!patience || want->waited_ms < patience)
		return PAGE_IS_ABSENT;
	if (fail_page(vm, vm->life.starts, wanted.gpa) == OK && vm->page_events.counts.late++ == 0)
		log_write(LOG_WARN,
			  "%s: %s has not brought the page at 0x%llx in %u s: it has failed",
			  vm->config->name, vm->pager->config->name, (u64)wanted.gpa,
			  vm->config->pager_timeout);
	return pages_state(&vm->memory, want->gpa);
}

/* --- Hypercalls --- */

void pager_cancel(struct vcpu *vcpu)
{
	struct pager *pager = &vcpu->vm->as_pager;

	spin_lock(&pager->lock);
	if (pager->vcpu == vcpu->id)
		pager->size = 0;
	spin_unlock(&pager->lock);
}

s64 pager_ring(struct vcpu *vcpu, u64 gpa, u32 size, u8 vector)
{
	struct pager *pager = &vcpu->vm->as_pager;
	const u32 head = 0;
	bool done;

	spin_lock(&pager->lock);
	done = !size || vcpu_memory_write(vcpu->vm, gpa_make(gpa), &head, sizeof(head));
	if (done) {
		pager->ring = gpa;
		pager->size = size;
		pager->head = head;
		pager->vcpu = vcpu->id;
		pager->vector = vector;
		if (++pager->number == 0)
			pager->number++;
	}
	spin_unlock(&pager->lock);
	vm_wake_keeper();
	return done ? 0 : ASHLAR_EFAULT;
}

static s64 result_of(enum status status)
{
	switch (status) {
	case OK:
		vm_wake_keeper();
		return 0;
	case ERR_NOT_FOUND:
		return ASHLAR_ENOENT;
	case ERR_BUSY:
		return ASHLAR_EEXIST;
	case ERR_RANGE:
		return ASHLAR_EFAULT;
	default:
		return ASHLAR_ENOMEM;
	}
}

s64 pager_give(struct vcpu *vcpu, u64 client, u64 gpa, u64 contents)
{
	u32 life;
	struct vm *vm = find_client(vcpu->vm, client, &life);
	struct guest_place from;

	if (!vm)
		return ASHLAR_ENOENT;
	if (!is_aligned(gpa | contents, PAGE_SIZE) ||
	    !vcpu_memory_find(vcpu->vm, gpa_make(contents), &from) || from.type != MEMTYPE_WB)
		return ASHLAR_EFAULT;
	return result_of(pages_fill(&vm->memory, life, gpa, from.at));
}

s64 pager_fail(struct vcpu *vcpu, u64 client, u64 gpa)
{
	u32 life;
	struct vm *vm = find_client(vcpu->vm, client, &life);

	if (!vm)
		return ASHLAR_ENOENT;
	if (!is_aligned(gpa, PAGE_SIZE))
		return ASHLAR_EFAULT;
	return result_of(fail_page(vm, life, gpa));
}
