/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds why VMX instructions and VM entries fail: for an invalid guest state hardware does
 * not report the cause. Pure. SDM 3C "Checks on the Guest State Area".
 */
#pragma once

#include "core/base/regs.h"
#include "core/base/status.h"

enum { CHECK_LDTR = SEG_COUNT, CHECK_TR, CHECK_SEGMENTS };

struct check_segment {
	u16 selector;
	u32 limit;
	u32 access; /* as in the VMCS */
	u64 base;
};

/* Fields of the VMCS, and the CPU's requirements on CR0, CR4 and CR3. */
struct vmx_check {
	u64 cr0, cr3, cr4, efer, pat, dr7, rip, rflags;
	u64 cr0_set, cr0_clear, cr4_set, cr4_clear; /* as in struct vmx_controls */
	u8 phys_bits;
	bool long_mode; /* the control 'IA-32e mode guest' */
	u32 event, blocking, activity;
	u64 pending_debug;
	u64 gdtr_base, idtr_base;
	u32 gdtr_limit, idtr_limit;
	struct check_segment seg[CHECK_SEGMENTS]; /* enum segment_register, then these */
};

/* OK if all checks made here pass. ERR_INVALID names the first one that fails. */
enum status vmx_check_state(const struct vmx_check *check, struct error *err) must_check;

/* SDM 3C "VM Instruction Error Numbers". Never NULL. */
const char *vmx_check_error_name(u64 number);

/* The exit qualification of 'invalid guest state' (SDM 3C "VM-Entry Failures"). Never NULL. */
const char *vmx_check_entry_name(u64 qualification);
