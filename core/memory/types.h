/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy of a guest's memory types (memtype =) while it runs: which PAT
 * counts, and what its MTRRs make of its memory. The nested tables are shared,
 * so the first vCPU's MTRRs count for all; a guest must keep them the same on
 * all anyway (SDM 3A "MTRR Considerations in MP Systems").
 */
#pragma once

#include "core/memory/memory.h"

/* The PAT that counts when the guest has written pat. */
u64 memory_types_pat(const struct guest_memory *memory, u64 pat);

/* True if the guest's CR0.CD and WBINVD count where hardware leaves that to the hypervisor. */
bool memory_types_exact(const struct guest_memory *memory);

/* The leaf that maps guest memory at gpa. guest_memory.lock, once the VM runs. */
struct pt_leaf memory_types_leaf(const struct guest_memory *memory, u64 gpa);

/* True if that leaf is the same for all of [gpa, gpa + size). The same lock. */
bool memory_types_same(const struct guest_memory *memory, u64 gpa, u64 size);

/* Before memory is mapped: types are by the MTRRs that firmware leaves. */
void memory_types_init(struct guest_memory *memory);

/*
 * One step of giving all leaves the types of msr, the first vCPU's MTRRs, as
 * they were at the first step; on the thread of that vCPU.
 * OK: the last step is done, and a flush is due. ERR_BUSY: call again.
 * ERR_NO_MEMORY: none for page tables; the guest cannot go on, a flush is due.
 */
enum status memory_types_step(struct guest_memory *memory, const struct msr_state *msr) must_check;
