/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages between a guest and its pager. */
#include "core/guest/pager.h"

#include "core/base/atomic.h"
#include "core/base/log.h"
#include "core/base/time.h"
#include "core/guest/vcpu.h"
#include "core/guest/vcpu_apic.h"
#include "core/guest/vm.h"
#include "drivers/host/clock.h"
#include "pv/abi.h"

enum {
	ID_BITS = 8,
	SECOND_MS = 1000,
	LOOK_MAX_MS = 250, /* longer pauses between two calls count as this: the keeper was busy */
};
static_assert(CONFIG_VMS_MAX <= 1 << ID_BITS, "a client's number holds its VM's");

/* The number of a client in one life (vm->life.starts). Numbers repeat after 2^24 lives. */
static u32 client_number(const struct vm *vm, u32 life)
{
	return life << ID_BITS | vm->id;
}

/* NULL: no client of the pager has this number. *life: its life, which may have ended meanwhile. */
static struct vm *find_client(const struct vm *pager, u64 client, u32 *life)
{
	struct vm *vm = vm_by_id(client & ((1 << ID_BITS) - 1));

	*life = vm ? atomic_get(&vm->life.starts) : 0;
	return vm && vm->pager == pager && client == client_number(vm, *life) ? vm : NULL;
}

/* --- Asking --- */

/* False: the ring is full; or the guest has damaged its ring, and ends. */
static bool put_request(struct vm *vm, const struct page_wanted *wanted)
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

/*
 * Puts a request into the pager's ring unless that ring has it (asked: the number of the last ring
 * with the request). Returns the number of the ring that has it now; 0: none has it.
 */
static u32 ask(struct vm *vm, const struct page_wanted *wanted, u32 asked)
{
	struct pager *pager = &vm->as_pager;
	u32 number = asked;

	spin_lock(&pager->lock);
	if (pager->size && pager->number != asked) {
		number = put_request(vm, wanted) ? pager->number : 0;
		if (number)
			vcpu_apic_interrupt(vm, pager->vcpu, pager->vector);
	}
	spin_unlock(&pager->lock);
	return number;
}

/* Marks the page failed. If the list is full the guest ends, unless that life is over already. */
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

enum page_state pager_request(struct vm *vm, struct page_request *request)
{
	const struct page_wanted wanted = {align_down(request->gpa, PAGE_SIZE),
					   client_number(vm, vm->life.starts), 0};
	u32 now = (u32)(clock_uptime_ns() / NS_PER_MS);
	u32 patience = vm->config->pager_timeout * SECOND_MS;

	if (vm->pager->life.state == VM_RUNNING)
		request->ring = ask(vm->pager, &wanted, request->ring);
	request->waited_ms +=
		request->seen_ms ? (u32)min_u64(now - request->seen_ms, LOOK_MAX_MS) : 0;
	request->seen_ms = now ? now : 1;
	if (!patience || request->waited_ms < patience)
		return PAGE_IS_ABSENT;
	if (fail_page(vm, vm->life.starts, wanted.gpa) == OK && vm->page_events.counts.late++ == 0)
		log_write(LOG_WARN,
			  "%s: %s has not brought the page at 0x%llx in %u s: it has failed",
			  vm->config->name, vm->pager->config->name, (u64)wanted.gpa,
			  vm->config->pager_timeout);
	return pages_state(&vm->memory, request->gpa);
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

s64 pager_set_ring(struct vcpu *vcpu, u64 gpa, u32 size, u8 vector)
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
