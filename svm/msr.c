/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the guest's MSRs in the VMCB and in the CPU itself, and the permission map of the
 * MSRs that a guest accesses without an exit. Never decides which MSRs a guest has and
 * which values are valid: core/model/msr.c does.
 */
#include "svm/msr.h"

#include "core/base/msr_index.h"
#include "core/base/x86.h"
#include "core/guest/vm.h"
#include "core/host/msr_map.h"
#include "core/memory/types.h"
#include "core/model/control.h"
#include "core/model/cpuid.h"
#include "mm/host/heap.h"
#include "svm/state.h"
#include "svm/vcpu.h"

static u8 *msr_maps; /* see core/host/msr_map.h */

/*
 * A map has two bits per MSR, read and write, in three ranges of 0x2000 MSRs
 * (APM2 "MSR Intercepts").
 */
static void allow(u8 *map, u32 msr, unsigned access)
{
	static const u32 range[] = {0, 0xc0000000, 0xc0010000};

	for (unsigned i = 0; i < ARRAY_SIZE(range); i++) {
		u32 index = msr - range[i];

		if (index < 0x2000)
			map[i * 0x800 + index / 4] &= (u8) ~(access << (index % 4 * 2));
	}
}
static_assert(MSR_MAP_READ == 1 && MSR_MAP_WRITE == 2, "bits of the map");

static const struct msr_map_format format = {
	.pages = 2, .vendor = CPU_VENDOR_AMD, .icr = true, .allow = allow};

enum status svm_msr_map_init(struct error *err)
{
	return msr_map_init(&format, &msr_maps, err);
}

u64 svm_msr_map(bool x2apic)
{
	return heap_to_phys(msr_maps).addr + (x2apic ? format.pages * PAGE_SIZE : 0);
}

/* The offset of a place in the VMCB; 0: not in the VMCB. */
static const u16 vmcb_offset[] = {
	[MSR_AT_STAR] = offsetof(struct vmcb, star),
	[MSR_AT_LSTAR] = offsetof(struct vmcb, lstar),
	[MSR_AT_CSTAR] = offsetof(struct vmcb, cstar),
	[MSR_AT_SFMASK] = offsetof(struct vmcb, sfmask),
	[MSR_AT_FS_BASE] = offsetof(struct vmcb, fs.base),
	[MSR_AT_GS_BASE] = offsetof(struct vmcb, gs.base),
	[MSR_AT_KERNEL_GS_BASE] = offsetof(struct vmcb, kernel_gs_base),
	[MSR_AT_SYSENTER_CS] = offsetof(struct vmcb, sysenter_cs),
	[MSR_AT_SYSENTER_ESP] = offsetof(struct vmcb, sysenter_esp),
	[MSR_AT_SYSENTER_EIP] = offsetof(struct vmcb, sysenter_eip),
};

static u64 *vmcb_field(struct svm_vcpu *v, unsigned place)
{
	if (place >= ARRAY_SIZE(vmcb_offset) || vmcb_offset[place] == 0)
		return NULL;
	return (u64 *)((u8 *)v->vmcb + vmcb_offset[place]);
}

bool svm_msr_read(struct svm_vcpu *v, unsigned place, u64 *value)
{
	const u64 *field = vmcb_field(v, place);

	if (field)
		*value = *field;
	else if (place == MSR_AT_EFER)
		*value = v->vmcb->efer & ~EFER_SVME;
	else if (place == MSR_AT_PAT)
		*value = v->vcpu.pat;
	else if (place == MSR_AT_TSC_AUX)
		*value = x86_rdmsr(MSR_TSC_AUX);
	else
		return false;
	return true;
}

static bool write_efer(struct svm_vcpu *v, u64 value)
{
	svm_state_load_control(v);
	if (!control_efer_valid(&v->vcpu.vm->cpuid->model, &v->vcpu.ctl, value))
		return false;
	v->vmcb->efer = (value & ~EFER_LMA) | (v->vmcb->efer & EFER_LMA) | EFER_SVME;
	v->vmcb->clean &= ~(u32)CLEAN_CR;
	return true;
}

bool svm_msr_write(struct svm_vcpu *v, unsigned place, u64 value)
{
	u64 *field = vmcb_field(v, place);

	if (field) {
		*field = value;
		return true;
	}
	switch (place) {
	case MSR_AT_EFER:
		return write_efer(v, value);
	case MSR_AT_PAT:
		v->vcpu.pat = value;
		v->vmcb->g_pat = memory_types_pat(&v->vcpu.vm->memory, value);
		v->vmcb->clean &= ~(u32)CLEAN_NESTED;
		v->vcpu.flush = true;
		vcpu_reconsider(&v->vcpu);
		return true;
	case MSR_AT_TSC_AUX:
		x86_wrmsr(MSR_TSC_AUX, value);
		return true;
	}
	return false;
}
