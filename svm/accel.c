/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Switches AVIC and x2AVIC on and off for a vCPU and handles their exits. Never
 * decides when hardware runs an APIC (core/guest/vcpu_apic.c does), nor what the tables
 * hold and what an exit means (svm/avic.c does). Not yet run on hardware: docs/errata.md.
 *
 * A message that software sends goes to the target's inbox and kicks the target out of
 * the guest, with AVIC as without it: only hardware rings doorbells.
 */
#include "svm/accel.h"

#include "apic/virt/vlapic.h"
#include "core/guest/vcpu_accel.h"
#include "core/guest/vcpu_apic.h"
#include "core/guest/vm.h"
#include "core/host/cpu.h"
#include "core/host/sched.h"
#include "mm/host/heap.h"
#include "svm/avic.h"
#include "svm/msr.h"
#include "svm/vcpu.h"

struct accel_hardware svm_accel = {
	.modes = BIT(APIC_MODE_XAPIC) | BIT(APIC_MODE_X2APIC),
	.logical_tables = true,
	.max_id = APIC_XAPIC_BROADCAST - 1,
};

struct avic_vm {
	struct avic_tables tables;
	u64 pages[MAX_VCPUS]; /* lock: vm_apics' */
};
enum { AVIC_VM_PAGES = (sizeof(struct avic_vm) + PAGE_SIZE - 1) / PAGE_SIZE };

static struct avic_tables *tables_of(const struct vm *vm)
{
	return &((struct avic_vm *)vm->apics.tables)->tables;
}

enum status svm_accel_create(struct vm *vm, struct error *err)
{
	vm->apics.tables = heap_alloc_pages(AVIC_VM_PAGES);
	return vm->apics.tables ? OK
				: fail(err, ERR_NO_MEMORY, "%s: no memory for AVIC's tables",
				       vm->config->name);
}

void svm_accel_destroy(struct vm *vm)
{
	heap_free_pages(vm->apics.tables, AVIC_VM_PAGES);
	vm->apics.tables = NULL;
}

void svm_accel_sync(struct vm *vm)
{
	struct avic_vm *avic = vm->apics.tables;

	for (u32 i = 0; i < vm->vcpu_count; i++)
		avic->pages[i] = heap_to_phys(vm->vcpus[i]->apic->regs).addr;
	avic_build(&avic->tables, vm->apics.route->apics, avic->pages, vm->vcpu_count);
}

/* APM2 "VMCB Changes for AVIC", "x2AVIC" */
static void set_mode(struct svm_vcpu *v, enum apic_mode mode)
{
	static const u32 control[] = {
		[APIC_MODE_XAPIC] = INT_CTL_AVIC,
		[APIC_MODE_X2APIC] = INT_CTL_AVIC | INT_CTL_X2AVIC,
	};
	const struct vm *vm = v->vcpu.vm;
	struct vmcb *vmcb = v->vmcb;

	v->apic_mode = (u8)mode;
	v->avic_control = control[mode];
	vmcb->msrpm_base = svm_msr_map(mode == APIC_MODE_X2APIC);
	vmcb->clean = 0;
	v->vcpu.flush = true; /* svm_vcpu_run then sets the root that the mode needs */
	if (mode == APIC_MODE_DISABLED)
		return;
	vmcb->avic_bar = APIC_BASE_DEFAULT;
	vmcb->avic_backing_page = heap_to_phys(v->vcpu.apic->regs).addr;
	vmcb->avic_logical_table = heap_to_phys(tables_of(vm)->logical).addr;
	vmcb->avic_physical_table =
		heap_to_phys(tables_of(vm)->physical).addr | (APIC_XAPIC_BROADCAST - 1);
}

void svm_accel_switch(struct svm_vcpu *v)
{
	struct vlapic *apic = v->vcpu.apic;
	enum apic_mode mode = v->vcpu.accel.on ? vlapic_mode(apic) : APIC_MODE_DISABLED;
	struct route_apic route;

	if (mode != v->apic_mode)
		set_mode(v, mode);
	if (mode == APIC_MODE_DISABLED)
		return;
	vlapic_get_route(apic, &route);
	v->avic_id = route.id;
	vlapic_regs_save(apic);
}

/*
 * Between svm_accel_enter and svm_accel_leave an IPI to this vCPU rings this CPU's
 * doorbell. At all other times the IPI makes its sender exit. After svm_accel_leave IRR
 * holds all IPIs sent before.
 */
void svm_accel_enter(const struct svm_vcpu *v)
{
	if (v->apic_mode != APIC_MODE_DISABLED)
		avic_set_running(tables_of(v->vcpu.vm), v->avic_id, cpu_this()->apic_id);
}

void svm_accel_leave(const struct svm_vcpu *v)
{
	if (v->apic_mode != APIC_MODE_DISABLED)
		avic_set_running(tables_of(v->vcpu.vm), v->avic_id, AVIC_NOWHERE);
}

bool svm_accel_access(struct svm_vcpu *v)
{
	u64 info = v->vmcb->exit_info1;

	switch (avic_unaccelerated((enum apic_mode)v->apic_mode, vlapic_mode(v->vcpu.apic), info)) {
	case AVIC_WRITTEN:
		vcpu_accel_finish_write(&v->vcpu, (u32)(info & AVIC_OFFSET));
		return false;
	case AVIC_EMULATE:
		return true;
	default:
		return false;
	}
}

/*
 * Completes an IPI for which hardware has set IRR in all targets that its tables hold.
 * Wakes these, whose threads may sleep; sends the IPI to all other targets in software.
 */
static void send_rest(struct svm_vcpu *v)
{
	struct vm *vm = v->vcpu.vm;
	struct vcpu_set targets, known;
	struct vlapic_effects fx;

	vlapic_regs_finish_write(vcpu_apic(&v->vcpu), APIC_REG_ICR, vm_now(vm), &fx);
	if (!(fx.what & VLAPIC_SEND_IPI))
		return;
	route_find(vm->apics.route, &fx.ipi, v->vcpu.id, &targets);
	spin_lock(&vm->apics.lock);
	avic_keep_unknown(tables_of(vm), vm->apics.route->apics, &targets, &known);
	spin_unlock(&vm->apics.lock);
	vcpu_apic_post(vm, &targets, &fx.ipi);
	for (int i = vcpu_set_next(&known, 0); i >= 0; i = vcpu_set_next(&known, (unsigned)i + 1))
		sched_wake(&vm->vcpus[i]->thread, PENDING_IRQ);
}

void svm_accel_ipi(struct svm_vcpu *v)
{
	switch (avic_incomplete_ipi((enum apic_mode)v->apic_mode, vlapic_mode(v->vcpu.apic),
				    v->vmcb->exit_info2)) {
	case AVIC_SEND:
		vcpu_accel_finish_write(&v->vcpu, APIC_REG_ICR);
		break;
	case AVIC_REST:
		send_rest(v);
		break;
	case AVIC_BROKEN:
		vm_stop(v->vcpu.vm, VM_END_CRASH, "AVIC refuses an entry of its table");
		break;
	default:
		break;
	}
}
