/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about pages that are not there. */
#include "core/shell/page_commands.h"

#include "core/guest/vm.h"
#include "core/terminal/report.h"
#include "pv/pnp.h"

static enum status take(const struct argument *args, enum absent_why why, struct error *err)
{
	u64 count = args[2].text ? args[2].number : 1;

	if (vm_check_running(args[0].vm, err) != OK)
		return err->status;
	return vcpu_memory_remove(args[0].vm, args[1].number, count, why, err);
}

enum status vm_evict(const struct argument *args, struct report *out, struct error *err)
{
	(void)out;
	return take(args, ABSENT_EVICTED, err);
}

enum status vm_poison(const struct argument *args, struct report *out, struct error *err)
{
	(void)out;
	return take(args, ABSENT_FAILED, err);
}

static void show_pager(const struct vm *vm, struct report *out)
{
	const struct pager pager = vm->as_pager;

	if (vm->pager) {
		report_fact(out, "pager", vm->pager->config->name);
		report_fact_number(out, "brought", vm->memory.pools.brought);
		report_fact_number(out, "late", vm->page_events.counts.late);
	}
	if (pager.size) {
		report_fact_hex(out, "pager_ring", pager.ring);
		report_fact_number(out, "pager_ring_events", pager.size);
		report_fact_number(out, "pager_head", pager.head);
	}
}

static void show_ring(const struct pnp *pnp, struct report *out)
{
	report_fact_hex(out, "ring", pnp->ring);
	report_fact_number(out, "ring_events", pnp->size);
	report_fact_number(out, "head", pnp->head);
	report_fact_number(out, "tokens_out", pnp->out);
}

static void show_vcpu(const struct vm *vm, u32 id, struct report *out)
{
	const struct vcpu *vcpu = vm->vcpus[id];
	struct page_teller teller = vcpu->teller;
	struct page_wait wait = vcpu->wait;

	report_row(out);
	report_note(out, "vcpu");
	report_number(out, "vcpu", -3, id);
	report_flag(out, "registered", "", teller.on);
	if (teller.on) {
		report_note(out, " data");
		report_hex(out, "data", 15, teller.data);
		report_note(out, " vectors ");
		report_number(out, "vector", -3, teller.vector);
		report_number(out, "resolved_vector", -3, teller.resolved);
	}
	if (wait.wanted) {
		report_note(out, " sleeps for");
		report_hex(out, "sleeps_for", 15, wait.gpa);
	}
	report_row_end(out);
}

/* Printing may wait, and the guest end meanwhile. */
enum status page_events_show(const struct argument *args, struct report *out, struct error *err)
{
	const struct vm *vm = args[0].vm;
	const struct page_counts counts = vm->page_events.counts;
	struct pnp pnp;

	if (vm_check_running(vm, err) != OK)
		return err->status;
	pnp = *vm->page_events.pnp;
	report_fact_number(out, "told", counts.told);
	report_fact_number(out, "slept", counts.slept);
	report_fact_number(out, "resolved", counts.resolved);
	report_fact_number(out, "failed", counts.failed);
	report_fact_number(out, "taken_away", vm->memory.absent.count);
	show_pager(vm, out);
	if (pnp.size)
		show_ring(&pnp, out);
	report_list(out, "tokens");
	for (int i = pnp_next(&pnp, 0); i >= 0; i = pnp_next(&pnp, (unsigned)i + 1)) {
		report_row(out);
		report_note(out, "token");
		report_hex(out, "token", 12, pnp.token[i].value);
		report_note(out, " of vcpu ");
		report_number(out, "vcpu", 0, pnp.token[i].vcpu);
		report_note(out, " for");
		report_hex(out, "gpa", 15, pnp.token[i].want.gpa);
		report_row_end(out);
	}
	report_list_end(out);
	report_list(out, "vcpus");
	for (u32 i = 0; vm->vcpus && i < vm->vcpu_count; i++)
		show_vcpu(vm, i, out);
	report_list_end(out);
	return OK;
}
