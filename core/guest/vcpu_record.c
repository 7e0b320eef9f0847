/* SPDX-License-Identifier: BSD-2-Clause */
/* The records of vCPUs: how they are written, and how the administrator asks for one. */
#include "core/guest/vcpu_record.h"

#include "core/base/atomic.h"
#include "core/base/string.h"
#include "core/base/time.h"
#include "core/base/x86.h"
#include "core/guest/vm.h"
#include "core/host/sched.h"
#include "drivers/host/clock.h"
#include "mm/host/heap.h"

enum { GET_TRIES = 200, GET_POLL_NS = 5 * NS_PER_MS };

enum status vcpu_record_create(struct vm *vm, struct error *err)
{
	heap_free_pages(vm->records.at, pages_of(vm->records.count * sizeof(*vm->records.at)));
	vm->records.count = 0;
	vm->records.at = heap_alloc_pages(pages_of(vm->vcpu_count * sizeof(*vm->records.at)));
	if (!vm->records.at)
		return fail(err, ERR_NO_MEMORY, "%s: no memory for its records", vm->config->name);
	vm->records.count = vm->vcpu_count;
	return OK;
}

void vcpu_record_update(struct vcpu *vcpu)
{
	struct vcpu_record *record = &vcpu->vm->records.at[vcpu->id];

	virt->vcpu_get_state(vcpu, &record->state);
	record->mode = vcpu->mode;
	record->cpu = vcpu->thread.cpu;
	record->run_tsc = sched_run_time(&vcpu->thread);
	memcpy(record->exits, vcpu->exits, sizeof(record->exits));
	/* Last: vcpu_record_get reads the record after it has seen this change. */
	atomic_add(&record->updates, 1);
}

const struct vcpu_record *vcpu_record_get(struct vm *vm, u32 id, struct error *err)
{
	const struct vcpu_record *record = &vm->records.at[id];
	u64 before = atomic_load_acquire(&record->updates);

	if (vm->life.state == VM_RUNNING)
		sched_wake(&vm->vcpus[id]->thread, PENDING_RECORD);
	for (unsigned i = 0; vm->life.state == VM_RUNNING && i < GET_TRIES; i++) {
		if (atomic_load_acquire(&record->updates) != before)
			return record;
		sched_arm(x86_rdtsc() + clock_tsc_from_ns(GET_POLL_NS));
		sched_block();
		thread_take_pending(sched_current());
	}
	if (vm->life.state != VM_RUNNING && record->updates)
		return record;
	fail(err, ERR_BUSY, "%s: vCPU %u %s", vm->config->name, id,
	     vm->life.state == VM_RUNNING ? "does not come out of the guest" : "has not run");
	return NULL;
}
