/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page at a vCPU's APIC base. Where the VM has no RAM there, nothing is
 * mapped and every access arrives as a fault: there is nothing to do. Over RAM
 * the vCPU gets an overlay in which that page is absent. So RAM behind it is
 * there for every vCPU whose registers are elsewhere, or that has no page, in
 * x2APIC mode or with its APIC off: what is mapped for it is what the VM has.
 */
#include "core/memory/apic_page.h"

#include "core/guest/vm.h"

bool apic_page_is_ram(const struct vcpu *vcpu, struct gpa gpa)
{
	return guest_is_ram(vcpu->vm, gpa) && !apic_page_at(vcpu, gpa);
}

static bool hides_ram(const struct vcpu *vcpu)
{
	return vlapic_mode(vcpu->apic) == APIC_MODE_XAPIC &&
	       guest_is_ram(vcpu->vm, gpa_make(vlapic_page(vcpu->apic)));
}

/* What this vCPU's CPU may still hold of it goes with the flush before the next entry. */
void apic_page_release(struct vcpu *vcpu)
{
	if (!vcpu->overlay.base)
		return;
	pt_overlay_destroy(&vcpu->overlay);
	vcpu->overlay.base = NULL;
}

void apic_page_sync(struct vcpu *vcpu)
{
	if (!vcpu->overlay.base)
		return;
	spin_lock(&vcpu->vm->memory.lock);
	pt_overlay_sync(&vcpu->overlay);
	pt_flushed(&vcpu->overlay.view);
	spin_unlock(&vcpu->vm->memory.lock);
}

enum status apic_page_follow(struct vcpu *vcpu)
{
	struct pt *nested = &vcpu->vm->memory.nested;
	enum status status;

	apic_page_release(vcpu);
	vcpu->nested_root = nested->root;
	vcpu->flush = true;
	if (!hides_ram(vcpu))
		return OK;
	spin_lock(&vcpu->vm->memory.lock);
	status = pt_overlay_init(&vcpu->overlay, nested, vlapic_page(vcpu->apic));
	spin_unlock(&vcpu->vm->memory.lock);
	if (status != OK) {
		vcpu->overlay.base = NULL;
		return ERR_NO_MEMORY;
	}
	vcpu->nested_root = vcpu->overlay.view.root;
	return OK;
}
