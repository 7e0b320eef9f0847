/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Initializes a VMCS but for the guest's state: controls and the host's state, on the CPU
 * that will use them, and guest fields that never change.
 */
#include "vmx/vmcs.h"

#include "core/base/log.h"
#include "core/base/msr_index.h"
#include "core/base/regs.h"
#include "core/host/cpu.h"
#include "core/model/control.h"
#include "mm/memtype.h"
#include "mm/pt.h"
#include "vmx/check.h"
#include "vmx/cpu.h"
#include "vmx/msr.h"
#include "vmx/vcpu.h"

enum {
	/* PAUSE-loop exiting, in TSC ticks: the most between two PAUSEs; the loop's duration. */
	PLE_GAP = 128,
	PLE_WINDOW = 4096,
};

/* CR4 bits of the guest whose changes exit all the same: CPUID reflects two of them. */
#define CR4_WATCHED (CR4_OSXSAVE | CR4_PKE | CR4_MCE)

_Noreturn void vmcs_failed(const char *instruction, u64 field)
{
	u64 number = 0;

	if (!x86_vmread(VMCS_INSTRUCTION_ERROR, &number))
		panic("%s of 0x%llx: no VMCS is current", instruction, field);
	panic("%s of 0x%llx: error %llu, %s", instruction, field, number,
	      vmx_check_error_name(number));
}

/*
 * The host's state, which each exit loads. The host does not use FS and the SYSENTER
 * registers. Exits set the limits of GDT and IDT to 0xffff, which the selectors in use allow.
 */
static void init_host(void)
{
	struct cpu *cpu = cpu_this();
	struct x86_table_pointer idt;

	x86_sidt(&idt);
	vmcs_write(VMCS_HOST_CR0, x86_read_cr0());
	vmcs_write(VMCS_HOST_CR3, x86_read_cr3());
	vmcs_write(VMCS_HOST_CR4, x86_read_cr4());
	vmcs_write(VMCS_HOST_EFER, x86_rdmsr(MSR_EFER));
	vmcs_write(VMCS_HOST_PAT, PT_HOST_PAT);
	vmcs_write(VMCS_HOST_ES_SELECTOR, SELECTOR_DATA);
	vmcs_write(VMCS_HOST_CS_SELECTOR, SELECTOR_CODE);
	vmcs_write(VMCS_HOST_SS_SELECTOR, SELECTOR_DATA);
	vmcs_write(VMCS_HOST_DS_SELECTOR, SELECTOR_DATA);
	vmcs_write(VMCS_HOST_FS_SELECTOR, 0);
	vmcs_write(VMCS_HOST_GS_SELECTOR, 0);
	vmcs_write(VMCS_HOST_TR_SELECTOR, SELECTOR_TSS);
	vmcs_write(VMCS_HOST_FS_BASE, 0);
	vmcs_write(VMCS_HOST_GS_BASE, (u64)cpu);
	vmcs_write(VMCS_HOST_TR_BASE, (u64)&cpu->tss);
	vmcs_write(VMCS_HOST_GDTR_BASE, (u64)cpu->gdt);
	vmcs_write(VMCS_HOST_IDTR_BASE, idt.base);
	vmcs_write(VMCS_HOST_SYSENTER_CS, 0);
	vmcs_write(VMCS_HOST_SYSENTER_ESP, 0);
	vmcs_write(VMCS_HOST_SYSENTER_EIP, 0);
	vmcs_write(VMCS_HOST_RIP, (u64)vmx_entry_exited);
}

void vmcs_set_entry_controls(u64 efer)
{
	u32 entry = cpu_this()->backend->controls.entry;

	vmcs_write(VMCS_ENTRY_CONTROLS, efer & EFER_LMA ? entry | ENTRY_GUEST_64 : entry);
}

static void init_controls(struct vmx_vcpu *v, const struct vmx_controls *controls,
			  const struct vmcs_guest *guest)
{
	v->proc = controls->proc;
	v->apic_mode = APIC_MODE_DISABLED;
	v->posts = false;
	v->tpr_threshold = 0;
	v->tsc_offset = v->vcpu.tsc.offset;
	vmcs_write(VMCS_PIN_CONTROLS, controls->pin);
	vmcs_write(VMCS_PROC_CONTROLS, controls->proc);
	vmcs_write(VMCS_PROC2_CONTROLS, controls->proc2);
	vmcs_write(VMCS_EXIT_CONTROLS, controls->exit);
	vmcs_set_entry_controls(vmcs_read(VMCS_GUEST_EFER));
	vmcs_write(VMCS_EXCEPTION_BITMAP, BIT(EXC_DB) | BIT(EXC_AC) | BIT(EXC_MC));
	vmcs_write(VMCS_PAGE_FAULT_MASK, 0);
	vmcs_write(VMCS_PAGE_FAULT_MATCH, 0);
	vmcs_write(VMCS_CR3_TARGETS, 0);
	vmcs_write(VMCS_EXIT_MSR_STORES, 0);
	vmcs_write(VMCS_EXIT_MSR_LOADS, 0);
	vmcs_write(VMCS_ENTRY_MSR_LOADS, 0);
	vmcs_write(VMCS_ENTRY_EVENT, 0);
	vmcs_write(VMCS_IO_BITMAP_A, guest->io_bitmaps);
	vmcs_write(VMCS_IO_BITMAP_B, guest->io_bitmaps + PAGE_SIZE);
	vmcs_write(VMCS_MSR_BITMAP, vmx_msr_map(false));
	vmcs_write(VMCS_VIRTUAL_APIC, guest->apic_page);
	vmcs_write(VMCS_TPR_THRESHOLD, 0);
	vmcs_write(VMCS_TSC_OFFSET, v->tsc_offset);
	vmcs_write(VMCS_EPTP, guest->eptp);
}

/* Fields that exist only with a control that not every CPU has. */
static void init_optional(const struct vmx_vcpu *v, u32 proc2)
{
	/* The EPTP distinguishes guests, the VPID the vCPUs of one guest. 0 is the host's. */
	if (proc2 & PROC2_VPID)
		vmcs_write(VMCS_VPID, v->vcpu.id + 1);
	if (proc2 & PROC2_PAUSE_LOOP) {
		vmcs_write(VMCS_PLE_GAP, PLE_GAP);
		vmcs_write(VMCS_PLE_WINDOW, PLE_WINDOW);
	}
	if (proc2 & PROC2_XSAVES)
		vmcs_write(VMCS_XSS_EXITING, 0);
	if (proc2 & PROC2_ENCLS)
		vmcs_write(VMCS_ENCLS_EXITING, ~0ULL);
}

void vmcs_init_guest(void)
{
	vmcs_write(VMCS_LINK_POINTER, ~0ULL);
	vmcs_write(VMCS_GUEST_DEBUGCTL, 0);
	vmcs_write(VMCS_GUEST_SYSENTER_CS, 0);
	vmcs_write(VMCS_GUEST_SYSENTER_ESP, 0);
	vmcs_write(VMCS_GUEST_SYSENTER_EIP, 0);
	vmcs_write(VMCS_GUEST_PAT, PAT_RESET);
	vmcs_write(VMCS_GUEST_ACTIVITY, 0);
}

void vmcs_init_for_cpu(struct vmx_vcpu *v, const struct vmcs_guest *guest)
{
	const struct vmx_controls *controls = &cpu_this()->backend->controls;

	init_host();
	init_controls(v, controls, guest);
	init_optional(v, controls->proc2);
	/*
	 * The host's bits of CR0 and CR4: bits that VMX requires, that disable caches, or that
	 * the guest's CPU does not have. The guest reads and writes all others without an exit.
	 */
	vmcs_write(VMCS_CR0_MASK, controls->cr0_set | CR0_CD | CR0_NW);
	vmcs_write(VMCS_CR4_MASK, ~(guest->cr4 & ~CR4_WATCHED));
}
