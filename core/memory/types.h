/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy of a guest's memory types (memtype =) while it runs: the PAT that is in use, and
 * the types that the guest's MTRRs give its memory. The vCPUs share the nested tables, so the
 * first vCPU's MTRRs give the types for all; a guest must keep the MTRRs of all CPUs the same
 * anyway (SDM 3A "MTRR Considerations in MP Systems").
 */
#pragma once

#include "core/memory/memory.h"

/* The PAT to load when the guest has written pat. */
u64 memory_types_pat(const struct guest_memory *memory, u64 pat);

/*
 * True if memory types follow the guest's MTRRs: then its CR0.CD and WBINVD have their effect too,
 * where hardware leaves that to the hypervisor.
 */
bool memory_types_exact(const struct guest_memory *memory);

/* The leaf that maps guest memory at gpa. guest_memory.lock held, once the VM runs. */
struct pt_leaf memory_types_leaf(const struct guest_memory *memory, u64 gpa);

/* True if that leaf is the same for all of [gpa, gpa + size). The same lock. */
bool memory_types_same(const struct guest_memory *memory, u64 gpa, u64 size);

/* Before memory is mapped: types are those of the MTRRs as firmware leaves them. */
void memory_types_init(struct guest_memory *memory);

/*
 * One step of giving all leaves the types of msr, the first vCPU's MTRRs. Later steps use the
 * MTRRs of the first step. On the thread of that vCPU. OK: the last step is done, and the caller
 * flushes. ERR_BUSY: call again. ERR_NO_MEMORY: no page table; the guest cannot go on, and the
 * caller flushes.
 */
enum status memory_types_step(struct guest_memory *memory, const struct msr_state *msr) must_check;
