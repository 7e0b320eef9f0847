/* SPDX-License-Identifier: BSD-2-Clause */
/* The pictures of vCPUs: made, taken, asked for. */
#include "core/guest/vcpu_record.h"

#include "core/base/atomic.h"
#include "core/base/string.h"
#include "core/base/time.h"
#include "core/base/x86.h"
#include "core/guest/vm.h"
#include "drivers/host/clock.h"
#include "mm/host/heap.h"

enum { LOOK_TRIES = 200, LOOK_POLL_NS = 5 * NS_PER_MS };

static size_t pages_of(u32 count)
{
	return align_up(count * sizeof(struct vcpu_record), PAGE_SIZE) / PAGE_SIZE;
}

enum status vcpu_record_create(struct vm *vm, struct error *err)
{
	heap_free_pages(vm->records.at, pages_of(vm->records.count));
	vm->records.count = 0;
	vm->records.at = heap_alloc_pages(pages_of(vm->vcpu_count));
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
	atomic_add(&record->taken, 1); /* vcpu_record_get reads the record when it has seen this */
}

const struct vcpu_record *vcpu_record_get(struct vm *vm, u32 id, struct error *err)
{
	const struct vcpu_record *record = &vm->records.at[id];
	u64 before;

	before = atomic_load_acquire(&record->taken);
	if (vm->life.state == VM_RUNNING)
		sched_wake(&vm->vcpus[id]->thread, PENDING_RECORD);
	for (unsigned i = 0; vm->life.state == VM_RUNNING && i < LOOK_TRIES; i++) {
		if (atomic_load_acquire(&record->taken) != before)
			return record;
		sched_arm(x86_rdtsc() + clock_tsc_from_ns(LOOK_POLL_NS));
		sched_block();
		thread_take_pending(sched_current());
	}
	if (vm->life.state != VM_RUNNING && record->taken)
		return record;
	fail(err, ERR_BUSY, "%s: vCPU %u %s", vm->config->name, id,
	     vm->life.state == VM_RUNNING ? "does not come out of the guest" : "has not run");
	return NULL;
}
