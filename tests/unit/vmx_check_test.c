/* SPDX-License-Identifier: BSD-2-Clause */
/* A valid guest state passes. Every state that VM entry refuses is named. */
#include <string.h>

#include "tests/unit/test.h"

#include "vmx/check.h"
#include "vmx/vmcs.h"

static struct vmx_check c;
static struct error err;

static void set_segment(unsigned i, u16 selector, u32 access, u32 limit, u64 base)
{
	c.seg[i] = (struct check_segment){selector, limit, access, base};
}

static void begin(void)
{
	memset(&c, 0, sizeof(c));
	c.cr0_set = CR0_NE;
	c.cr0_clear = ~0xffffffffULL;
	c.cr4_set = CR4_VMXE;
	c.cr4_clear = ~0x1727ffULL;
	c.phys_bits = 39;
	c.cr0 = CR0_NE | CR0_ET;
	c.cr4 = CR4_VMXE;
	c.pat = 0x0007040600070406;
	c.dr7 = DR7_RESET;
	c.rflags = RFLAGS_FIXED;
}

/* After reset. */
static void real_mode(void)
{
	begin();
	c.rip = 0xfff0;
	for (unsigned i = 0; i < SEG_COUNT; i++)
		set_segment(i, 0, 0x93, 0xffff, 0);
	set_segment(SEG_CS, 0xf000, 0x9b, 0xffff, 0xffff0000);
	set_segment(CHECK_LDTR, 0, 0x82, 0xffff, 0);
	set_segment(CHECK_TR, 0, 0x8b, 0xffff, 0);
}

/* As under Linux. */
static void kernel(void)
{
	begin();
	c.long_mode = true;
	c.cr0 |= CR0_PE | CR0_PG | CR0_WP;
	c.cr4 |= CR4_PAE | CR4_PGE;
	c.cr3 = 0x1000;
	c.efer = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;
	c.rip = 0xffffffff81000000;
	for (unsigned i = 0; i < SEG_COUNT; i++)
		set_segment(i, 0, ACCESS_UNUSABLE, 0, 0);
	set_segment(SEG_CS, 0x10, 0xa09b, 0xffffffff, 0);
	set_segment(SEG_GS, 0, ACCESS_UNUSABLE, 0, 0xffff888000000000);
	set_segment(CHECK_LDTR, 0, ACCESS_UNUSABLE, 0, 0);
	set_segment(CHECK_TR, 0x40, 0x8b, 0x206f, 0xfffffe0000003000);
	c.gdtr_base = c.idtr_base = 0xfffffe0000001000;
	c.gdtr_limit = 0x7f;
	c.idtr_limit = 0xfff;
}

static void virtual_8086(void)
{
	real_mode();
	c.cr0 |= CR0_PE;
	c.rflags |= RFLAGS_VM;
	for (unsigned i = 0; i < SEG_COUNT; i++)
		set_segment(i, (u16)(0x100 * i), 0xf3, 0xffff, 0x1000 * i);
}

static void expect_valid(void)
{
	err.text[0] = '\0';
	assert_int_equal(vmx_check_state(&c, &err), OK);
}

static void expect(const char *text)
{
	assert_int_equal(vmx_check_state(&c, &err), ERR_INVALID);
	if (!strstr(err.text, text))
		assert_string_equal(err.text, text); /* names both */
}

static void valid_states(void **state)
{
	(void)state;
	real_mode();
	expect_valid();
	kernel();
	expect_valid();
	virtual_8086();
	expect_valid();
}

static void control_registers(void **state)
{
	(void)state;
	real_mode(), c.cr0 &= ~CR0_NE, expect("CR0 has not");
	real_mode(), c.cr0 |= BIT(32), expect("CR0 has not");
	real_mode(), c.cr0 |= CR0_PG, expect("CR0.PG without CR0.PE");
	real_mode(), c.cr4 = 0, expect("CR4 has not");
	real_mode(), c.cr4 |= BIT(11), expect("CR4 has not");
	real_mode(), c.cr4 |= CR4_PCIDE, expect("CR4.PCIDE");
	real_mode(), c.dr7 |= BIT(40), expect("DR7");
	real_mode(), c.pat = 0x0207040600070406, expect("IA32_PAT");
	real_mode(), c.efer = EFER_LMA, expect("EFER.LMA");
	real_mode(), c.efer = BIT(1), expect("EFER has bits");
	kernel(), c.cr3 = BIT(39), expect("CR3");
	kernel(), c.cr4 &= ~CR4_PAE, expect("long mode without");
	kernel(), c.efer &= ~EFER_LMA, expect("EFER.LMA");
	kernel(), c.efer &= ~EFER_LME, expect("EFER.LMA and EFER.LME");
}

static void segments(void **state)
{
	(void)state;
	kernel(), c.seg[SEG_CS].access |= SEGMENT_DB, expect("CS: both L and D");
	kernel(), c.seg[SEG_CS].access = ACCESS_UNUSABLE, expect("CS: unusable");
	kernel(), c.seg[SEG_CS].access &= ~SEGMENT_ACCESSED, expect("CS: not an accessed code");
	kernel(), c.seg[SEG_CS].access |= 3 << 5, expect("CS: another DPL than SS");
	kernel(), c.seg[SEG_CS].limit = 0xfffff000, expect("CS: limit and granularity");
	kernel(), c.seg[SEG_CS].access &= ~SEGMENT_G, expect("CS: limit and granularity");
	kernel(), c.seg[SEG_CS].base = BIT(32), expect("CS: base above 4 GiB");
	kernel(), c.seg[SEG_GS].base = BIT(63), expect("GS: base is not canonical");
	kernel(), c.seg[CHECK_TR].access = 0x89, expect("TR: not a busy TSS");
	kernel(), c.seg[CHECK_TR].access = 0x83, expect("TR: not a busy TSS");
	kernel(), c.seg[CHECK_TR].access = ACCESS_UNUSABLE, expect("TR: unusable");
	kernel(), c.seg[CHECK_TR].selector = 0x44, expect("TR: its selector");
	real_mode(), c.seg[CHECK_LDTR].access = 0x8b, expect("LDTR: not an LDT");
	real_mode(), c.seg[SEG_SS].access = 0x9b, expect("SS: not an accessed writable");
	real_mode(), c.seg[SEG_CS].access = 0x93, c.seg[SEG_SS].access = 0xf3;
	expect("SS: a DPL other than 0 in real mode");
	real_mode(), c.seg[SEG_DS].access = 0x92, expect("DS: not accessed");
	real_mode(), c.seg[SEG_DS].access = 0x13, expect("DS: not present");
	real_mode(), c.seg[SEG_FS].access = 0x83, expect("FS: system and ordinary");
	real_mode(), c.seg[SEG_ES].access = 0x193, expect("ES: reserved access");
	virtual_8086(), c.seg[SEG_SS].base = 0, expect("SS: base is not the selector");
	virtual_8086(), c.seg[SEG_ES].limit = 0xfffff, expect("ES: limit or access");
	kernel(), c.gdtr_base = BIT(63), expect("GDTR");
	kernel(), c.idtr_limit = 0x10000, expect("IDTR");
}

static void flags_and_events(void **state)
{
	(void)state;
	real_mode(), c.rip = BIT(32), expect("RIP above 4 GiB");
	real_mode(), c.rflags = 0, expect("RFLAGS: reserved");
	real_mode(), c.rflags |= BIT(15), expect("RFLAGS: reserved");
	virtual_8086(), c.cr0 &= ~CR0_PE, expect("RFLAGS.VM outside");
	real_mode(), c.blocking = 3, c.rflags |= RFLAGS_IF, expect("by STI and by MOV SS");
	real_mode(), c.blocking = 1, expect("while RFLAGS.IF is clear");
	real_mode(), c.event = 0x80000030, expect("an interrupt for a guest");
	real_mode(), c.event = 0x80000202, c.blocking = 2, expect("an NMI for a guest");
	real_mode(), c.event = 0x80000202, c.blocking = 8, expect("an NMI for a guest");
	real_mode(), c.event = 0x80000030, c.rflags |= RFLAGS_IF, expect_valid();
	real_mode(), c.rflags |= RFLAGS_TF, c.blocking = 2, expect("single step");
	real_mode(), c.pending_debug = BIT(14), c.blocking = 2, expect("single step");
	real_mode(), c.rflags |= RFLAGS_TF, c.pending_debug = BIT(14), c.blocking = 2;
	expect_valid();
}

static void texts(void **state)
{
	(void)state;
	assert_non_null(strstr(vmx_check_error_name(7), "invalid control fields"));
	assert_string_equal(vmx_check_error_name(0), "unknown error");
	assert_string_equal(vmx_check_error_name(14), "unknown error");
	assert_string_equal(vmx_check_error_name(~0ULL), "unknown error");
	assert_non_null(strstr(vmx_check_entry_name(3), "NMI"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_states), cmocka_unit_test(control_registers),
		cmocka_unit_test(segments),	cmocka_unit_test(flags_and_events),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
