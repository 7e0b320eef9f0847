/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's MSRs that live in the VMCS, and the map of those that it reaches
 * without an exit. Which MSRs a guest has, and what may be written, is
 * core/model/msr.c's.
 */
#include "core/model/msr.h"

#include "core/base/string.h"
#include "core/guest/vm.h"
#include "core/model/control.h"
#include "mm/host/heap.h"
#include "vmx/vmx.h"

static u8 *msr_maps; /* two, the same for every guest: made once by the boot CPU */

/*
 * A bit each for reads of MSRs 0 to 0x1fff, reads of those from 0xc0000000 on,
 * and writes of both, 1024 bytes each (SDM 3C "MSR-Bitmap Address").
 */
enum { MAP_READ = 0, MAP_WRITE = 0x800 };

static void allow(u8 *map, u32 msr, unsigned access)
{
	static const u32 range[] = {0, 0xc0000000};

	for (unsigned i = 0; i < ARRAY_SIZE(range); i++) {
		u32 index = msr - range[i];

		if (index < 0x2000)
			map[i * 0x400 + access + index / 8] &= (u8) ~(1 << index % 8);
	}
}

/*
 * Registers of an x2APIC that hardware runs. It reads any of them from the page,
 * so only those may be read there that exist and that the page tells the truth
 * of; it knows how to write three (SDM 3C "Virtualizing MSR-Based APIC Accesses").
 */
static void allow_x2apic(u8 *map)
{
	for (u32 offset = 0; offset < PAGE_SIZE; offset += 0x10)
		if (vlapic_page_tells(offset))
			allow(map, MSR_X2APIC_FIRST + offset / 0x10, MAP_READ);
	allow(map, MSR_X2APIC_FIRST + APIC_REG_TPR / 0x10, MAP_WRITE);
	allow(map, MSR_X2APIC_FIRST + APIC_REG_EOI / 0x10, MAP_WRITE);
	allow(map, MSR_X2APIC_FIRST + APIC_REG_SELF_IPI / 0x10, MAP_WRITE);
}

enum status vmx_msr_map_init(struct error *err)
{
	struct cpu_model any = {.vendor = CPU_VENDOR_INTEL, .features = ~0ULL};
	u32 direct[MSR_DIRECT_MAX];
	size_t count = msr_list_direct(&any, direct, ARRAY_SIZE(direct));

	if (msr_maps)
		return OK;
	msr_maps = heap_alloc_pages(2);
	if (!msr_maps)
		return fail(err, ERR_NO_MEMORY, "no memory for the MSR bitmaps");
	memset(msr_maps, 0xff, 2 * PAGE_SIZE);
	for (size_t i = 0; i < count && i < ARRAY_SIZE(direct); i++) {
		allow(msr_maps, direct[i], MAP_READ);
		allow(msr_maps, direct[i], MAP_WRITE);
	}
	memcpy(msr_maps + PAGE_SIZE, msr_maps, PAGE_SIZE);
	allow_x2apic(msr_maps + PAGE_SIZE);
	return OK;
}

u64 vmx_msr_map(bool x2apic)
{
	return heap_to_phys(msr_maps).addr + (x2apic ? PAGE_SIZE : 0);
}

bool vmx_read_msr(struct vmx_vcpu *v, unsigned place, u64 *value)
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
	vmx_load_control(v);
	if (!control_efer_valid(&v->vcpu.vm->cpuid->model, &v->vcpu.ctl, value))
		return false;
	vmcs_write(VMCS_GUEST_EFER, (value & ~EFER_LMA) | (v->vcpu.ctl.efer & EFER_LMA));
	return true;
}

void vmx_sync_tsc(struct vmx_vcpu *v)
{
	if (v->tsc_offset == v->vcpu.tsc.offset)
		return;
	v->tsc_offset = v->vcpu.tsc.offset;
	vmcs_write(VMCS_TSC_OFFSET, v->tsc_offset);
}

bool vmx_write_msr(struct vmx_vcpu *v, unsigned place, u64 value)
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
