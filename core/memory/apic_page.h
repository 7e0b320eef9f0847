/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page at which a vCPU has its APIC's registers. Where the VM has no RAM
 * there, nothing is mapped and every access arrives as a fault. Where the VM has
 * RAM there, the vCPU uses an overlay of the VM's nested tables in which that page is not
 * mapped. vCPUs whose registers are elsewhere, in x2APIC mode, or with the APIC off use the
 * VM's tables, with the RAM.
 */
#pragma once

#include "core/base/status.h"
#include "mm/pt.h"

struct guest_memory;

/* Of one vCPU; its own thread. */
struct apic_page {
	struct pt_overlay overlay; /* base NULL: none */
	struct hpa root;	   /* of the tables that the vCPU uses: the overlay's or the VM's */
};

/* The vCPU uses the VM's tables. A flush is due when root changes. */
void apic_page_reset(struct apic_page *page, const struct guest_memory *memory);

/* The vCPU has registers at gpa (page aligned). ERR_NO_MEMORY: it uses the VM's tables. */
enum status apic_page_set(struct apic_page *page, struct guest_memory *memory, u64 gpa) must_check;

/* Takes changes of the VM's tables over, before the vCPU flushes. */
void apic_page_sync(struct apic_page *page, struct guest_memory *memory);

/* Frees the overlay; the vCPU does not run again, or flushes before it does. */
void apic_page_destroy(struct apic_page *page);

/* Makes memory->apic_view; undoes that, if it was made. */
enum status apic_page_create_view(struct guest_memory *memory, struct error *err) must_check;
void apic_page_destroy_view(struct guest_memory *memory);
