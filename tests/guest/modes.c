/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Executes instructions that a hypervisor may emulate outside 64-bit mode (modes.asm),
 * where instruction lengths, addresses and page tables are different.
 */
#include "lib/guest.h"

enum {
	MODES_BASE = 0x9000, /* also in modes.asm */
	VECTOR = 0x66,	     /* free in the real-mode vector table */
	PDE_LARGE = BIT(7),
	PATTERN = 0x5aa51234,
};

enum mode { MODE_REAL, MODE_PLAIN, MODE_TWO_LEVEL, MODE_PAE, MODE_COMPATIBILITY, MODE_COUNT };

struct modes_result {
	u32 vendor, apic_base, version, timer;
	u8 port, string;
	u16 woken;
};

extern u8 modes_block[], modes_block_end[], modes_result[], modes_handler16[];

extern u32 real_vectors[256]; /* at address 0, by guest.ld */

static const char *const names[MODE_COUNT] = {
	[MODE_REAL] = "real mode",
	[MODE_PLAIN] = "protected mode without paging",
	[MODE_TWO_LEVEL] = "two-level paging",
	[MODE_PAE] = "PAE paging",
	[MODE_COMPATIBILITY] = "compatibility mode",
};

static u32 two_level[1024] __attribute__((aligned(PAGE_SIZE)));
static u64 pae_pdpt[4] __attribute__((aligned(32)));
static u64 pae_pd[4][512] __attribute__((aligned(PAGE_SIZE)));

static void *placed(const void *symbol)
{
	return (u8 *)MODES_BASE + ((const u8 *)symbol - modes_block);
}

/* Identity maps of 4 GiB, like those of start.asm. */
static void build_tables(void)
{
	for (u32 i = 0; i < 1024; i++)
		two_level[i] = i << 22 | PDE_LARGE | PTE_P | PTE_W;
	for (u32 i = 0; i < 4; i++) {
		pae_pdpt[i] = (u64)pae_pd[i] | PTE_P;
		for (u32 j = 0; j < 512; j++)
			pae_pd[i][j] = (i * 512ULL + j) << 21 | PDE_LARGE | PTE_P | PTE_W;
	}
}

/* The real-mode handler writes no EOI, so this function does. */
static void arm_wake_up(void)
{
	real_vectors[VECTOR] = (u32)(u64)placed(modes_handler16);
	apic_send(0, VECTOR | ICR_SELF | ICR_ASSERT);
}

static void check_mode(enum mode mode)
{
	volatile struct modes_result *result = placed(modes_result);
	void (*run)(u32, u32) = (void (*)(u32, u32))(u64)MODES_BASE;
	u32 cr3 = mode == MODE_PAE ? (u32)(u64)pae_pdpt : (u32)(u64)two_level;
	const char *name = names[mode];

	memset(placed(modes_result), 0, sizeof(struct modes_result));
	if (mode == MODE_REAL)
		arm_wake_up();
	run(mode, cr3);
	check_equal(result->vendor, x86_cpuid(0, 0).ebx, "%s: CPUID", name);
	check_equal(result->apic_base, (u32)x86_rdmsr(MSR_APIC_BASE), "%s: RDMSR", name);
	check_equal(result->port, 0x69, "%s: OUT and IN", name);
	check_equal(result->string, 0x3c, "%s: REP OUTSB", name);
	if (mode == MODE_REAL) {
		check_equal(result->woken, 1, "%s: HLT, woken once", name);
		apic_eoi();
		return;
	}
	check_equal(result->version, apic_read(APIC_VERSION), "%s: MMIO, absolute address", name);
	check_equal(result->timer, PATTERN, "%s: MMIO, write and read", name);
}

void guest_main(void)
{
	apic_write(APIC_LVT_TIMER, LVT_MASKED);
	build_tables();
	memcpy((u8 *)MODES_BASE, modes_block, (size_t)(modes_block_end - modes_block));
	for (enum mode mode = 0; mode < MODE_COUNT; mode++)
		check_mode(mode);
}
