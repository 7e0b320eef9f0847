/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMX's part of a CPU's capability snapshot: names of registers and bits, the meaning of a
 * difference, the check that guests can run, and the controls derived from it. Pure; never
 * reads a register.
 */
#include "vmx/caps.h"

#include "core/base/format.h"
#include "core/base/regs.h"
#include "core/base/string.h"
#include "mm/pt.h"
#include "vmx/vmcs.h"

/* Control registers: the low half has the bits that must be set, the high half those that may. */
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

/* A bit in the low half takes a choice away; a bit in the high half grants one. */
#define MUST	       BITS(31, 0)
#define MAY	       BITS(63, 32)
#define BASIC_LAYOUT   (BITS(48, 0) | BITS(53, 50)) /* revision, size, address width, memory type */
#define BASIC_PROMISES BITS(55, 54)

/*
 * Values without a row may differ: IA32_VMX_MISC's timer rate and counts, which the backend
 * does not use, and IA32_FEATURE_CONTROL's bits of other features.
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

/*
 * The use of each control. A control without a row keeps the CPU's default (SDM 3D
 * "Reserved Controls and Default Settings").
 */
enum need {
	REQUIRED,  /* set; without it the CPU is refused */
	OPTIONAL,  /* set if the CPU has it */
	SWITCHED,  /* at first clear; set and cleared while the guest runs */
	FORBIDDEN, /* clear; a CPU on which it must be set is refused */
};

enum word { PIN, PROC, PROC2, EXIT, ENTRY, WORDS };

struct control {
	u8 word; /* enum word */
	u8 need; /* enum need */
	u32 bit;
	const char *name; /* the manual's */
};

// clang-format off
static const struct control table[] = {
	{PIN,   REQUIRED,  PIN_EXTERNAL_INTERRUPT, "external-interrupt exiting"},
	{PIN,   REQUIRED,  PIN_NMI,                "NMI exiting"},
	{PIN,   REQUIRED,  PIN_VIRTUAL_NMI,        "virtual NMIs"},
	{PIN,   FORBIDDEN, PIN_POSTED,             "process posted interrupts"},

	{PROC,  SWITCHED,  PROC_INTERRUPT_WINDOW,  "interrupt-window exiting"},
	{PROC,  REQUIRED,  PROC_TSC_OFFSET,        "use TSC offsetting"},
	{PROC,  REQUIRED,  PROC_HLT,               "HLT exiting"},
	{PROC,  FORBIDDEN, PROC_INVLPG,            "INVLPG exiting"},
	{PROC,  REQUIRED,  PROC_MWAIT,             "MWAIT exiting"},
	{PROC,  REQUIRED,  PROC_RDPMC,             "RDPMC exiting"},
	{PROC,  FORBIDDEN, PROC_RDTSC,             "RDTSC exiting"},
	{PROC,  FORBIDDEN, PROC_CR3_LOAD,          "CR3-load exiting"},
	{PROC,  FORBIDDEN, PROC_CR3_STORE,         "CR3-store exiting"},
	{PROC,  FORBIDDEN, PROC_CR8_LOAD,          "CR8-load exiting"},
	{PROC,  FORBIDDEN, PROC_CR8_STORE,         "CR8-store exiting"},
	{PROC,  REQUIRED,  PROC_TPR_SHADOW,        "use TPR shadow"},
	{PROC,  SWITCHED,  PROC_NMI_WINDOW,        "NMI-window exiting"},
	{PROC,  FORBIDDEN, PROC_MOV_DR,            "MOV-DR exiting"},
	{PROC,  FORBIDDEN, PROC_ALL_IO,            "unconditional I/O exiting"},
	{PROC,  REQUIRED,  PROC_IO_BITMAPS,        "use I/O bitmaps"},
	{PROC,  REQUIRED,  PROC_MSR_BITMAP,        "use MSR bitmaps"},
	{PROC,  REQUIRED,  PROC_MONITOR,           "MONITOR exiting"},
	{PROC,  FORBIDDEN, PROC_PAUSE,             "PAUSE exiting"},
	{PROC,  REQUIRED,  (u32)PROC_SECONDARY,    "activate secondary controls"},

	{PROC2, REQUIRED,  PROC2_EPT,              "enable EPT"},
	{PROC2, REQUIRED,  PROC2_UNRESTRICTED,     "unrestricted guest"},
	/* Set while hardware runs the guest's APIC, where it can: vmx_caps_derive_accel. */
	{PROC2, FORBIDDEN, PROC2_APIC_ACCESSES,    "virtualize APIC accesses"},
	{PROC2, FORBIDDEN, PROC2_X2APIC,           "virtualize x2APIC mode"},
	{PROC2, FORBIDDEN, PROC2_APIC_REGISTERS,   "APIC-register virtualization"},
	{PROC2, FORBIDDEN, PROC2_INTERRUPT_DELIVERY, "virtual-interrupt delivery"},
	{PROC2, OPTIONAL,  PROC2_VPID,             "enable VPID"},
	{PROC2, OPTIONAL,  PROC2_PAUSE_LOOP,       "PAUSE-loop exiting"},
	/* Without the control the instruction is #UD: */
	{PROC2, OPTIONAL,  PROC2_RDTSCP,           "enable RDTSCP"},
	{PROC2, OPTIONAL,  PROC2_INVPCID,          "enable INVPCID"},
	{PROC2, OPTIONAL,  PROC2_XSAVES,           "enable XSAVES/XRSTORS"},
	/* ... and without these the instruction does not exit: */
	{PROC2, OPTIONAL,  PROC2_WBINVD,           "WBINVD exiting"},
	{PROC2, OPTIONAL,  PROC2_ENCLS,            "enable ENCLS exiting"},

	{EXIT,  REQUIRED,  EXIT_SAVE_DEBUG,        "save debug controls"},
	{EXIT,  REQUIRED,  EXIT_HOST_64,           "host address-space size"},
	{EXIT,  FORBIDDEN, EXIT_ACKNOWLEDGE,       "acknowledge interrupt on exit"},
	{EXIT,  REQUIRED,  EXIT_LOAD_PAT,          "load IA32_PAT on exit"},
	{EXIT,  REQUIRED,  EXIT_SAVE_EFER,         "save IA32_EFER"},
	{EXIT,  REQUIRED,  EXIT_LOAD_EFER,         "load IA32_EFER on exit"},

	{ENTRY, REQUIRED,  ENTRY_LOAD_DEBUG,       "load debug controls"},
	{ENTRY, SWITCHED,  ENTRY_GUEST_64,         "IA-32e mode guest"},
	{ENTRY, REQUIRED,  ENTRY_LOAD_PAT,         "load IA32_PAT on entry"},
	{ENTRY, REQUIRED,  ENTRY_LOAD_EFER,        "load IA32_EFER on entry"},
};
// clang-format on

/* Applies a row of the table to the word. False: this CPU cannot be used. */
static bool apply(const struct control *control, u64 msr, u32 *word)
{
	bool may_set = msr >> 32 & control->bit;
	bool may_clear = !(msr & control->bit);

	switch ((enum need)control->need) {
	case REQUIRED:
		*word |= control->bit;
		return may_set;
	case OPTIONAL:
		*word |= may_set ? control->bit : 0;
		return true;
	case SWITCHED:
		*word &= ~control->bit;
		return may_set && may_clear;
	case FORBIDDEN:
		return may_clear;
	}
	return false;
}

/* Collects the registers of allowed settings: the TRUE ones if the CPU has them. */
static void collect(const struct vmx_caps *caps, u64 msr[WORDS])
{
	bool has_true = caps->basic & VMX_BASIC_TRUE_CTLS;

	msr[PIN] = has_true ? caps->true_pin : caps->pin;
	msr[PROC] = has_true ? caps->true_proc : caps->proc;
	msr[PROC2] = caps->proc2;
	msr[EXIT] = has_true ? caps->true_exit : caps->exit;
	msr[ENTRY] = has_true ? caps->true_entry : caps->entry;
}

static enum status derive_words(const struct vmx_caps *caps, u32 word[WORDS], struct error *err)
{
	u64 msr[WORDS];

	collect(caps, msr);
	for (unsigned i = 0; i < WORDS; i++)
		word[i] = (u32)msr[i];
	for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
		const struct control *c = &table[i];

		if (apply(c, msr[c->word], &word[c->word]))
			continue;
		return fail(err, ERR_UNSUPPORTED, "'%s' %s, which guests need", c->name,
			    c->need == FORBIDDEN  ? "cannot be turned off"
			    : c->need == SWITCHED ? "cannot be switched"
						  : "is missing");
	}
	return OK;
}

static enum status check_ept(u64 cap, struct error *err)
{
	static const struct {
		u64 bits;
		const char *name;
	} needed[] = {
		{EPT_CAP_LEVELS_4, "EPT tables of four levels"},
		{EPT_CAP_WB, "EPT tables in write-back memory"},
		{EPT_CAP_2M, "EPT pages of 2 MiB"},
		{EPT_CAP_INVEPT, "INVEPT"},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(needed); i++)
		if (!(cap & needed[i].bits))
			return fail(err, ERR_UNSUPPORTED, "%s: missing, which guests need",
				    needed[i].name);
	if (!(cap & (EPT_CAP_INVEPT_SINGLE | EPT_CAP_INVEPT_ALL)))
		return fail(err, ERR_UNSUPPORTED, "INVEPT of no type that guests need");
	return OK;
}

/* Posting needs both controls (SDM 3C "Checks on VMX Controls"). */
static bool can_post(const struct vmx_caps *caps)
{
	u64 msr[WORDS];

	collect(caps, msr);
	return msr[PIN] >> 32 & PIN_POSTED && msr[EXIT] >> 32 & EXIT_ACKNOWLEDGE;
}

enum status vmx_caps_derive_controls(const struct vmx_caps *caps, struct vmx_controls *out,
				     struct error *err)
{
	u32 word[WORDS];
	enum status status = derive_words(caps, word, err);

	if (status == OK)
		status = check_ept(caps->ept_vpid, err);
	if (status != OK)
		return status;
	*out = (struct vmx_controls){
		.pin = word[PIN],
		.proc = word[PROC],
		.proc2 = word[PROC2],
		.exit = word[EXIT],
		.entry = word[ENTRY],
		/* SDM 3C "Unrestricted Guests": the guest is free to choose PE and PG. */
		.cr0_set = caps->cr0_fixed0 & ~(CR0_PE | CR0_PG),
		.cr0_clear = ~caps->cr0_fixed1,
		.cr4_set = caps->cr4_fixed0,
		.cr4_clear = ~caps->cr4_fixed1,
		.leaf_level = caps->ept_vpid & EPT_CAP_1G ? PT_LEVEL_1G : PT_LEVEL_2M,
		.invept_single = caps->ept_vpid & EPT_CAP_INVEPT_SINGLE,
		.posted = can_post(caps),
	};
	return OK;
}

/* Lists the table's names of the secondary controls in bits. */
static void name_controls(u32 bits, char *text, size_t size)
{
	text[0] = '\0';
	for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
		size_t used = strlen(text);

		if (table[i].word == PROC2 && (table[i].bit & bits))
			format_text(text + used, size - used, "%s'%s'", used ? ", " : "",
				    table[i].name);
	}
}

void vmx_caps_derive_accel(const struct vmx_caps *caps, struct accel_hardware *out)
{
	u32 missing = ~(u32)(caps->proc2 >> 32);

	if (missing & PROC2_XAPIC_MODE)
		out->modes &= (u8)~BIT(APIC_MODE_XAPIC);
	if (missing & PROC2_X2APIC_MODE)
		out->modes &= (u8)~BIT(APIC_MODE_X2APIC);
	if (!out->modes && !out->missing[0])
		name_controls(missing & (PROC2_XAPIC_MODE | PROC2_X2APIC), out->missing,
			      sizeof(out->missing));
}

static enum status check_feature_control(u64 value, struct error *err)
{
	if (!(value & FEATURE_CONTROL_LOCKED) || (value & FEATURE_CONTROL_VMX))
		return OK;
	if (value & FEATURE_CONTROL_VMX_IN_SMX)
		return fail(err, ERR_UNSUPPORTED,
			    "VMX is allowed in SMX only (IA32_FEATURE_CONTROL 0x%llx): allow "
			    "it outside of Trusted Execution in the firmware setup",
			    value);
	return fail(err, ERR_UNSUPPORTED,
		    "VMX is locked off in IA32_FEATURE_CONTROL (0x%llx): turn on VMX "
		    "(VT-x) in the firmware setup",
		    value);
}

enum status vmx_caps_check(const void *snapshot, struct error *err)
{
	const struct vmx_caps *caps = snapshot;
	struct vmx_controls controls;
	struct error why = {0};
	enum status status;

	if (!caps->present)
		return fail(err, ERR_UNSUPPORTED,
			    "no VMX (CPUID 1 ECX bit 5 is clear): guests need a CPU with "
			    "VT-x");
	status = check_feature_control(caps->feature_control, err);
	if (status != OK)
		return status;
	status = vmx_caps_derive_controls(caps, &controls, &why);
	if (status != OK)
		return fail(err, status, "VMX: %s: use a CPU that has it", why.text);
	return OK;
}

/* SDM 3D "Restrictions on VMX Operation". Only guests may clear PE and PG. */
enum status vmx_caps_check_fixed(const struct vmx_controls *controls, u64 cr0, u64 cr4,
				 struct error *err)
{
	const struct {
		const char *name, *must_be;
		u64 value, wrong;
	} checks[] = {
		{"CR0", "set", cr0, ~cr0 & (controls->cr0_set | CR0_PE | CR0_PG)},
		{"CR0", "clear", cr0, cr0 & controls->cr0_clear},
		{"CR4", "set", cr4, ~cr4 & controls->cr4_set},
		{"CR4", "clear", cr4, cr4 & controls->cr4_clear},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(checks); i++)
		if (checks[i].wrong)
			return fail(err, ERR_UNSUPPORTED,
				    "VMXON wants bits 0x%llx of %s %s (it is 0x%llx), which "
				    "this program does not provide",
				    checks[i].wrong, checks[i].name, checks[i].must_be,
				    checks[i].value);
	return OK;
}
