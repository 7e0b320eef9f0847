/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks MSRs: accesses that must fault do, and written values are read back. */
#include "lib/guest.h"

enum {
	MSR_TSC = 0x10,
	MSR_SYSENTER_CS = 0x174,
	MSR_SYSENTER_ESP = 0x175,
	MSR_SYSENTER_EIP = 0x176,
	MSR_PAT = 0x277,
};

#define MSR_EFER	   0xc0000080u
#define MSR_STAR	   0xc0000081u
#define MSR_LSTAR	   0xc0000082u
#define MSR_CSTAR	   0xc0000083u
#define MSR_SFMASK	   0xc0000084u
#define MSR_FS_BASE	   0xc0000100u
#define MSR_GS_BASE	   0xc0000101u
#define MSR_KERNEL_GS_BASE 0xc0000102u
#define MSR_TSC_AUX	   0xc0000103u
#define MSR_VM_CR	   0xc0010114u
#define VM_CR_LOCKED_OFF   (BIT(3) | BIT(4)) /* LOCK, SVMDIS */
#define MSR_VM_HSAVE_PA	   0xc0010117u
#define NON_CANONICAL	   0x8000000000000000ULL

static void check_unknown(void)
{
	static const u32 unknown[] = {
		0x3,	    0x12345,	0x1fff,	    0x2000,	0x40000f00,
		0xbfffffff, 0xc0001fff, 0xc0002000, 0xffffffff,
	};
	u64 value;

	for (unsigned i = 0; i < ARRAY_SIZE(unknown); i++) {
		check(!trap_rdmsr(unknown[i], &value), "RDMSR 0x%x faults", unknown[i]);
		check(!trap_wrmsr(unknown[i], 0), "WRMSR 0x%x faults", unknown[i]);
	}
}

static void check_read_back(u32 msr, u64 value, const char *name)
{
	u64 before, after = 0;

	if (!trap_rdmsr(msr, &before))
		return check(false, "%s exists", name);
	check(trap_wrmsr(msr, value) && trap_rdmsr(msr, &after) && after == value,
	      "%s keeps 0x%llx", name, value);
	x86_wrmsr(msr, before);
}

static void check_efer(void)
{
	u64 efer = x86_rdmsr(MSR_EFER);

	check_equal(efer & (EFER_LME | EFER_LMA), EFER_LME | EFER_LMA, "EFER says long mode");
	check(!trap_wrmsr(MSR_EFER, efer | BIT(1)), "EFER reserved bit 1 faults");
	check(!trap_wrmsr(MSR_EFER, efer | BIT(63)), "EFER reserved bit 63 faults");
	check(!trap_wrmsr(MSR_EFER, efer & ~EFER_LME), "EFER.LME cannot change under paging");
	x86_wrmsr(MSR_EFER, efer); /* in case the machine accepted one of the values */
	check_read_back(MSR_EFER, efer ^ EFER_SCE, "EFER.SCE");
	check_read_back(MSR_EFER, efer ^ EFER_NXE, "EFER.NXE");
	check_equal(x86_rdmsr(MSR_EFER), efer, "EFER as before");
}

static void check_pat(void)
{
	static const u8 reserved[] = {2, 3, 8, 0xff};
	u64 pat = x86_rdmsr(MSR_PAT);

	check_equal(pat, 0x0007040600070406, "PAT's reset value");
	for (unsigned i = 0; i < ARRAY_SIZE(reserved); i++) {
		check(!trap_wrmsr(MSR_PAT, reserved[i]), "PAT entry 0 type %u faults", reserved[i]);
		check(!trap_wrmsr(MSR_PAT, (u64)reserved[i] << 56), "PAT entry 7 type %u faults",
		      reserved[i]);
	}
	check_equal(x86_rdmsr(MSR_PAT), pat, "PAT unchanged by writes that fault");
	x86_wrmsr(MSR_PAT, pat);
	check_read_back(MSR_PAT, 0x0001040500070406, "PAT");
}

static void check_canonical(void)
{
	static const struct {
		const char *name;
		u32 msr;
	} rows[] = {
		{"LSTAR", MSR_LSTAR},
		{"CSTAR", MSR_CSTAR},
		{"FS_BASE", MSR_FS_BASE},
		{"GS_BASE", MSR_GS_BASE},
		{"KERNEL_GS_BASE", MSR_KERNEL_GS_BASE},
		{"SYSENTER_ESP", MSR_SYSENTER_ESP},
		{"SYSENTER_EIP", MSR_SYSENTER_EIP},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		check_read_back(rows[i].msr, 0x7fff12345678, rows[i].name);
		if (rows[i].msr < MSR_EFER)
			continue; /* AMD keeps 32 bits of the SYSENTER MSRs and never faults */
		check_read_back(rows[i].msr, 0xffff812345678000, rows[i].name);
		check(!trap_wrmsr(rows[i].msr, NON_CANONICAL), "%s non-canonical faults",
		      rows[i].name);
	}
}

static void check_tsc(void)
{
	u64 before = x86_rdtsc();
	u64 far = before + (1ULL << 45);

	check(x86_rdmsr(MSR_TSC) >= before, "TSC MSR follows RDTSC");
	check(trap_wrmsr(MSR_TSC, far), "TSC can be written");
	check(x86_rdtsc() >= far, "TSC goes on from what was written");
	check(x86_rdtsc() < far + (1ULL << 40), "TSC is not beyond it");
	x86_wrmsr(MSR_TSC, before);
	check(x86_rdtsc() < far, "TSC can be set back");
}

static void check_apic_base(void)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE), now;

	check_equal(base & BITS(51, 12), APIC_ADDRESS, "APIC_BASE address");
	check(!trap_wrmsr(MSR_APIC_BASE, base | BIT(0)), "APIC_BASE reserved bit 0 faults");
	check(!trap_wrmsr(MSR_APIC_BASE, base | BIT(63)), "APIC_BASE reserved bit 63 faults");
	check(!trap_wrmsr(MSR_APIC_BASE, (base & ~(u64)APIC_BASE_ENABLE) | APIC_BASE_X2APIC),
	      "x2APIC without enable faults");
	if (!machine.x2apic)
		check(!trap_wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2APIC),
		      "x2APIC mode without the feature faults");
	check(trap_rdmsr(MSR_APIC_BASE, &now) && now == base, "APIC_BASE unchanged");
	check(!trap_rdmsr(MSR_X2APIC + APIC_VERSION / 16, &now), "x2APIC MSR in xAPIC mode faults");
}

static void check_x2apic(void)
{
	u64 value;

	if (!machine.x2apic)
		return skip("no x2APIC", "x2APIC MSRs");
	apic_set_x2apic(true);
	check(trap_rdmsr(MSR_X2APIC + APIC_ID / 16, &value), "x2APIC ID reads");
	check(!trap_wrmsr(MSR_X2APIC + APIC_ID / 16, 0), "x2APIC ID write faults");
	check(!trap_wrmsr(MSR_X2APIC + APIC_EOI / 16, 1), "x2APIC EOI nonzero faults");
	check(!trap_rdmsr(MSR_X2APIC + APIC_EOI / 16, &value), "x2APIC EOI read faults");
	check(!trap_rdmsr(MSR_X2APIC + APIC_DFR / 16, &value), "x2APIC has no DFR");
	check(!trap_rdmsr(MSR_X2APIC + APIC_ICR_HIGH / 16, &value), "x2APIC has no ICR high");
	check(!trap_wrmsr(MSR_X2APIC + APIC_TPR / 16, 0x100), "x2APIC TPR reserved bit faults");
	check(!trap_rdmsr(MSR_X2APIC + APIC_SELF_IPI / 16, &value), "SELF_IPI read faults");
	check(!trap_rdmsr(0x8ff, &value), "end of the x2APIC range faults");
	apic_set_x2apic(false);
}

/* SVM is not offered: its MSRs do not exist and EFER.SVME is reserved. */
static void check_no_svm(void)
{
	u64 value;

	if (machine.svm)
		return skip("SVM is there", "SVM's MSRs");
	check(!trap_wrmsr(MSR_EFER, x86_rdmsr(MSR_EFER) | EFER_SVME), "EFER.SVME faults");
	check(!trap_rdmsr(MSR_VM_HSAVE_PA, &value), "VM_HSAVE_PA faults");
	check(!trap_wrmsr(MSR_VM_HSAVE_PA, 0), "VM_HSAVE_PA write faults");
	check_equal(trap_wrmsr(MSR_VM_CR, 0), machine.amd, "VM_CR is AMD's, and takes writes");
	check(!trap_rdmsr(MSR_VM_CR, &value) || (value & VM_CR_LOCKED_OFF) == VM_CR_LOCKED_OFF,
	      "VM_CR stays locked off");
}

void guest_main(void)
{
	check_unknown();
	check_efer();
	check_pat();
	check_canonical();
	check_read_back(MSR_STAR, 0x0023001000000000, "STAR");
	check_read_back(MSR_SFMASK, 0x47700, "SFMASK");
	check_read_back(MSR_TSC_AUX, 0x1234, "TSC_AUX");
	check_read_back(MSR_SYSENTER_CS, 0x10, "SYSENTER_CS");
	check_tsc();
	check_apic_base();
	check_x2apic();
	check_no_svm();
}
