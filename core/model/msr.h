/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MSRs of a guest, their reset values and the values that may be written. Pure:
 * for a register that lives in hardware, in the backend or in a device model it
 * returns the place to the caller, and never accesses it.
 */
#pragma once

#include "core/base/msr_index.h"
#include "core/model/cpu_model.h"
#include "core/model/guest_map.h"
#include "mm/memtype.h"

/* The place of a register that is not stored here. */
enum msr_place {
	MSR_IN_TABLE, /* stored here or constant: the caller has nothing to do */
	MSR_AT_EFER,
	MSR_AT_STAR,
	MSR_AT_LSTAR,
	MSR_AT_CSTAR,
	MSR_AT_SFMASK,
	MSR_AT_FS_BASE,
	MSR_AT_GS_BASE,
	MSR_AT_KERNEL_GS_BASE,
	MSR_AT_SYSENTER_CS,
	MSR_AT_SYSENTER_ESP,
	MSR_AT_SYSENTER_EIP,
	MSR_AT_PAT,
	MSR_AT_TSC,
	MSR_AT_TSC_ADJUST,
	MSR_AT_TSC_AUX,
	MSR_AT_APIC_BASE,
	MSR_AT_TSC_DEADLINE,
	MSR_AT_X2APIC,
	MSR_AT_MTRR, /* stored here; the caller changes the memory types */
};

enum msr_verdict {
	MSR_DONE,  /* read: value is the answer; write: stored (or dropped, where hardware drops) */
	MSR_FAULT, /* #GP(0) */
	MSR_FORWARD, /* the caller reads or writes place; for a write value has passed the checks
			that depend on value and model alone */
};

struct msr_result {
	u8 verdict; /* enum msr_verdict */
	u8 place;   /* enum msr_place */
	u64 value;
};

enum { MSR_MTRR_VARIABLE = 8 };

/* The registers stored here, one slot each. */
enum msr_slot {
	MSR_SLOT_MTRR_PHYS = 0, /* base 0, mask 0, base 1, ... */
	MSR_SLOT_MTRR_FIX64K = MSR_SLOT_MTRR_PHYS + 2 * MSR_MTRR_VARIABLE,
	MSR_SLOT_MTRR_FIX16K,
	MSR_SLOT_MTRR_FIX4K = MSR_SLOT_MTRR_FIX16K + 2,
	MSR_SLOT_MTRR_DEF_TYPE = MSR_SLOT_MTRR_FIX4K + 8,
	MSR_SLOT_MISC_ENABLE,
	MSR_SLOT_HWCR,
	MSR_SLOT_TOP_MEM,
	MSR_SLOT_TOP_MEM2,
	MSR_SLOTS,
	MSR_NO_SLOT = 0xff,
};

/*
 * One for each vCPU, whose thread alone reads and writes it. INIT does not change it (SDM 3A
 * "Processor State After Reset").
 */
struct msr_state {
	u64 slot[MSR_SLOTS];
};

/*
 * Fills msr_quick of a model that is complete otherwise. Changes the speed of reads and writes
 * only.
 */
void msr_build_quick(struct cpu_model *model);

/* Power-on values: MTRRs disabled. */
void msr_reset(struct msr_state *state);

/*
 * Sets the values that firmware leaves on every CPU of a PC, for guests that start
 * without firmware: MTRRs enabled, WB but for the holes below 1 MiB and below 4 GiB,
 * which are UC; AMD's TOP_MEM and TOP_MEM2 by map.
 */
void msr_set_firmware(struct msr_state *state, const struct cpu_model *model,
		      const struct guest_map *map);

/* The entry of msr_quick for an MSR. If several registers share an entry, one of them uses it. */
static inline unsigned msr_quick_place(u32 index)
{
	return (index ^ index >> 16) % CPU_MSR_QUICK;
}

/* Reads a register that has an entry in msr_quick and is kept. False: call msr_read instead. */
static inline bool msr_read_quick(const struct msr_state *state, const struct cpu_model *model,
				  u32 index, u64 *value)
{
	const struct msr_quick *quick = &model->msr_quick[msr_quick_place(index)];

	if (quick->index != index || !quick->kept)
		return false;
	*value = quick->slot == MSR_NO_SLOT ? quick->value : state->slot[quick->slot];
	return true;
}

/* True if a write of any value changes nothing. False: call msr_write instead. */
static inline bool msr_write_quick(const struct cpu_model *model, u32 index)
{
	const struct msr_quick *quick = &model->msr_quick[msr_quick_place(index)];

	return quick->index == index && quick->drops;
}

/* Describes the MTRRs in *out, which points into *state. */
void msr_get_mtrrs(const struct msr_state *state, const struct cpu_model *model, struct mtrrs *out);

struct msr_result msr_read(const struct msr_state *state, const struct cpu_model *model, u32 index);
struct msr_result msr_write(struct msr_state *state, const struct cpu_model *model, u32 index,
			    u64 value);

/*
 * Lists the MSRs that a guest may access without an exit, because the vCPU switch
 * saves them and hardware checks their values. Writes at most max indices to list;
 * returns the number of such MSRs, at most MSR_DIRECT_MAX.
 */
enum { MSR_DIRECT_MAX = 16 };
size_t msr_list_direct(const struct cpu_model *model, u32 *list, size_t max);
