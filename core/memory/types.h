/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy of a guest's memory types (memtype =) while it runs: which PAT
 * counts, and what its MTRRs make of its memory. The nested tables are shared,
 * so the first vCPU's MTRRs count for all; a guest must keep them the same on
 * all anyway (SDM 3A "MTRR Considerations in MP Systems").
 */
#pragma once

#include "mm/pt.h"

struct vcpu;
struct vm;

/* The PAT that counts when the guest has written pat. */
u64 guest_memtype_pat(const struct vm *vm, u64 pat);

/* Does the guest's CR0.CD count where hardware leaves that to us, does its WBINVD? */
bool guest_memtype_exact(const struct vm *vm);

/*
 * The leaf that maps guest memory at gpa. Is it the same for all of [gpa, gpa +
 * size)? vm->memory.lock, once the VM runs.
 */
struct pt_leaf guest_memtype_leaf(const struct vm *vm, u64 gpa);
bool guest_memtype_is_one(const struct vm *vm, u64 gpa, u64 size);

/* Before memory is mapped: by the MTRRs that firmware leaves. */
void guest_memtype_init(struct vm *vm);

/* The guest has written to an MTRR of vcpu: before it goes on, guest_memtype_follow is due. */
void guest_memtype_written(struct vcpu *vcpu);

/*
 * True: every page has the type that the MTRRs say, and no vCPU knows another.
 * False: something else is pending, and this is to be called again after it.
 */
bool guest_memtype_follow(struct vcpu *vcpu);
