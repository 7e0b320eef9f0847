/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SVM on and off for each CPU by itself, and the making of VMs and vCPUs.
 * APM2 "Enabling SVM", "Intercept Operation", "IOIO Intercepts", "MSR Intercepts".
 */
#include "svm/svm.h"

#include "core/base/cpuid_bits.h"
#include "core/base/log.h"
#include "core/base/msr_index.h"
#include "core/base/string.h"
#include "core/base/x86.h"
#include "core/guest/vm.h"
#include "core/host/cpu.h"
#include "core/host/traps.h"
#include "core/host/xstate.h"
#include "core/memory/types.h"
#include "core/model/msr.h"
#include "mm/host/heap.h"
#include "svm/avic.h"
#include "svm/caps.h"

#define TCG_NAME		0x54474354 /* "TCGT" */
#define TCG_NAME_MIDDLE		0x43544743 /* "CGTC" */
#define TCG_NAME_END		0x47435447 /* "GTCG" */
#define DE_CFG_LFENCE_SERIALIZE BIT(1)

static u8 leaf_level = PT_LEVEL_1G; /* the CPUs, as they come up one after the other, lower it */
static u8 *msr_maps;		    /* two, the same for every guest: made once by the boot CPU */

/*
 * A map of two bits an MSR, read and write, in three ranges of 0x2000 MSRs
 * (APM2 "MSR Intercepts").
 */
enum { MAP_READ = 1, MAP_WRITE = 2 };

static void msr_map_allow(u8 *map, u32 msr, unsigned access)
{
	static const u32 range[] = {0, 0xc0000000, 0xc0010000};

	for (unsigned i = 0; i < ARRAY_SIZE(range); i++) {
		u32 index = msr - range[i];

		if (index < 0x2000)
			map[i * 0x800 + index / 4] &= (u8) ~(access << (index % 4 * 2));
	}
}

/* Registers of an x2APIC that hardware runs, without an exit. */
static void msr_map_allow_x2apic(u8 *map)
{
	for (u32 offset = 0; offset < PAGE_SIZE; offset += 0x10)
		if (vlapic_page_tells(offset))
			msr_map_allow(map, MSR_X2APIC_FIRST + offset / 0x10, MAP_READ);
	msr_map_allow(map, MSR_X2APIC_FIRST + APIC_REG_TPR / 0x10, MAP_WRITE);
	msr_map_allow(map, MSR_X2APIC_FIRST + APIC_REG_EOI / 0x10, MAP_WRITE);
	msr_map_allow(map, MSR_X2APIC_FIRST + APIC_REG_ICR / 0x10, MAP_WRITE);
	msr_map_allow(map, MSR_X2APIC_FIRST + APIC_REG_SELF_IPI / 0x10, MAP_WRITE);
}

u64 svm_msr_map(bool x2apic)
{
	return heap_to_phys(msr_maps).addr + (x2apic ? MSR_MAP_PAGES * PAGE_SIZE : 0);
}

static enum status msr_map_init(struct error *err)
{
	struct cpu_model any = {.vendor = CPU_VENDOR_AMD, .features = ~0ULL};
	u32 direct[MSR_DIRECT_MAX];
	size_t count = msr_list_direct(&any, direct, ARRAY_SIZE(direct));

	if (msr_maps)
		return OK;
	msr_maps = heap_alloc_pages(2 * MSR_MAP_PAGES);
	if (!msr_maps)
		return fail(err, ERR_NO_MEMORY, "no memory for the MSR permission maps");
	memset(msr_maps, 0xff, 2 * MSR_MAP_PAGES * PAGE_SIZE);
	for (size_t i = 0; i < count && i < ARRAY_SIZE(direct); i++)
		msr_map_allow(msr_maps, direct[i], MAP_READ | MAP_WRITE);
	memcpy(msr_maps + MSR_MAP_PAGES * PAGE_SIZE, msr_maps, MSR_MAP_PAGES * PAGE_SIZE);
	msr_map_allow_x2apic(msr_maps + MSR_MAP_PAGES * PAGE_SIZE);
	return OK;
}

/* Emulated by QEMU: CPUID 4000_0000 says "TCGTCGTCGTCG". */
static bool is_tcg(void)
{
	struct cpuid_result who;

	if (!(x86_cpuid(CPUID_LEAF_FEATURES, 0).ecx & CPUID_1_ECX_HYPERVISOR))
		return false;
	who = x86_cpuid(CPUID_LEAF_HYPERVISOR, 0);
	return who.ebx == TCG_NAME && who.ecx == TCG_NAME_MIDDLE && who.edx == TCG_NAME_END;
}

static void caps_read(u64 *caps)
{
	svm_caps_read((struct svm_caps *)caps);
}

static enum status caps_check(const u64 *caps, struct error *err)
{
	return svm_caps_check((const struct svm_caps *)caps, err);
}

static void cpu_free(struct backend_cpu *cpu)
{
	if (cpu->host_save)
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

/* The firmware may leave SVM off without locking it (APM2 "VM_CR MSR"). */
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

/* LFENCE waits for what is before it on every AMD CPU that a guest sees (it reads the bit as one).
 */
static void serialize_lfence(struct backend_cpu *cpu)
{
	cpu->has_de_cfg = traps_rdmsr(MSR_DE_CFG, &cpu->de_cfg);
	if (cpu->has_de_cfg)
		traps_wrmsr(MSR_DE_CFG, cpu->de_cfg | DE_CFG_LFENCE_SERIALIZE);
}

static enum status cpu_enable(struct error *err)
{
	const struct svm_caps *caps = (const struct svm_caps *)cpu_this()->caps->backend;
	u64 vm_cr = caps->vm_cr;
	struct backend_cpu *cpu;
	enum status status = msr_map_init(err);

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
	cpu->flush_all = true; /* those of an earlier time that it was on */
	cpu->asid_count = (u32)caps->asids;
	avic_derive(caps->features, &svm_apic);
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
	svm_save_host(cpu->host_vmcb);
	cpu_this()->backend = cpu;
	return OK;
}

/* The steps of cpu_enable backwards. */
static void cpu_disable(void)
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

static u8 nested_leaf_level(void)
{
	return leaf_level;
}

static void vmcb_init(struct vmcb *vmcb, const struct vm *vm)
{
	vmcb->intercept_exceptions = BIT(EXC_DB) | BIT(EXC_AC) | BIT(EXC_MC);
	vmcb->intercept3 = INTERCEPT_INTR | INTERCEPT_NMI | INTERCEPT_SMI | INTERCEPT_INIT |
			   INTERCEPT_RDPMC | INTERCEPT_CPUID | INTERCEPT_INVD | INTERCEPT_HLT |
			   INTERCEPT_INVLPGA | INTERCEPT_IOIO | INTERCEPT_MSR |
			   INTERCEPT_FERR_FREEZE | INTERCEPT_SHUTDOWN;
	vmcb->intercept4 = INTERCEPT_VMRUN | INTERCEPT_VMMCALL | INTERCEPT_VMLOAD |
			   INTERCEPT_VMSAVE | INTERCEPT_STGI | INTERCEPT_CLGI | INTERCEPT_SKINIT |
			   INTERCEPT_MONITOR | INTERCEPT_MWAIT | INTERCEPT_XSETBV |
			   INTERCEPT_RDPRU | INTERCEPT_WBINVD;
	vmcb->iopm_base = heap_to_phys(vm->chips.port_map).addr;
	vmcb->msrpm_base = svm_msr_map(false);
	vmcb->int_ctl = INT_CTL_V_INTR_MASKING;
	vmcb->np_control = NP_ENABLE;
	vmcb->g_pat = memory_types_pat(&vm->memory, PAT_RESET);
}

static void vcpu_free(struct vcpu *vcpu)
{
	struct svm_vcpu *v = svm_of(vcpu);

	if (v->fpu)
		heap_free_pages(v->fpu, xstate_size() / PAGE_SIZE);
	if (v->vmcb)
		heap_free_pages(v->vmcb, 1);
	heap_free_pages(v, 1);
}

static struct vcpu *vcpu_alloc(struct vm *vm)
{
	static_assert(sizeof(struct svm_vcpu) <= PAGE_SIZE, "one page a vCPU");
	struct svm_vcpu *v = heap_alloc_pages(1);

	if (!v)
		return NULL;
	v->vmcb = heap_alloc_pages(1);
	v->fpu = heap_alloc_pages(xstate_size() / PAGE_SIZE);
	if (!v->vmcb || !v->fpu) {
		vcpu_free(&v->vcpu);
		return NULL;
	}
	v->vmcb_pa = heap_to_phys(v->vmcb).addr;
	xstate_reset(v->fpu);
	vmcb_init(v->vmcb, vm);
	return &v->vcpu;
}

/*
 * A fresh ASID is as good as a flush: a vCPU gets one when it has none of this
 * CPU's present generation. When they run out all are given up at once; the
 * flush this takes is the CPU's debt until an entry has really been made.
 */
static void asid_renew(struct svm_vcpu *v, struct backend_cpu *cpu)
{
	if (cpu->asid_next >= cpu->asid_count) {
		cpu->asid_generation++;
		cpu->asid_next = 1;
		cpu->flush_all = true;
	}
	v->vmcb->asid = cpu->asid_next++;
	v->asid_generation = cpu->asid_generation;
	v->vmcb->clean &= ~(u32)CLEAN_ASID;
}

/* Of what another CPU may have made of this VMCB nothing is known here (APM2 "VMCB State Caching").
 */
static void arrive(struct svm_vcpu *v, const struct backend_cpu *cpu)
{
	v->asid_generation = 0;
	v->vmcb->clean = 0;
	v->next_rip = cpu->next_rip;
}

/* What was cached of another root goes with the ASID. */
static void set_root(struct svm_vcpu *v)
{
	bool view = v->apic_mode == APIC_MODE_XAPIC;

	v->vmcb->nested_cr3 = view ? v->vcpu.vm->memory.apic_view.view.root.addr
				   : v->vcpu.memory.apic_page.root.addr;
	v->vmcb->clean &= ~(u32)CLEAN_NESTED;
}

static enum vcpu_action vcpu_run(struct vcpu *vcpu)
{
	struct svm_vcpu *v = svm_of(vcpu);
	struct backend_cpu *cpu = cpu_this()->backend;
	enum vcpu_action action;

	arrive(v, cpu);
	while ((action = vcpu_service(vcpu, svm_accepts(v))) == VCPU_ENTER) {
		svm_switch_in(v);
		svm_apic_switch(v);
		svm_set_windows(v);
		if (vcpu->flush)
			set_root(v);
		if (vcpu->flush || v->asid_generation != cpu->asid_generation)
			asid_renew(v, cpu);
		vcpu->flush = false;
		if (cpu->flush_all) {
			v->vmcb->tlb_control = TLB_CONTROL_FLUSH_ALL;
			v->after |= SVM_AFTER_FLUSH;
		}
		v->vmcb->tsc_offset = vcpu->tsc.offset;
		v->vmcb->clean &= ~(u32)CLEAN_INTERCEPTS;
		if (vcpu->event.valid)
			svm_inject(v);
		v->vmcb->rax = vcpu->regs.gpr[RAX];
		svm_apic_enter(v);
		svm_run(v, cpu->host_vmcb);
		svm_apic_leave(v);
		svm_inject_undo(v);
	}
	svm_switch_out(v);
	return action;
}

const struct virt_ops svm_ops = {
	.name = "SVM",
	.hypercall = CPUID_HYPERCALL_VMMCALL,
	.nested_format = &pt_format_npt,
	.nested_leaf_level = nested_leaf_level,
	.apic = &svm_apic,
	.apics_create = svm_apics_create,
	.apics_destroy = svm_apics_destroy,
	.apics_follow = svm_apics_follow,
	.caps = &svm_caps_table,
	.caps_read = caps_read,
	.caps_check = caps_check,
	.cpu_enable = cpu_enable,
	.cpu_test = svm_test_cpu,
	.cpu_disable = cpu_disable,
	.vcpu_create = vcpu_alloc,
	.vcpu_destroy = vcpu_free,
	.vcpu_set_state = svm_set_state,
	.vcpu_get_state = svm_get_state,
	.vcpu_run = vcpu_run,
};
