/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Turns SVM on and off on the CPU that runs this, and owns that CPU's struct backend_cpu.
 * APM2 "Enabling SVM", "SVM Related MSRs".
 */
#include "svm/cpu.h"

#include "core/base/cpuid_bits.h"
#include "core/base/msr_index.h"
#include "core/base/regs.h"
#include "core/base/x86.h"
#include "core/host/cpu.h"
#include "core/host/traps.h"
#include "mm/host/heap.h"
#include "mm/pt.h"
#include "svm/accel.h"
#include "svm/caps.h"
#include "svm/msr.h"

#define TCG_NAME		0x54474354 /* "TCGT" */
#define TCG_NAME_MIDDLE		0x43544743 /* "CGTC" */
#define TCG_NAME_END		0x47435447 /* "GTCG" */
#define DE_CFG_LFENCE_SERIALIZE BIT(1)

static u8 leaf_level = PT_LEVEL_1G; /* lowered by CPUs, which start one after the other */

/* True if QEMU emulates this CPU: CPUID 4000_0000 returns "TCGTCGTCGTCG". */
static bool is_tcg(void)
{
	struct cpuid_result name;

	if (!(x86_cpuid(CPUID_LEAF_FEATURES, 0).ecx & CPUID_1_ECX_HYPERVISOR))
		return false;
	name = x86_cpuid(CPUID_LEAF_HYPERVISOR, 0);
	return name.ebx == TCG_NAME && name.ecx == TCG_NAME_MIDDLE && name.edx == TCG_NAME_END;
}

static void cpu_free(struct backend_cpu *cpu)
{
	heap_free_pages(cpu->host_save, 1);
	if (cpu->host_vmcb)
		heap_free_pages(heap_from_phys(hpa_make(cpu->host_vmcb)), 1);
	heap_free_pages(cpu, 1);
}

static struct backend_cpu *cpu_alloc(void)
{
	struct backend_cpu *cpu = heap_alloc_pages(1);
	void *host_vmcb;

	if (!cpu)
		return NULL;
	cpu->host_save = heap_alloc_pages(1);
	host_vmcb = heap_alloc_pages(1);
	cpu->host_vmcb = host_vmcb ? heap_to_phys(host_vmcb).addr : 0;
	if (cpu->host_save && cpu->host_vmcb)
		return cpu;
	cpu_free(cpu);
	return NULL;
}

/* Turns SVM on in VM_CR where the firmware left it off and unlocked (APM2 "VM_CR MSR"). */
static enum status clear_svmdis(u64 *vm_cr, struct error *err)
{
	if (!(*vm_cr & VM_CR_SVMDIS))
		return OK;
	traps_wrmsr(MSR_VM_CR, *vm_cr & ~VM_CR_SVMDIS);
	if (!traps_rdmsr(MSR_VM_CR, vm_cr) || (*vm_cr & VM_CR_SVMDIS))
		return fail(err, ERR_UNSUPPORTED,
			    "SVM is disabled in VM_CR (0x%llx), and though that is not "
			    "locked it stays so: turn on SVM (AMD-V) in the firmware setup",
			    *vm_cr);
	return OK;
}

/* Makes LFENCE wait for all earlier instructions: guests read the bit as 1 on every AMD CPU. */
static void serialize_lfence(struct backend_cpu *cpu)
{
	cpu->has_de_cfg = traps_rdmsr(MSR_DE_CFG, &cpu->de_cfg);
	if (cpu->has_de_cfg)
		traps_wrmsr(MSR_DE_CFG, cpu->de_cfg | DE_CFG_LFENCE_SERIALIZE);
}

enum status svm_cpu_enable(struct error *err)
{
	const struct svm_caps *caps = (const struct svm_caps *)cpu_this()->caps->backend;
	u64 vm_cr = caps->vm_cr;
	struct backend_cpu *cpu;
	enum status status = svm_msr_map_init(err);

	if (status == OK)
		status = clear_svmdis(&vm_cr, err);
	if (status != OK)
		return status;
	cpu = cpu_alloc();
	if (!cpu)
		return fail(err, ERR_NO_MEMORY, "no memory for SVM");
	cpu->vm_cr = caps->vm_cr;
	cpu->asid_generation = 1;
	cpu->asid_next = 1;    /* 0 is the host's */
	cpu->flush_all = true; /* the TLB may hold ASIDs from before SVM was last disabled */
	cpu->asid_count = (u32)caps->asids;
	svm_caps_derive_accel(caps->features, &svm_accel);
	if (!(x86_cpuid(CPUID_LEAF_EXTENDED_FEATURES, 0).edx & CPUID_80000001_EDX_PAGE1GB))
		leaf_level = PT_LEVEL_2M;
	cpu->next_rip = caps->features & SVM_FEATURE_NRIPS;
	cpu->rdtscp = x86_cpuid(CPUID_LEAF_EXTENDED_FEATURES, 0).edx & CPUID_80000001_EDX_RDTSCP;
	cpu->ibpb = x86_cpuid(CPUID_LEAF_EXTENDED_MAX, 0).eax >= CPUID_LEAF_ADDRESS_SIZES &&
		    x86_cpuid(CPUID_LEAF_ADDRESS_SIZES, 0).ebx & CPUID_80000008_EBX_IBPB;
	cpu->exit_after_injection = is_tcg();
	x86_wrmsr(MSR_EFER, x86_rdmsr(MSR_EFER) | EFER_SVME);
	serialize_lfence(cpu);
	x86_wrmsr(MSR_VM_HSAVE_PA, heap_to_phys(cpu->host_save).addr);
	x86_vmsave(cpu->host_vmcb);
	cpu_this()->backend = cpu;
	return OK;
}

/* Undoes svm_cpu_enable in reverse order. */
void svm_cpu_disable(void)
{
	struct backend_cpu *cpu = cpu_this()->backend;

	cpu_this()->backend = NULL;
	x86_wrmsr(MSR_VM_HSAVE_PA, 0);
	if (cpu->has_de_cfg)
		traps_wrmsr(MSR_DE_CFG, cpu->de_cfg);
	x86_wrmsr(MSR_EFER, x86_rdmsr(MSR_EFER) & ~EFER_SVME);
	if (cpu->vm_cr & VM_CR_SVMDIS)
		traps_wrmsr(MSR_VM_CR, cpu->vm_cr);
	cpu_free(cpu);
}

u8 svm_cpu_leaf_level(void)
{
	return leaf_level;
}
