/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests SVM on the CPU that runs this: the registers that turn SVM on must read back, and
 * a guest without memory must fault on its first fetch. Then the world switch, nested
 * paging and the save area work.
 */
#include "core/base/msr_index.h"
#include "core/base/x86.h"
#include "core/host/cpu.h"
#include "mm/host/heap.h"
#include "svm/cpu.h"
#include "svm/vcpu.h"

enum {
	GUEST_CS = 0x1000,
	GUEST_RIP = 0x234,
	TRIES = 16, /* NMIs may end the first entries */
};

#define GUEST_CS_ATTR (SEGMENT_P | SEGMENT_S | SEGMENT_CODE | SEGMENT_WRITABLE | SEGMENT_ACCESSED)

static enum status test_registers(const struct backend_cpu *cpu, struct error *err)
{
	u64 efer = x86_rdmsr(MSR_EFER), hsave = x86_rdmsr(MSR_VM_HSAVE_PA);
	u64 written = heap_to_phys(cpu->host_save).addr;

	if (!(efer & EFER_SVME))
		return fail(err, ERR_UNSUPPORTED,
			    "EFER.SVME does not stay set (EFER 0x%llx): something below this "
			    "program withholds SVM",
			    efer);
	if (hsave != written)
		return fail(err, ERR_UNSUPPORTED,
			    "VM_HSAVE_PA reads 0x%llx after 0x%llx was written: "
			    "something below this program withholds SVM",
			    hsave, written);
	return OK;
}

/* Real mode as after reset, but with another CS and RIP; the nested tables map nothing. */
static void make_guest(struct vmcb *vmcb, const void *no_tables)
{
	vmcb->intercept3 = INTERCEPT_NMI | INTERCEPT_SHUTDOWN;
	vmcb->intercept4 = INTERCEPT_VMRUN;
	vmcb->asid = 1;
	vmcb->tlb_control = TLB_CONTROL_FLUSH_ALL;
	vmcb->int_ctl = INT_CTL_V_INTR_MASKING;
	vmcb->np_control = NP_ENABLE;
	vmcb->nested_cr3 = heap_to_phys(no_tables).addr;
	vmcb->g_pat = PAT_RESET;
	vmcb->cs = (struct vmcb_segment){GUEST_CS >> 4, GUEST_CS_ATTR, 0xffff, GUEST_CS};
	vmcb->efer = EFER_SVME;
	vmcb->cr0 = CR0_ET;
	vmcb->dr6 = DR6_RESET;
	vmcb->dr7 = DR7_RESET;
	vmcb->rflags = RFLAGS_FIXED;
	vmcb->rip = GUEST_RIP;
}

static enum status run_guest(struct vmcb *vmcb, struct error *err)
{
	for (unsigned i = 0; i < TRIES; i++) {
		svm_entry_once(heap_to_phys(vmcb).addr);
		if (vmcb->exit_code != EXIT_NMI)
			break;
	}
	if (vmcb->exit_code == EXIT_NPF && vmcb->exit_info2 == GUEST_CS + GUEST_RIP &&
	    (vmcb->exit_info1 & NPF_PRESENT) == 0)
		return OK;
	return fail(err, ERR_UNSUPPORTED,
		    "the test guest ends with exit code 0x%llx, 0x%llx at 0x%llx, instead of a "
		    "nested page fault at 0x%x",
		    vmcb->exit_code, vmcb->exit_info1, vmcb->exit_info2, GUEST_CS + GUEST_RIP);
}

enum status svm_selftest(struct error *err)
{
	enum status status = test_registers(cpu_this()->backend, err);
	struct vmcb *vmcb;
	void *no_tables;

	if (status != OK)
		return status;
	vmcb = heap_alloc_pages(1);
	no_tables = heap_alloc_pages(1);
	if (vmcb && no_tables) {
		make_guest(vmcb, no_tables);
		status = run_guest(vmcb, err);
	} else {
		status = fail(err, ERR_NO_MEMORY, "no memory to test SVM");
	}
	heap_free_pages(vmcb, 1);
	heap_free_pages(no_tables, 1);
	return status;
}
