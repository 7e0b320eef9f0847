/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The capabilities of one CPU's VMX: the snapshot of its capability MSRs, its table, and the
 * controls derived from it. Pure; vmx/caps_read.c fills the snapshot in.
 * SDM 3D "VMX Capability Reporting Facility"; layout: see core/cpus/caps.h.
 */
#pragma once

#include "apic/virt/accel.h"
#include "core/base/status.h"
#include "core/cpus/caps.h"

/* Registers that a CPU does not have are 0. */
struct vmx_caps {
	u64 present; /* CPUID 1 ECX bit 5; when 0 nothing below is read */
	u64 feature_control;
	u64 basic;
	u64 pin, proc, exit, entry;
	u64 true_pin, true_proc, true_exit, true_entry;
	u64 proc2, proc3;
	u64 misc;
	u64 cr0_fixed0, cr0_fixed1;
	u64 cr4_fixed0, cr4_fixed1;
	u64 ept_vpid;
	u64 vmfunc;
};
static_assert(sizeof(struct vmx_caps) <= CAPS_BACKEND_WORDS * sizeof(u64), "backend's room");

extern const struct caps_table vmx_caps_table;

#define CPUID_1_ECX_VMX BIT(5)

/* IA32_FEATURE_CONTROL */
enum vmx_feature_control {
	FEATURE_CONTROL_LOCKED = BIT(0),
	FEATURE_CONTROL_VMX_IN_SMX = BIT(1),
	FEATURE_CONTROL_VMX = BIT(2),
};

/* IA32_VMX_BASIC */
#define VMX_BASIC_REVISION  BITS(30, 0)
#define VMX_BASIC_TRUE_CTLS BIT(55)

/* IA32_VMX_EPT_VPID_CAP */
enum vmx_ept_vpid {
	EPT_CAP_LEVELS_4 = BIT(6),
	EPT_CAP_WB = BIT(14),
	EPT_CAP_2M = BIT(16),
	EPT_CAP_1G = BIT(17),
	EPT_CAP_INVEPT = BIT(20),
	EPT_CAP_INVEPT_SINGLE = BIT(25),
	EPT_CAP_INVEPT_ALL = BIT(26),
};

/* The initial control fields of a vCPU's VMCS, and the required bits of CR0 and CR4. */
struct vmx_controls {
	u32 pin, proc, proc2, exit, entry;
	u64 cr0_set, cr0_clear; /* bits that must be set, and clear, in the guest's register */
	u64 cr4_set, cr4_clear;
	u8 leaf_level; /* of the largest EPT leaf: PT_LEVEL_* */
	bool invept_single;
	bool posted; /* hardware that runs an APIC can take posted interrupts */
};

/*
 * Derives the controls for a CPU with these capabilities. ERR_UNSUPPORTED names the control
 * or the property that guests need and the CPU lacks.
 */
enum status vmx_caps_derive_controls(const struct vmx_caps *caps, struct vmx_controls *out,
				     struct error *err) must_check;

/*
 * OK if VMXON accepts these values of CR0 and CR4. ERR_UNSUPPORTED names the first register
 * that it does not accept, and the wrong bits.
 */
enum status vmx_caps_check_fixed(const struct vmx_controls *controls, u64 cr0, u64 cr4,
				 struct error *err) must_check;

/*
 * Removes from out->modes the APIC modes that hardware with these capabilities cannot run.
 * If no mode remains, out->missing names the missing controls. To be called for every CPU.
 */
void vmx_caps_derive_accel(const struct vmx_caps *caps, struct accel_hardware *out);

/*
 * OK if a CPU with this snapshot (struct vmx_caps) can run guests. IA32_FEATURE_CONTROL that
 * is not locked passes: vmx_cpu_enable completes it. ERR_UNSUPPORTED names the missing
 * property and the remedy.
 */
enum status vmx_caps_check(const void *caps, struct error *err) must_check;

/* vmx/caps_read.c: fills the zeroed snapshot from the CPU that runs this. */
void vmx_caps_read(void *caps);
