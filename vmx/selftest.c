/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests VMX on the CPU that runs this: a guest without memory must exit on its first fetch.
 * Then the world switch, the VMCS and EPT work.
 */
#include "core/guest/vcpu_reset.h"
#include "core/host/cpu.h"
#include "mm/host/heap.h"
#include "mm/pt.h"
#include "vmx/check.h"
#include "vmx/cpu.h"
#include "vmx/failure.h"
#include "vmx/state.h"
#include "vmx/switch.h"
#include "vmx/vcpu.h"
#include "vmx/vmcs.h"

enum { TRIES = 16 }; /* NMIs and interrupts may end the first entries */

/* The address of the first fetch after reset. */
#define RESET_ADDRESS 0xfffffff0ULL

static bool was_interrupted(u64 reason)
{
	if (reason == EXIT_INTERRUPT)
		x86_sti_nop_cli();
	else if (reason == EXIT_EXCEPTION)
		x86_int_nmi();
	return reason == EXIT_INTERRUPT || reason == EXIT_EXCEPTION;
}

static enum status run_guest(struct vmx_vcpu *v, struct error *err)
{
	struct error why;
	u64 reason = 0;

	for (unsigned i = 0; i < TRIES; i++) {
		if (!vmx_entry_once(v))
			return fail(err, ERR_UNSUPPORTED,
				    "the entry of the test guest is refused: %s",
				    vmx_check_error_name(vmcs_read(VMCS_INSTRUCTION_ERROR)));
		reason = vmcs_read(VMCS_EXIT_REASON);
		if (!was_interrupted(reason))
			break;
	}
	if (reason & EXIT_ENTRY_FAILED) {
		vmx_failure_describe_entry(reason & EXIT_REASON_MASK, &why);
		return fail(err, ERR_UNSUPPORTED, "the entry of the test guest fails: %s",
			    why.text);
	}
	if (reason == EXIT_EPT_VIOLATION && vmcs_read(VMCS_GUEST_PHYSICAL) == RESET_ADDRESS)
		return OK;
	return fail(err, ERR_UNSUPPORTED,
		    "the test guest ends with exit reason 0x%llx, 0x%llx, instead of an EPT "
		    "violation at 0x%llx",
		    reason, vmcs_read(VMCS_QUALIFICATION), RESET_ADDRESS);
}

/* no_tables: a root that maps nothing; no_ports: bitmaps that the guest never uses. */
static enum status test_with(struct vmx_vcpu *v, u64 *no_tables, void *no_ports, struct error *err)
{
	const struct vmcs_guest guest = {
		.io_bitmaps = heap_to_phys(no_ports).addr,
		.apic_page = heap_to_phys(no_ports).addr,
		.eptp = vmcs_eptp(heap_to_phys(no_tables)),
	};
	struct vcpu_state state;
	enum status status;

	for (unsigned i = 0; i < PT_ENTRIES; i++)
		no_tables[i] = pt_format_ept.absent;
	vcpu_reset_state(&state, 0);
	vmx_switch_open(v, &guest);
	vmx_cpu_flush(guest.eptp);
	vmx_state_set(&v->vcpu, &state);
	vmcs_write(VMCS_HOST_RIP, (u64)vmx_entry_exited_once);
	status = run_guest(v, err);
	vmx_switch_close(v);
	return status;
}

enum status vmx_selftest(struct error *err)
{
	struct vcpu *vcpu = vmx_vcpu_create(NULL);
	u64 *no_tables = heap_alloc_pages(1);
	void *no_ports = heap_alloc_pages(IO_BITMAP_PAGES);
	enum status status;

	if (vcpu && no_tables && no_ports)
		status = test_with(vmx_vcpu_of(vcpu), no_tables, no_ports, err);
	else
		status = fail(err, ERR_NO_MEMORY, "no memory to test VMX");
	if (vcpu)
		vmx_vcpu_destroy(vcpu);
	heap_free_pages(no_tables, 1);
	heap_free_pages(no_ports, IO_BITMAP_PAGES);
	return status;
}
