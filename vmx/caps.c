/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From capability MSRs to controls. The table says of each control what it is
 * to us; a control it does not name stays at what the CPU wants by default.
 * Pure. SDM 3D "Reserved Controls and Default Settings".
 */
#include "vmx/caps.h"

#include "core/base/format.h"
#include "core/base/regs.h"
#include "core/base/string.h"
#include "mm/pt.h"
#include "vmx/vmcs.h"

enum need {
	REQUIRED,  /* set; without it the CPU is refused */
	WANTED,	   /* set where it can be */
	SWITCHED,  /* set and cleared while the guest runs, at first clear */
	FORBIDDEN, /* clear; a CPU that insists on it is refused */
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
	/* Set while hardware runs the guest's APIC, where it can: vmx_derive_apic. */
	{PROC2, FORBIDDEN, PROC2_APIC_ACCESSES,    "virtualize APIC accesses"},
	{PROC2, FORBIDDEN, PROC2_X2APIC,           "virtualize x2APIC mode"},
	{PROC2, FORBIDDEN, PROC2_APIC_REGISTERS,   "APIC-register virtualization"},
	{PROC2, FORBIDDEN, PROC2_INTERRUPT_DELIVERY, "virtual-interrupt delivery"},
	{PROC2, WANTED,    PROC2_VPID,             "enable VPID"},
	{PROC2, WANTED,    PROC2_PAUSE_LOOP,       "PAUSE-loop exiting"},
	/* The instructions are #UD without: */
	{PROC2, WANTED,    PROC2_RDTSCP,           "enable RDTSCP"},
	{PROC2, WANTED,    PROC2_INVPCID,          "enable INVPCID"},
	{PROC2, WANTED,    PROC2_XSAVES,           "enable XSAVES/XRSTORS"},
	/* ... and these work without: */
	{PROC2, WANTED,    PROC2_WBINVD,           "WBINVD exiting"},
	{PROC2, WANTED,    PROC2_ENCLS,            "enable ENCLS exiting"},

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

/* What a row of the table makes of the word. False: this CPU cannot be used. */
static bool apply(const struct control *control, u64 msr, u32 *word)
{
	bool may_set = msr >> 32 & control->bit;
	bool may_clear = !(msr & control->bit);

	switch ((enum need)control->need) {
	case REQUIRED:
		*word |= control->bit;
		return may_set;
	case WANTED:
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

/* A register of allowed settings: the low half must be set, the high half may be. */
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

struct property {
	u64 bits;
	const char *name;
};

static enum status check_ept(u64 cap, struct error *err)
{
	static const struct property wanted[] = {
		{EPT_CAP_LEVELS_4, "EPT tables of four levels"},
		{EPT_CAP_WB, "EPT tables in write-back memory"},
		{EPT_CAP_2M, "EPT pages of 2 MiB"},
		{EPT_CAP_INVEPT, "INVEPT"},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!(cap & wanted[i].bits))
			return fail(err, ERR_UNSUPPORTED, "%s: missing, which guests need",
				    wanted[i].name);
	if (!(cap & (EPT_CAP_INVEPT_SINGLE | EPT_CAP_INVEPT_ALL)))
		return fail(err, ERR_UNSUPPORTED, "INVEPT of no type that guests need");
	return OK;
}

/* Both are set while hardware runs an APIC (SDM 3C "Checks on VMX Controls"). */
static bool can_post(const struct vmx_caps *caps)
{
	u64 msr[WORDS];

	collect(caps, msr);
	return msr[PIN] >> 32 & PIN_POSTED && msr[EXIT] >> 32 & EXIT_ACKNOWLEDGE;
}

enum status vmx_derive_controls(const struct vmx_caps *caps, struct vmx_controls *out,
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
		/* SDM 3C "Unrestricted Guests": paging and protection are the guest's own choice.
		 */
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

/* The names of the controls in bits, as the table has them. */
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

void vmx_derive_apic(const struct vmx_caps *caps, struct accel_hardware *out)
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

enum status vmx_caps_check(const struct vmx_caps *caps, struct error *err)
{
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
	status = vmx_derive_controls(caps, &controls, &why);
	if (status != OK)
		return fail(err, status, "VMX: %s: use a CPU that has it", why.text);
	return OK;
}

/* SDM 3D "Restrictions on VMX Operation"; PE and PG, which only guests may do without, are set. */
enum status vmx_check_fixed(const struct vmx_controls *controls, u64 cr0, u64 cr4,
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
