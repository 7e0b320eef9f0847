/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Switches APIC virtualization on and off for a vCPU. Hardware then uses the model's
 * register page: it reads registers without an exit, carries out writes of task priority,
 * EOI and self-IPI, and delivers interrupts. Never decides when hardware runs an APIC:
 * core/guest/vcpu_apic.c does. SDM 3C "APIC Virtualization and Virtual Interrupts".
 *
 * A vCPU has the page of the xAPIC in its nested tables (the VM's apic_view)
 * only while hardware runs its APIC in xAPIC mode.
 */
#include "vmx/accel.h"

#include "apic/host/lapic.h"
#include "apic/virt/vlapic.h"
#include "core/base/atomic.h"
#include "core/base/vectors.h"
#include "core/guest/vm.h"
#include "core/host/cpu.h"
#include "core/host/sched.h"
#include "mm/host/heap.h"
#include "vmx/cpu.h"
#include "vmx/msr.h"
#include "vmx/vcpu.h"
#include "vmx/vmcs.h"

/* Software handles all of ICR but self-IPIs: any mix of modes and logical IDs works. */
struct accel_hardware vmx_accel = {
	.modes = BIT(APIC_MODE_XAPIC) | BIT(APIC_MODE_X2APIC),
	.mixed_modes = true,
	.extint = true,
	.max_id = ~0U,
};

/*
 * A posted-interrupt notification that arrived while no guest ran. Makes the running thread,
 * which may be the target vCPU's, look at its posted interrupts.
 */
void vmx_accel_posted(struct trap_frame *frame)
{
	struct thread *current = sched_current();

	(void)frame;
	lapic_eoi();
	if (current)
		atomic_or(&current->pending, PENDING_IRQ);
}

u64 vmx_accel_eptp(const struct vmx_vcpu *v)
{
	bool view = v->apic_mode == APIC_MODE_XAPIC;

	return vmcs_eptp(view ? v->vcpu.vm->memory.apic_view.view.root
			      : v->vcpu.memory.apic_page.root);
}

static void set_mode(struct vmx_vcpu *v, enum apic_mode mode)
{
	static const u32 controls[] = {
		[APIC_MODE_XAPIC] = PROC2_XAPIC_MODE,
		[APIC_MODE_X2APIC] = PROC2_X2APIC_MODE,
	};
	const struct vmx_controls *base = &cpu_this()->backend->controls;
	const struct vm *vm = v->vcpu.vm;
	bool posts = base->posted && mode != APIC_MODE_DISABLED;

	v->apic_mode = (u8)mode;
	v->posts = posts;
	vmcs_write(VMCS_PIN_CONTROLS, base->pin | (posts ? PIN_POSTED : 0));
	vmcs_write(VMCS_EXIT_CONTROLS, base->exit | (posts ? EXIT_ACKNOWLEDGE : 0));
	if (posts) {
		vmcs_write(VMCS_POSTED_VECTOR, VECTOR_POSTED);
		vmcs_write(VMCS_POSTED_DESCRIPTOR,
			   heap_to_phys(v->vcpu.apic).addr + offsetof(struct vlapic, posted));
	}
	vmcs_write(VMCS_PROC2_CONTROLS, base->proc2 | controls[mode]);
	vmcs_write(VMCS_EPTP, vmx_accel_eptp(v));
	vmcs_write(VMCS_MSR_BITMAP, vmx_msr_map(mode == APIC_MODE_X2APIC));
	if (mode == APIC_MODE_XAPIC)
		vmcs_write(VMCS_APIC_ACCESS, heap_to_phys(vm->memory.apic_page).addr);
	if (mode == APIC_MODE_DISABLED)
		return;
	vmcs_write(VMCS_GUEST_INTERRUPT, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(v->eoi_exits); i++) {
		v->eoi_exits[i] = 0;
		vmcs_write(VMCS_EOI_EXIT + 2 * i, 0);
	}
}

/* Makes the EOIs of level-triggered interrupts exit, since interrupt sources need them. */
static void set_eoi_exits(struct vmx_vcpu *v)
{
	for (unsigned i = 0; i < ARRAY_SIZE(v->eoi_exits); i++) {
		u64 vectors = vlapic_level_vectors(v->vcpu.apic, i);

		if (vectors == v->eoi_exits[i])
			continue;
		v->eoi_exits[i] = vectors;
		vmcs_write(VMCS_EOI_EXIT + 2 * i, vectors);
	}
}

void vmx_accel_switch(struct vmx_vcpu *v)
{
	struct vlapic *apic = v->vcpu.apic;
	enum apic_mode mode = v->vcpu.accel.on ? vlapic_mode(apic) : APIC_MODE_DISABLED;

	if (mode != v->apic_mode)
		set_mode(v, mode);
	if (mode == APIC_MODE_DISABLED)
		return;
	/* The highest vectors in IRR and ISR; 0 stands for none. */
	vmcs_write(VMCS_GUEST_INTERRUPT, (u64)(apic->irr_top < 0 ? 0 : apic->irr_top) |
						 (u64)(apic->isr_top < 0 ? 0 : apic->isr_top) << 8);
	set_eoi_exits(v);
	vlapic_regs_save(apic);
}
