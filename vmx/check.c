/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes the checks of VM entry on a guest's state in software, each with its name, and owns
 * the names of VMX's error numbers. Pure.
 */
#include "vmx/check.h"

#include "core/model/event.h"
#include "vmx/vmcs.h"

#define EFER_DEFINED	(EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)
#define RFLAGS_RESERVED (BITS(63, 22) | BIT(15) | BIT(5) | BIT(3))
#define ACCESS_RESERVED (BITS(31, 17) | BITS(11, 8))
#define PENDING_BS	BIT(14)

static const char *const segment_names[CHECK_SEGMENTS] = {"ES", "CS", "SS",   "DS",
							  "FS", "GS", "LDTR", "TR"};

static enum status wrong(struct error *err, const char *what, u64 value)
{
	return fail(err, ERR_INVALID, "%s (0x%llx)", what, value);
}

static bool is_canonical(u64 address)
{
	return (u64)((s64)(address << 16) >> 16) == address;
}

/* True if each of the PAT's eight bytes is a memory type. */
static bool pat_valid(u64 pat)
{
	for (unsigned i = 0; i < 8; i++, pat >>= 8)
		if ((pat & 0xff) > 7 || (pat & 0xff) == 2 || (pat & 0xff) == 3)
			return false;
	return true;
}

static enum status check_paging(const struct vmx_check *c, struct error *err)
{
	if ((c->cr0 & CR0_PG) && !(c->cr0 & CR0_PE))
		return wrong(err, "CR0.PG without CR0.PE", c->cr0);
	if (c->long_mode && !((c->cr0 & CR0_PG) && (c->cr4 & CR4_PAE)))
		return wrong(err, "long mode without paging and CR4.PAE", c->cr0);
	if (!c->long_mode && (c->cr4 & CR4_PCIDE))
		return wrong(err, "CR4.PCIDE outside long mode", c->cr4);
	if (c->efer & ~EFER_DEFINED)
		return wrong(err, "EFER has bits that are not defined", c->efer);
	if (!(c->efer & EFER_LMA) == c->long_mode)
		return wrong(err, "EFER.LMA is not as the entry control says", c->efer);
	if ((c->cr0 & CR0_PG) && !(c->efer & EFER_LMA) != !(c->efer & EFER_LME))
		return wrong(err, "EFER.LMA and EFER.LME differ while paging is on", c->efer);
	return OK;
}

static enum status check_control(const struct vmx_check *c, struct error *err)
{
	if ((~c->cr0 & c->cr0_set) || (c->cr0 & c->cr0_clear))
		return wrong(err, "CR0 has not the bits that VMX wants", c->cr0);
	if ((~c->cr4 & c->cr4_set) || (c->cr4 & c->cr4_clear))
		return wrong(err, "CR4 has not the bits that VMX wants", c->cr4);
	if (c->cr3 >> c->phys_bits)
		return wrong(err, "CR3 is wider than a physical address", c->cr3);
	if (c->dr7 >> 32)
		return wrong(err, "DR7 has bits above 31", c->dr7);
	if (!pat_valid(c->pat))
		return wrong(err, "IA32_PAT has a type that does not exist", c->pat);
	return check_paging(c, err);
}

static enum status bad_segment(struct error *err, unsigned i, const char *what,
			       const struct vmx_check *c)
{
	return fail(err, ERR_INVALID,
		    "%s: %s (selector 0x%x, access 0x%x, limit 0x%x, base 0x%llx)",
		    segment_names[i], what, c->seg[i].selector, c->seg[i].access, c->seg[i].limit,
		    c->seg[i].base);
}

static unsigned dpl_of(const struct check_segment *seg)
{
	return seg->access >> SEGMENT_DPL_SHIFT & 3;
}

/* The checks on every usable segment. NULL: none fails; likewise below. */
static const char *common_problem(const struct check_segment *seg, bool system)
{
	bool granular = seg->access & SEGMENT_G;

	if (!(seg->access & SEGMENT_P))
		return "not present";
	if (seg->access & ACCESS_RESERVED)
		return "reserved access rights";
	if (!(seg->access & SEGMENT_S) != system)
		return "system and ordinary descriptor confused";
	if ((granular && ~seg->limit & BITS(11, 0)) || (!granular && seg->limit >> 20))
		return "limit and granularity do not fit";
	return NULL;
}

static const char *code_problem(const struct vmx_check *c)
{
	const struct check_segment *cs = &c->seg[SEG_CS], *ss = &c->seg[SEG_SS];
	unsigned type = cs->access & SEGMENT_TYPE_MASK;
	bool conforming = type == 13 || type == 15;

	if (cs->access & ACCESS_UNUSABLE)
		return "unusable";
	if (type != 3 && type != 9 && type != 11 && !conforming)
		return "not an accessed code segment";
	if (type == 3 && dpl_of(cs) != 0)
		return "a data segment with a DPL other than 0";
	if ((type == 9 || type == 11) && dpl_of(cs) != dpl_of(ss))
		return "another DPL than SS";
	if (conforming && dpl_of(cs) > dpl_of(ss))
		return "a DPL above that of SS";
	if (c->long_mode && (cs->access & SEGMENT_L) && (cs->access & SEGMENT_DB))
		return "both L and D";
	return cs->base >> 32 ? "base above 4 GiB" : NULL;
}

static const char *data_problem(const struct vmx_check *c, unsigned i)
{
	const struct check_segment *seg = &c->seg[i];
	unsigned type = seg->access & SEGMENT_TYPE_MASK;

	if (i == SEG_SS && !(c->cr0 & CR0_PE) && dpl_of(seg) != 0)
		return "a DPL other than 0 in real mode";
	if (seg->access & ACCESS_UNUSABLE)
		return NULL;
	if (i == SEG_SS && type != 3 && type != 7)
		return "not an accessed writable data segment";
	if (!(type & SEGMENT_ACCESSED) || ((type & SEGMENT_CODE) && !(type & SEGMENT_WRITABLE)))
		return "not accessed or not readable";
	if (i != SEG_FS && i != SEG_GS && seg->base >> 32)
		return "base above 4 GiB";
	return common_problem(seg, false);
}

static const char *system_problem(const struct vmx_check *c, unsigned i)
{
	const struct check_segment *seg = &c->seg[i];
	unsigned type = seg->access & SEGMENT_TYPE_MASK;

	if (seg->access & ACCESS_UNUSABLE)
		return i == CHECK_TR ? "unusable" : NULL;
	if (i == CHECK_LDTR && type != 2)
		return "not an LDT";
	if (i == CHECK_TR && type != 11 && (type != 3 || c->long_mode))
		return "not a busy TSS";
	if (seg->selector & BIT(2))
		return "its selector points into the LDT";
	return common_problem(seg, true);
}

static const char *segment_problem(const struct vmx_check *c, unsigned i)
{
	const char *problem = NULL;

	if (i >= CHECK_LDTR)
		problem = system_problem(c, i);
	else if (i == SEG_CS)
		problem = code_problem(c);
	else
		problem = data_problem(c, i);
	if (!problem && i == SEG_CS)
		problem = common_problem(&c->seg[i], false);
	if (!problem && !is_canonical(c->seg[i].base))
		problem = "base is not canonical";
	return problem;
}

/* SDM 1 "Real-Address Mode and Virtual-8086 Mode": the selector determines the other fields. */
static const char *virtual_8086_problem(const struct check_segment *seg)
{
	enum { ACCESS_V86 = 0xf3 };

	if (seg->base != (u64)seg->selector << 4)
		return "base is not the selector times 16 in virtual-8086 mode";
	if (seg->limit != 0xffff || seg->access != ACCESS_V86)
		return "limit or access rights in virtual-8086 mode";
	return NULL;
}

static enum status check_segments(const struct vmx_check *c, struct error *err)
{
	for (unsigned i = 0; i < CHECK_SEGMENTS; i++) {
		bool simple = (c->rflags & RFLAGS_VM) && i < CHECK_LDTR;
		const char *problem =
			simple ? virtual_8086_problem(&c->seg[i]) : segment_problem(c, i);

		if (problem)
			return bad_segment(err, i, problem, c);
	}
	if (!is_canonical(c->gdtr_base) || c->gdtr_limit >> 16)
		return wrong(err, "GDTR: base or limit", c->gdtr_base);
	if (!is_canonical(c->idtr_base) || c->idtr_limit >> 16)
		return wrong(err, "IDTR: base or limit", c->idtr_base);
	return OK;
}

static enum status check_flags(const struct vmx_check *c, struct error *err)
{
	bool wide = c->long_mode && (c->seg[SEG_CS].access & SEGMENT_L);

	if (!wide && c->rip >> 32)
		return wrong(err, "RIP above 4 GiB outside 64-bit mode", c->rip);
	if ((c->rflags & RFLAGS_RESERVED) || !(c->rflags & RFLAGS_FIXED))
		return wrong(err, "RFLAGS: reserved bits", c->rflags);
	if ((c->rflags & RFLAGS_VM) && (c->long_mode || !(c->cr0 & CR0_PE)))
		return wrong(err, "RFLAGS.VM outside 32-bit protected mode", c->rflags);
	return OK;
}

static enum status check_event(const struct vmx_check *c, struct error *err)
{
	unsigned type = c->event >> VMCS_EVENT_TYPE_SHIFT & VMCS_EVENT_TYPE_MASK;
	bool interrupt = (c->event & VMCS_EVENT_VALID) && type == EVENT_INTR;
	bool nmi = (c->event & VMCS_EVENT_VALID) && type == EVENT_NMI;

	if ((c->blocking & BLOCKING_SHADOW) == BLOCKING_SHADOW)
		return wrong(err, "events blocked by STI and by MOV SS at once", c->blocking);
	if ((c->blocking & BLOCKING_STI) && !(c->rflags & RFLAGS_IF))
		return wrong(err, "events blocked by STI while RFLAGS.IF is clear", c->blocking);
	if (interrupt && (!(c->rflags & RFLAGS_IF) || (c->blocking & BLOCKING_SHADOW)))
		return wrong(err, "an interrupt for a guest that takes none", c->event);
	if (nmi && (c->blocking & (BLOCKING_SHADOW | BLOCKING_NMI)))
		return wrong(err, "an NMI for a guest that takes none", c->event);
	return OK;
}

enum status vmx_check_state(const struct vmx_check *c, struct error *err)
{
	bool held = c->blocking & BLOCKING_SHADOW || c->activity;
	enum status status = check_control(c, err);

	if (status == OK)
		status = check_segments(c, err);
	if (status == OK)
		status = check_flags(c, err);
	if (status == OK)
		status = check_event(c, err);
	if (status == OK && held && !(c->rflags & RFLAGS_TF) != !(c->pending_debug & PENDING_BS))
		status = wrong(err, "a pending single step that does not go with RFLAGS.TF",
			       c->pending_debug);
	return status;
}

static const char *const instruction_errors[] = {
	[1] = "VMCALL in VMX root operation",
	[2] = "VMCLEAR with an invalid physical address",
	[3] = "VMCLEAR with the VMXON pointer",
	[4] = "VMLAUNCH of a VMCS that is not clear",
	[5] = "VMRESUME of a VMCS that was not launched",
	[6] = "VMRESUME after VMXOFF and VMXON",
	[7] = "VM entry with invalid control fields",
	[8] = "VM entry with invalid host-state fields",
	[9] = "VMPTRLD with an invalid physical address",
	[10] = "VMPTRLD with the VMXON pointer",
	[11] = "VMPTRLD of a VMCS with another revision identifier",
	[12] = "VMREAD or VMWRITE of a field that this CPU does not have",
	[13] = "VMWRITE to a read-only field",
	[15] = "VMXON in VMX root operation",
	[16] = "VM entry with an invalid executive-VMCS pointer",
	[17] = "VM entry with an executive VMCS that was not launched",
	[18] = "VM entry with an executive-VMCS pointer that is not the VMXON pointer",
	[19] = "VMCALL with a VMCS that is not clear",
	[20] = "VMCALL with invalid VM-exit control fields",
	[22] = "VMCALL with another MSEG revision identifier",
	[23] = "VMXOFF under the dual-monitor treatment",
	[24] = "VMCALL with invalid SMM-monitor features",
	[25] = "VM entry with invalid VM-execution control fields in the executive VMCS",
	[26] = "VM entry with events blocked by MOV SS",
	[28] = "INVEPT or INVVPID with an invalid operand",
};

const char *vmx_check_error_name(u64 number)
{
	const char *text =
		number < ARRAY_SIZE(instruction_errors) ? instruction_errors[number] : NULL;

	return text ? text : "unknown error";
}

const char *vmx_check_entry_name(u64 qualification)
{
	switch (qualification) {
	case 2:
		return "the page-directory-pointer-table entries cannot be loaded";
	case 3:
		return "an NMI is to be injected where STI blocks events";
	case 4:
		return "the VMCS link pointer is invalid";
	}
	return "a register or segment is invalid";
}
