/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMX's part of a snapshot: names of registers and bits, and what a difference
 * between CPUs means. Pure.
 */
#include "vmx/caps.h"

/* Each of these registers has in its low half what must be set, in its high half what may be. */
static const struct caps_bit pin_bits[] = {
	{32, "external-interrupt exiting"}, {35, "NMI exiting"},       {37, "virtual NMIs"},
	{38, "preemption timer"},	    {39, "posted interrupts"}, {0},
};

static const struct caps_bit proc_bits[] = {
	{34, "interrupt-window exiting"},
	{35, "TSC offsetting"},
	{39, "HLT exiting"},
	{41, "INVLPG exiting"},
	{42, "MWAIT exiting"},
	{43, "RDPMC exiting"},
	{44, "RDTSC exiting"},
	{47, "CR3-load exiting"},
	{48, "CR3-store exiting"},
	{49, "tertiary controls"},
	{51, "CR8-load exiting"},
	{52, "CR8-store exiting"},
	{53, "TPR shadow"},
	{54, "NMI-window exiting"},
	{55, "MOV-DR exiting"},
	{56, "unconditional I/O exiting"},
	{57, "I/O bitmaps"},
	{59, "monitor trap flag"},
	{60, "MSR bitmaps"},
	{61, "MONITOR exiting"},
	{62, "PAUSE exiting"},
	{63, "secondary controls"},
	{0},
};

static const struct caps_bit proc2_bits[] = {
	{32, "virtualize APIC accesses"},
	{33, "EPT"},
	{34, "descriptor-table exiting"},
	{35, "RDTSCP"},
	{36, "virtualize x2APIC mode"},
	{37, "VPID"},
	{38, "WBINVD exiting"},
	{39, "unrestricted guest"},
	{40, "APIC-register virtualization"},
	{41, "virtual-interrupt delivery"},
	{42, "PAUSE-loop exiting"},
	{43, "RDRAND exiting"},
	{44, "INVPCID"},
	{45, "VM functions"},
	{46, "VMCS shadowing"},
	{47, "ENCLS exiting"},
	{48, "RDSEED exiting"},
	{49, "PML"},
	{50, "EPT-violation #VE"},
	{52, "XSAVES/XRSTORS"},
	{54, "mode-based execute control"},
	{57, "TSC scaling"},
	{0},
};

static const struct caps_bit exit_bits[] = {
	{34, "save debug controls"},
	{41, "host address-space size"},
	{47, "acknowledge interrupt on exit"},
	{50, "save IA32_PAT"},
	{51, "load IA32_PAT"},
	{52, "save IA32_EFER"},
	{53, "load IA32_EFER"},
	{54, "save preemption timer"},
	{0},
};

static const struct caps_bit entry_bits[] = {
	{34, "load debug controls"},
	{41, "IA-32e mode guest"},
	{46, "load IA32_PAT"},
	{47, "load IA32_EFER"},
	{0},
};

static const struct caps_bit ept_vpid_bits[] = {
	{0, "execute-only pages"},
	{6, "4-level tables"},
	{7, "5-level tables"},
	{8, "UC tables"},
	{14, "WB tables"},
	{16, "2 MiB pages"},
	{17, "1 GiB pages"},
	{20, "INVEPT"},
	{21, "accessed and dirty flags"},
	{25, "single-context INVEPT"},
	{26, "all-context INVEPT"},
	{32, "INVVPID"},
	{40, "individual-address INVVPID"},
	{41, "single-context INVVPID"},
	{42, "all-context INVVPID"},
	{0},
};

static const struct caps_bit basic_bits[] = {
	{48, "32-bit addresses"},
	{54, "INS/OUTS information"},
	{55, "TRUE controls"},
	{0},
};

static const struct caps_bit feature_control_bits[] = {
	{0, "locked"},
	{1, "VMX in SMX"},
	{2, "VMX outside SMX"},
	{0},
};

/* Bits that insist take away a choice, bits that allow give one. */
#define MUST	       BITS(31, 0)
#define MAY	       BITS(63, 32)
#define BASIC_LAYOUT   (BITS(48, 0) | BITS(53, 50)) /* revision, size, address width, memory type */
#define BASIC_PROMISES BITS(55, 54)

/*
 * What no row has is no difference: IA32_VMX_MISC's timer rate and counts, which
 * the backend does not use, and IA32_FEATURE_CONTROL's bits of other features.
 */
static const struct caps_field vmx_fields[] = {
	// clang-format off
	{"VMX", CAPS_SAME, 1, offsetof(struct vmx_caps, present), 1, .bits = NULL},
	{"IA32_FEATURE_CONTROL", CAPS_FEATURES, 1, offsetof(struct vmx_caps, feature_control),
		FEATURE_CONTROL_VMX, .bits = feature_control_bits},
	{"IA32_VMX_BASIC", CAPS_SAME, 1, offsetof(struct vmx_caps, basic), BASIC_LAYOUT, .bits = basic_bits},
	{"IA32_VMX_BASIC", CAPS_FEATURES, 1, offsetof(struct vmx_caps, basic), BASIC_PROMISES, .bits = basic_bits},
	{"IA32_VMX_PINBASED_CTLS", CAPS_CAUTIONS, 1, offsetof(struct vmx_caps, pin), MUST, .bits = NULL},
	{"IA32_VMX_PINBASED_CTLS", CAPS_FEATURES, 1, offsetof(struct vmx_caps, pin), MAY, .bits = pin_bits},
	{"IA32_VMX_PROCBASED_CTLS", CAPS_CAUTIONS, 1, offsetof(struct vmx_caps, proc), MUST, .bits = NULL},
	{"IA32_VMX_PROCBASED_CTLS", CAPS_FEATURES, 1, offsetof(struct vmx_caps, proc), MAY, .bits = proc_bits},
	{"IA32_VMX_EXIT_CTLS", CAPS_CAUTIONS, 1, offsetof(struct vmx_caps, exit), MUST, .bits = NULL},
	{"IA32_VMX_EXIT_CTLS", CAPS_FEATURES, 1, offsetof(struct vmx_caps, exit), MAY, .bits = exit_bits},
	{"IA32_VMX_ENTRY_CTLS", CAPS_CAUTIONS, 1, offsetof(struct vmx_caps, entry), MUST, .bits = NULL},
	{"IA32_VMX_ENTRY_CTLS", CAPS_FEATURES, 1, offsetof(struct vmx_caps, entry), MAY, .bits = entry_bits},
	{"IA32_VMX_TRUE_PINBASED", CAPS_CAUTIONS, 1, offsetof(struct vmx_caps, true_pin), MUST, .bits = NULL},
	{"IA32_VMX_TRUE_PINBASED", CAPS_FEATURES, 1, offsetof(struct vmx_caps, true_pin), MAY, .bits = pin_bits},
	{"IA32_VMX_TRUE_PROCBASED", CAPS_CAUTIONS, 1, offsetof(struct vmx_caps, true_proc), MUST, .bits = NULL},
	{"IA32_VMX_TRUE_PROCBASED", CAPS_FEATURES, 1, offsetof(struct vmx_caps, true_proc), MAY, .bits = proc_bits},
	{"IA32_VMX_TRUE_EXIT_CTLS", CAPS_CAUTIONS, 1, offsetof(struct vmx_caps, true_exit), MUST, .bits = NULL},
	{"IA32_VMX_TRUE_EXIT_CTLS", CAPS_FEATURES, 1, offsetof(struct vmx_caps, true_exit), MAY, .bits = exit_bits},
	{"IA32_VMX_TRUE_ENTRY_CTLS", CAPS_CAUTIONS, 1, offsetof(struct vmx_caps, true_entry), MUST, .bits = NULL},
	{"IA32_VMX_TRUE_ENTRY_CTLS", CAPS_FEATURES, 1, offsetof(struct vmx_caps, true_entry), MAY, .bits = entry_bits},
	{"IA32_VMX_PROCBASED_CTLS2", CAPS_CAUTIONS, 1, offsetof(struct vmx_caps, proc2), MUST, .bits = NULL},
	{"IA32_VMX_PROCBASED_CTLS2", CAPS_FEATURES, 1, offsetof(struct vmx_caps, proc2), MAY, .bits = proc2_bits},
	{"IA32_VMX_PROCBASED_CTLS3", CAPS_FEATURES, 1, offsetof(struct vmx_caps, proc3), ~0ULL, .bits = NULL},
	{"IA32_VMX_CR0_FIXED0", CAPS_CAUTIONS, 1, offsetof(struct vmx_caps, cr0_fixed0), ~0ULL, .bits = NULL},
	{"IA32_VMX_CR0_FIXED1", CAPS_FEATURES, 1, offsetof(struct vmx_caps, cr0_fixed1), ~0ULL, .bits = NULL},
	{"IA32_VMX_CR4_FIXED0", CAPS_CAUTIONS, 1, offsetof(struct vmx_caps, cr4_fixed0), ~0ULL, .bits = NULL},
	{"IA32_VMX_CR4_FIXED1", CAPS_FEATURES, 1, offsetof(struct vmx_caps, cr4_fixed1), ~0ULL, .bits = NULL},
	{"IA32_VMX_EPT_VPID_CAP", CAPS_FEATURES, 1, offsetof(struct vmx_caps, ept_vpid), ~0ULL, .bits = ept_vpid_bits},
	{"IA32_VMX_VMFUNC", CAPS_FEATURES, 1, offsetof(struct vmx_caps, vmfunc), ~0ULL, .bits = NULL},
	// clang-format on
};

const struct caps_table vmx_caps_table = {vmx_fields, ARRAY_SIZE(vmx_fields), NULL};
