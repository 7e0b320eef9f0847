/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Creates and destroys vCPUs, and runs the loop of a vCPU's thread: pending work, injection,
 * the guest and its exits.
 */
#include "svm/vcpu.h"

#include "core/guest/vm.h"
#include "core/host/cpu.h"
#include "mm/host/heap.h"
#include "svm/accel.h"
#include "svm/cpu.h"
#include "svm/inject.h"
#include "svm/switch.h"

void svm_vcpu_destroy(struct vcpu *vcpu)
{
	struct svm_vcpu *v = svm_vcpu_of(vcpu);

	xstate_destroy(&vcpu->xstate);
	heap_free_pages(v->vmcb, 1);
	heap_free_pages(v, 1);
}

struct vcpu *svm_vcpu_create(struct vm *vm)
{
	static_assert(sizeof(struct svm_vcpu) <= PAGE_SIZE, "one page a vCPU");
	struct svm_vcpu *v = heap_alloc_pages(1);

	if (!v)
		return NULL;
	v->vmcb = heap_alloc_pages(1);
	if (!v->vmcb || !xstate_create(&v->vcpu.xstate)) {
		svm_vcpu_destroy(&v->vcpu);
		return NULL;
	}
	v->vmcb_pa = heap_to_phys(v->vmcb).addr;
	vmcb_init(v->vmcb, vm);
	return &v->vcpu;
}

/*
 * Gives the vCPU an ASID that the TLB does not know, which has the effect of a flush. When
 * no unused ASID is left, a new generation begins, and all ASIDs of the old one become
 * invalid. This demands a flush of the TLB; flush_all stays set until an entry made it.
 */
static void asid_renew(struct svm_vcpu *v, struct backend_cpu *cpu)
{
	if (cpu->asid_next >= cpu->asid_count) {
		cpu->asid_generation++;
		cpu->asid_next = 1;
		cpu->flush_all = true;
	}
	v->vmcb->asid = cpu->asid_next++;
	v->asid_generation = cpu->asid_generation;
	v->vmcb->clean &= ~(u32)CLEAN_ASID;
}

/* Before asid_renew, which makes translations of the previous root unreachable. */
static void set_root(struct svm_vcpu *v)
{
	bool view = v->apic_mode == APIC_MODE_XAPIC;

	v->vmcb->nested_cr3 = view ? v->vcpu.vm->memory.apic_view.view.root.addr
				   : v->vcpu.memory.apic_page.root.addr;
	v->vmcb->clean &= ~(u32)CLEAN_NESTED;
}

enum vcpu_action svm_vcpu_run(struct vcpu *vcpu)
{
	struct svm_vcpu *v = svm_vcpu_of(vcpu);
	struct backend_cpu *cpu = cpu_this()->backend;
	enum vcpu_action action;

	/* Another CPU may have run this vCPU since (APM2 "VMCB State Caching"). */
	v->asid_generation = 0;
	v->vmcb->clean = 0;
	v->next_rip = cpu->next_rip;
	while ((action = vcpu_service(vcpu, svm_inject_accepts(v))) == VCPU_ENTER) {
		svm_switch_in(v);
		svm_accel_switch(v);
		svm_inject_set_windows(v);
		if (vcpu->flush)
			set_root(v);
		if (vcpu->flush || v->asid_generation != cpu->asid_generation)
			asid_renew(v, cpu);
		vcpu->flush = false;
		if (cpu->flush_all) {
			v->vmcb->tlb_control = TLB_CONTROL_FLUSH_ALL;
			v->after |= SVM_AFTER_FLUSH;
		}
		v->vmcb->tsc_offset = vcpu->tsc.offset;
		v->vmcb->clean &= ~(u32)CLEAN_INTERCEPTS;
		if (vcpu->event.valid)
			svm_inject(v);
		v->vmcb->rax = vcpu->regs.gpr[RAX];
		svm_accel_enter(v);
		svm_entry_run(v, cpu->host_vmcb);
		svm_accel_leave(v);
		svm_inject_undo(v);
	}
	svm_switch_out(v);
	return action;
}
