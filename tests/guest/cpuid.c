/* SPDX-License-Identifier: BSD-2-Clause */
/* Compares CPUID's answers with the behaviour of the CPU. */
#include "lib/guest.h"

enum {
	MSR_PAT = 0x277,
	MSR_MTRR_CAP = 0xfe,
	MSR_MCG_CAP = 0x179,
	MSR_TSC = 0x10,
	MSR_TSC_AUX = 0xc0000103,
	XCR0_X87 = BIT(0),
	XCR0_SSE = BIT(1),
	XCR0_AVX = BIT(2),
	XSAVE_LEGACY_SIZE = 576, /* legacy region and header (SDM 1 "XSAVE Area") */
};

static bool feature(u32 leaf, char reg, unsigned bit)
{
	struct cpuid_result r = x86_cpuid(leaf, 0);
	u32 max = x86_cpuid(leaf & 0x80000000, 0).eax;
	u32 value = reg == 'a' ? r.eax : reg == 'b' ? r.ebx : reg == 'c' ? r.ecx : r.edx;

	return leaf <= max && (value & BIT(bit));
}

static void check_vendor(void)
{
	struct cpuid_result basic = x86_cpuid(0, 0), extended = x86_cpuid(0x80000000, 0);

	check(basic.eax >= 1, "leaf 1 exists");
	check(extended.eax >= 0x80000008, "leaf 0x80000008 exists");
	/* Intel does not have the second name (SDM 2A "CPUID"). */
	check((basic.ebx == extended.ebx && basic.ecx == extended.ecx &&
	       basic.edx == extended.edx) ||
		      (!machine.amd && (extended.ebx | extended.ecx | extended.edx) == 0),
	      "one vendor in leaves 0 and 0x80000000");
}

/* CPUID zeroes bits 63:32 of its four results in 64-bit mode (APM3 "CPUID"). */
static void check_upper_halves(void)
{
	u64 a = 0xffffffff00000000, b = ~0ULL, c = 0xffffffff00000000, d = ~0ULL;

	__asm__ volatile("cpuid" : "+a"(a), "+b"(b), "+c"(c), "+d"(d));
	check_equal((a | b | c | d) >> 32, 0, "upper halves of the results");
}

/* The size depends on the features that the guest turns on. */
static void check_avx_size(void)
{
	struct cpuid_result avx = x86_cpuid(0xd, 2);

	if (!(x86_cpuid(0xd, 0).eax & XCR0_AVX))
		return skip("no AVX", "leaf 0xd size with AVX");
	x86_xsetbv(0, XCR0_X87 | XCR0_SSE | XCR0_AVX);
	check_equal(x86_cpuid(0xd, 0).ebx, avx.ebx + avx.eax, "leaf 0xd size with AVX");
	x86_xsetbv(0, XCR0_X87);
}

static void check_osxsave(void)
{
	u64 cr4 = x86_read_cr4();

	if (!feature(1, 'c', 26))
		return skip("no XSAVE", "OSXSAVE follows CR4");
	x86_write_cr4(cr4 | CR4_OSXSAVE);
	check(feature(1, 'c', 27), "OSXSAVE set with CR4.OSXSAVE");
	x86_xsetbv(0, XCR0_X87);
	check_equal(x86_cpuid(0xd, 0).ebx, XSAVE_LEGACY_SIZE, "leaf 0xd size with XCR0 = 1");
	check(x86_cpuid(0xd, 0).ecx >= XSAVE_LEGACY_SIZE, "leaf 0xd maximal size");
	check_avx_size();
	x86_write_cr4(cr4 & ~CR4_OSXSAVE);
	check(!feature(1, 'c', 27), "OSXSAVE clear with CR4.OSXSAVE clear");
}

static void run_rdtscp(void *unused)
{
	(void)unused;
	__asm__ volatile("rdtscp" : : : "rax", "rcx", "rdx");
}

static void run_xgetbv(void *unused)
{
	(void)unused;
	x86_xgetbv(0);
}

/* MWAIT is left out: with interrupts off some machines would sleep for ever. */
static void run_monitor(void *unused)
{
	(void)unused;
	__asm__ volatile("lea -128(%%rsp), %%rax; xor %%ecx, %%ecx; xor %%edx, %%edx; monitor"
			 :
			 :
			 : "rax", "rcx", "rdx");
}

static void run_rdrand(void *unused)
{
	(void)unused;
	__asm__ volatile("rdrand %%eax" : : : "rax", "cc");
}

static void run_rdpid(void *unused)
{
	(void)unused;
	__asm__ volatile("rdpid %%rax" : : : "rax");
}

static void run_clac(void *unused)
{
	(void)unused;
	__asm__ volatile("clac");
}

/* An instruction is #UD exactly when its feature bit is clear. */
static void check_instructions(void)
{
	static const struct {
		const char *name;
		void (*code)(void *);
		u32 leaf;
		char reg;
		u8 bit;
	} rows[] = {
		{"RDTSCP", run_rdtscp, 0x80000001, 'd', 27},
		{"MONITOR", run_monitor, 1, 'c', 3},
		{"RDRAND", run_rdrand, 1, 'c', 30},
		{"RDPID", run_rdpid, 7, 'c', 22},
		{"CLAC", run_clac, 7, 'b', 20},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		bool there = feature(rows[i].leaf, rows[i].reg, rows[i].bit);

		check_trap(trap_run(rows[i].code, NULL), there ? TRAP_NONE : EXC_UD, 0,
			   "%s is as CPUID says", rows[i].name);
	}
	check_trap(trap_run(run_xgetbv, NULL), EXC_UD, 0, "XGETBV without CR4.OSXSAVE");
}

/* The MSR of a feature exists exactly when the feature bit is set. */
static void check_msrs(void)
{
	static const struct {
		const char *name;
		u32 msr, leaf;
		char reg;
		u8 bit;
	} rows[] = {
		{"PAT", MSR_PAT, 1, 'd', 16},
		{"MTRR capabilities", MSR_MTRR_CAP, 1, 'd', 12},
		{"MCG_CAP", MSR_MCG_CAP, 1, 'd', 14},
		{"TSC", MSR_TSC, 1, 'd', 4},
		{"APIC_BASE", MSR_APIC_BASE, 1, 'd', 9},
		{"TSC_AUX", MSR_TSC_AUX, 0x80000001, 'd', 27},
		{"TSC_DEADLINE", MSR_TSC_DEADLINE, 1, 'c', 24},
	};
	u64 value;

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		check_equal(trap_rdmsr(rows[i].msr, &value),
			    feature(rows[i].leaf, rows[i].reg, rows[i].bit),
			    "MSR %s is as CPUID says", rows[i].name);
}

static void check_topology(void)
{
	u32 logical = x86_cpuid(1, 0).ebx >> 16 & 0xff;
	u32 id = cpu_this()->apic_id;

	check_equal(x86_cpuid(1, 0).ebx >> 24, id & 0xff, "leaf 1 initial APIC ID");
	if (machine.cpus > 1)
		check(logical >= machine.cpus, "leaf 1 logical processors cover the MADT's");
	if (x86_cpuid(0, 0).eax < 0xb)
		return skip("no leaf 0xb", "extended topology");
	check_equal(x86_cpuid(0xb, 0).edx, id, "leaf 0xb x2APIC ID");
	check_equal(x86_cpuid(0xb, 0).ecx, 0x100, "leaf 0xb level 0 is SMT");
	check_equal(x86_cpuid(0xb, 1).ecx, 0x201, "leaf 0xb level 1 is core");
	check(x86_cpuid(0xb, 1).ebx >= machine.cpus, "leaf 0xb level 1 covers the MADT's CPUs");
	check_equal(x86_cpuid(0xb, 2).ecx, 2, "leaf 0xb level 2 is invalid");
}

static void check_addresses(void)
{
	u32 physical = x86_cpuid(0x80000008, 0).eax & 0xff;
	u32 linear = x86_cpuid(0x80000008, 0).eax >> 8 & 0xff;

	check(physical >= 32 && physical <= 52, "physical address width");
	check(linear == 48 || linear == 57, "linear address width");
	check(feature(0x80000001, 'd', 29), "long mode, in which this runs");
	check(feature(0x80000001, 'd', 20), "NX");
}

static void check_hypervisor(void)
{
	u64 khz = timer_tsc_per_ms();

	if (!machine.ashlar)
		return skip("not under Ashlar", "hypervisor leaves");
	check(x86_cpuid(0x40000000, 0).eax >= 0x40000010, "leaf 0x40000010 exists");
	u32 said = x86_cpuid(0x40000010, 0).eax;

	/*
	 * Checks the unit only: the measurement is inexact on a machine that runs other
	 * tests too.
	 */
	check(said > khz / 2 && said < khz * 2, "leaf 0x40000010 TSC kHz (%u said, %llu measured)",
	      said, khz);
	check(x86_cpuid(0x40000010, 0).ebx != 0, "leaf 0x40000010 APIC bus kHz");
	check(!feature(0x80000001, 'c', 2), "SVM is not offered");
	check(!feature(1, 'c', 5), "VMX is not offered");
}

/* Runs last, because some machines cannot enable their APIC again. */
static void check_apic_bit(void)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE);

	check(feature(1, 'd', 9), "APIC bit set while APIC_BASE enables it");
	x86_wrmsr(MSR_APIC_BASE, base & ~(u64)APIC_BASE_ENABLE);
	check(!feature(1, 'd', 9), "APIC bit clear while APIC_BASE disables it");
	x86_wrmsr(MSR_APIC_BASE, base);
	check(feature(1, 'd', 9), "APIC bit back");
}

void guest_main(void)
{
	check_vendor();
	check_upper_halves();
	check_addresses();
	check_osxsave();
	check_instructions();
	check_msrs();
	check_topology();
	check_hypervisor();
	check_apic_bit();
}
