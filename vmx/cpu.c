/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Turns VMX on and off on the CPU that runs this, flushes its EPT translations, and owns
 * that CPU's struct backend_cpu. SDM 3C "Enabling and Entering VMX Operation".
 */
#include "vmx/cpu.h"

#include "core/base/cpuid_bits.h"
#include "core/base/msr_index.h"
#include "core/base/regs.h"
#include "core/base/vectors.h"
#include "core/base/x86.h"
#include "core/guest/vm.h"
#include "core/host/cpu.h"
#include "core/host/traps.h"
#include "mm/host/heap.h"
#include "mm/pt.h"
#include "vmx/accel.h"
#include "vmx/msr.h"
#include "vmx/vmcs.h"

#define ARCH_PSCHANGE_MC_NO BIT(6)

static u8 leaf_level = PT_LEVEL_1G; /* lowered by CPUs, which start one after the other */

/* Where the firmware has not locked the register: turns VMX on in it and locks it. */
static enum status complete_feature_control(u64 value, struct error *err)
{
	u64 locked = value | FEATURE_CONTROL_VMX | FEATURE_CONTROL_LOCKED, now = value;

	if (value & FEATURE_CONTROL_LOCKED)
		return OK;
	traps_wrmsr(MSR_FEATURE_CONTROL, locked);
	if (traps_rdmsr(MSR_FEATURE_CONTROL, &now) && now == locked)
		return OK;
	return fail(err, ERR_UNSUPPORTED,
		    "IA32_FEATURE_CONTROL is not locked (0x%llx), and yet VMX stays off: "
		    "turn on VMX (VT-x) in the firmware setup",
		    now);
}

/*
 * True if a guest that changes the size of one of its pages may stop the CPU where the EPT
 * page is large and executable (SDM 3A "Recommended TLB Invalidation"; Intel's "Machine
 * Check Error Avoidance on Page Size Change"). Only a CPU that reports to be safe is safe.
 */
static bool needs_small_pages(u32 features)
{
	u64 arch = 0;

	return !(features & CPUID_7_EDX_ARCH_CAPABILITIES) ||
	       !traps_rdmsr(MSR_ARCH_CAPABILITIES, &arch) || !(arch & ARCH_PSCHANGE_MC_NO);
}

/* The CPU's means against leaks from one guest to another, and against its own page-size bug. */
static void derive_protection(struct backend_cpu *cpu)
{
	bool has_7 = x86_cpuid(CPUID_LEAF_MAX, 0).eax >= CPUID_LEAF_STRUCTURED;
	u32 features = has_7 ? x86_cpuid(CPUID_LEAF_STRUCTURED, 0).edx : 0;

	cpu->ibpb = features & CPUID_7_EDX_IBPB;
	cpu->flush_l1d = (features & CPUID_7_EDX_FLUSH_L1D) && traps_wrmsr(MSR_FLUSH_CMD, 1);
	cpu->verw = features & CPUID_7_EDX_MD_CLEAR;
	if (needs_small_pages(features))
		leaf_level = PT_LEVEL_4K;
}

static enum status derive(struct backend_cpu *cpu, struct error *err)
{
	const struct vmx_caps *caps = (const struct vmx_caps *)cpu_this()->caps->backend;

	enum status status = complete_feature_control(caps->feature_control, err);

	if (status != OK)
		return status;
	cpu->revision = (u32)(caps->basic & VMX_BASIC_REVISION);
	cpu->rdtscp = x86_cpuid(CPUID_LEAF_EXTENDED_FEATURES, 0).edx & CPUID_80000001_EDX_RDTSCP;
	derive_protection(cpu);
	vmx_caps_derive_accel(caps, &vmx_accel);
	return vmx_caps_derive_controls(caps, &cpu->controls, err);
}

/* Makes VMXON's checks before VMXON, so that a refusal names its cause (SDM 3D "VMXON"). */
static enum status enter_vmx(const struct backend_cpu *cpu, struct error *err)
{
	u64 region = heap_to_phys(cpu->vmxon_region).addr;
	u64 cr4 = x86_read_cr4() | CR4_VMXE;
	enum status status = vmx_caps_check_fixed(&cpu->controls, x86_read_cr0(), cr4, err);

	if (status != OK)
		return status;
	*(u32 *)cpu->vmxon_region = cpu->revision;
	x86_write_cr4(cr4);
	if (x86_vmxon(&region))
		return OK;
	x86_write_cr4(cr4 & ~CR4_VMXE);
	return fail(err, ERR_UNSUPPORTED, "VMXON refuses its region at 0x%llx with revision 0x%x",
		    region, cpu->revision);
}

static void free_cpu(struct backend_cpu *cpu)
{
	heap_free_pages(cpu->vmxon_region, 1);
	heap_free_pages(cpu, 1);
}

enum status vmx_cpu_enable(struct error *err)
{
	struct backend_cpu *cpu = heap_alloc_pages(1);
	enum status status;

	if (!cpu || !(cpu->vmxon_region = heap_alloc_pages(1))) {
		if (cpu)
			free_cpu(cpu);
		return fail(err, ERR_NO_MEMORY, "no memory for VMX");
	}
	status = derive(cpu, err);
	if (status == OK)
		status = vmx_msr_map_init(err);
	if (status == OK)
		status = enter_vmx(cpu, err);
	if (status != OK) {
		free_cpu(cpu);
		return status;
	}
	cpu_this()->backend = cpu;
	traps_set_handler(VECTOR_POSTED, vmx_accel_posted);
	leaf_level = (u8)min_u64(leaf_level, cpu->controls.leaf_level);
	return OK;
}

void vmx_cpu_disable(void)
{
	struct backend_cpu *cpu = cpu_this()->backend;

	x86_vmxoff();
	x86_write_cr4(x86_read_cr4() & ~CR4_VMXE);
	cpu_this()->backend = NULL;
	free_cpu(cpu);
}

u8 vmx_cpu_leaf_level(void)
{
	return leaf_level;
}

/* A root's address may have been another guest's root, whose translations must not remain. */
void vmx_cpu_flush_vm(const struct vm *vm)
{
	vmx_cpu_flush(vmcs_eptp(vm->memory.nested.root));
	if (vm->memory.apic_page)
		vmx_cpu_flush(vmcs_eptp(vm->memory.apic_view.view.root));
}

/*
 * Cached mappings are tagged with the EPTP, so INVEPT drops all of the guest's, under any
 * VPID (SDM 3C "Operations that Invalidate Cached Mappings").
 */
void vmx_cpu_flush(u64 eptp)
{
	bool single = cpu_this()->backend->controls.invept_single;
	u64 operand[2] = {single ? eptp : 0, 0};

	if (!x86_invept(single ? INVEPT_SINGLE : INVEPT_ALL, operand))
		vmcs_failed("INVEPT", operand[0]);
}
