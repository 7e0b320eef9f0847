/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a vCPU's APIC registers hide RAM: such a vCPU has nested tables of its
 * own for the path to that one page, all others are as the VM's.
 */
#pragma once

#include "core/guest/vcpu.h"

/*
 * The mode or the base of this vCPU's APIC has changed, or its VM is new: its
 * root is the VM's again, or that of an overlay without the page, before it
 * enters the guest next. On its own thread. ERR_NO_MEMORY: it has the VM's.
 */
enum status apic_page_follow(struct vcpu *vcpu) must_check;

/* The VM's tables have changed: so does what the vCPU has of its own. Its own thread. */
void apic_page_sync(struct vcpu *vcpu);

/* Does this vCPU have its APIC's registers at gpa? */
static inline bool apic_page_at(const struct vcpu *vcpu, struct gpa gpa)
{
	return vlapic_mode(vcpu->apic) == APIC_MODE_XAPIC &&
	       align_down(gpa.addr, PAGE_SIZE) == vlapic_page(vcpu->apic);
}

/* Does it have RAM there, which no access of its own has reason to leave the guest for? */
bool apic_page_is_ram(const struct vcpu *vcpu, struct gpa gpa);

/* Gives the overlay back; the vCPU does not run again. */
void apic_page_release(struct vcpu *vcpu);
