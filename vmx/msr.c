/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the guest's MSRs in the VMCS, and the permission map of the MSRs that a guest
 * accesses without an exit. Never decides which MSRs a guest has and which values are
 * valid: core/model/msr.c does.
 */
#include "vmx/msr.h"

#include "core/guest/vm.h"
#include "core/host/msr_map.h"
#include "core/model/control.h"
#include "core/model/cpuid.h"
#include "mm/host/heap.h"
#include "vmx/state.h"
#include "vmx/vcpu.h"
#include "vmx/vmcs.h"

static u8 *msr_maps; /* see core/host/msr_map.h */

/*
 * A map has four parts of 1024 bytes, one bit per MSR: reads of MSRs from 0 and from
 * 0xc0000000 on, then writes of the same (SDM 3C "MSR-Bitmap Address").
 */
static void allow(u8 *map, u32 msr, unsigned access)
{
	static const u32 range[] = {0, 0xc0000000};

	for (unsigned i = 0; i < ARRAY_SIZE(range); i++) {
		u32 index = msr - range[i];
		u8 *reads = map + i * 0x400, *writes = reads + 0x800;

		if (index >= 0x2000)
			continue;
		if (access & MSR_MAP_READ)
			reads[index / 8] &= (u8) ~(1 << index % 8);
		if (access & MSR_MAP_WRITE)
			writes[index / 8] &= (u8) ~(1 << index % 8);
	}
}

/* No icr: hardware does not virtualize ICR (SDM 3C "Virtualizing MSR-Based APIC Accesses"). */
static const struct msr_map_format format = {
	.pages = 1, .vendor = CPU_VENDOR_INTEL, .allow = allow};

enum status vmx_msr_map_init(struct error *err)
{
	return msr_map_init(&format, &msr_maps, err);
}

u64 vmx_msr_map(bool x2apic)
{
	return heap_to_phys(msr_maps).addr + (x2apic ? format.pages * PAGE_SIZE : 0);
}

bool vmx_msr_read(struct vmx_vcpu *v, unsigned place, u64 *value)
{
	switch (place) {
	case MSR_AT_EFER:
		*value = vmcs_read(VMCS_GUEST_EFER);
		return true;
	case MSR_AT_PAT:
		*value = v->vcpu.pat;
		return true;
	}
	return false;
}

static bool write_efer(struct vmx_vcpu *v, u64 value)
{
	vmx_state_load_control(v);
	if (!control_efer_valid(&v->vcpu.vm->cpuid->model, &v->vcpu.ctl, value))
		return false;
	vmcs_write(VMCS_GUEST_EFER, (value & ~EFER_LMA) | (v->vcpu.ctl.efer & EFER_LMA));
	return true;
}

void vmx_msr_sync_tsc(struct vmx_vcpu *v)
{
	if (v->tsc_offset == v->vcpu.tsc.offset)
		return;
	v->tsc_offset = v->vcpu.tsc.offset;
	vmcs_write(VMCS_TSC_OFFSET, v->tsc_offset);
}

bool vmx_msr_write(struct vmx_vcpu *v, unsigned place, u64 value)
{
	switch (place) {
	case MSR_AT_EFER:
		return write_efer(v, value);
	case MSR_AT_PAT:
		v->vcpu.pat = value;
		vmcs_write(VMCS_GUEST_PAT, value);
		v->vcpu.flush = true;
		vcpu_reconsider(&v->vcpu);
		return true;
	}
	return false;
}
