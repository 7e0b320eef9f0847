/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SVM's part of a CPU's capability snapshot: the names of its members, and the check that
 * guests can run (APM2 "Determining Support for SVM"; APM3 "Function 8000_000Ah--SVM
 * Features"). Pure; never reads a register.
 */
#include "svm/caps.h"

#include "core/base/string.h"

static const struct caps_bit present_bits[] = {{0, "SVM"}, {0}};

static const struct caps_bit feature_bits[] = {
	{0, "NP"},
	{1, "LBR virtualization"},
	{2, "SVML"},
	{3, "NRIPS"},
	{4, "TSC_RATIO"},
	{5, "VMCB clean bits"},
	{6, "FlushByAsid"},
	{7, "decode assists"},
	{10, "PAUSE filter"},
	{12, "PAUSE threshold"},
	{13, "AVIC"},
	{15, "VMSAVE virtualization"},
	{16, "VGIF"},
	{17, "GMET"},
	{18, "x2AVIC"},
	{19, "SSSCheck"},
	{20, "SPEC_CTRL"},
	{21, "ROGPT"},
	{23, "HOST_MCE_OVERRIDE"},
	{24, "TLBI_CTL"},
	{25, "VNMI"},
	{26, "IBS virtualization"},
	{0},
};

static const struct caps_bit vm_cr_bits[] = {{1, "R_INIT"}, {2, "DIS_A20M"}, {0}};

/* VM_CR's other bits may differ: DPD is the debug port's; svm_caps_check checks LOCK, SVMDIS. */
static const struct caps_field svm_fields[] = {
	// clang-format off
	{"SVM", CAPS_SAME, 1, offsetof(struct svm_caps, present), 1, .bits = present_bits},
	{"SVM_REVISION", CAPS_LIMIT, 1, offsetof(struct svm_caps, revision), ~0ULL, .bits = NULL},
	{"SVM_ASIDS", CAPS_LIMIT, 1, offsetof(struct svm_caps, asids), ~0ULL, .bits = NULL},
	{"SVM_FEATURES", CAPS_FEATURES, 1, offsetof(struct svm_caps, features), BITS(31, 0),
		.bits = feature_bits},
	{"VM_CR", CAPS_SAME, 1, offsetof(struct svm_caps, vm_cr), VM_CR_R_INIT | VM_CR_DIS_A20M,
		.bits = vm_cr_bits},
	// clang-format on
};

const struct caps_table svm_caps_table = {svm_fields, ARRAY_SIZE(svm_fields), NULL};

void svm_caps_derive_accel(u64 features, struct accel_hardware *out)
{
	static const char missing[] = "AVIC (CPUID 8000_000A EDX bit 13)";

	if (!(features & SVM_FEATURE_X2AVIC))
		out->modes &= (u8)~BIT(APIC_MODE_X2APIC);
	if (!(features & SVM_FEATURE_AVIC))
		out->modes = 0;
	if (!out->modes)
		memcpy(out->missing, missing, sizeof(missing));
}

enum status svm_caps_check(const void *snapshot, struct error *err)
{
	const struct svm_caps *caps = snapshot;

	if (!caps->present)
		return fail(err, ERR_UNSUPPORTED,
			    "no SVM (CPUID 8000_0001 ECX bit 2 is clear): guests need a "
			    "CPU with AMD-V");
	if ((caps->vm_cr & VM_CR_SVMDIS) && (caps->vm_cr & VM_CR_LOCK))
		return fail(err, ERR_UNSUPPORTED,
			    "SVM is disabled and locked in VM_CR (0x%llx): turn on SVM "
			    "(AMD-V) in the firmware setup",
			    caps->vm_cr);
	if (!(caps->features & SVM_FEATURE_NP))
		return fail(err, ERR_UNSUPPORTED,
			    "no nested paging (CPUID 8000_000A EDX bit 0 is clear), which "
			    "guests need: use a CPU that has it");
	if (caps->asids < 2)
		return fail(err, ERR_UNSUPPORTED,
			    "%llu address space IDs (CPUID 8000_000A EBX): a guest needs "
			    "one beside the host's",
			    caps->asids);
	return OK;
}
