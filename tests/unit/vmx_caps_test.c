/* SPDX-License-Identifier: BSD-2-Clause */
/* Controls from invented capability MSRs, and the reasons to refuse a CPU. */
#include <string.h>

#include "tests/unit/test.h"

#include "core/base/regs.h"
#include "mm/pt.h"
#include "vmx/caps.h"
#include "vmx/vmcs.h"

static struct vmx_controls controls;
static struct error err;

/* The values of a CPU of 2013. */
static const struct vmx_caps haswell = {
	.present = 1,
	.feature_control = 5,
	.basic = 0x00da040000000012,
	.pin = 0x0000007f00000016,
	.proc = 0xfff9fffe0401e172,
	.exit = 0x007fffff00036dff,
	.entry = 0x0000ffff000011ff,
	.true_pin = 0x0000007f00000016,
	.true_proc = 0xfff9fffe04006172,
	.true_exit = 0x007fffff00036dfb,
	.true_entry = 0x0000ffff000011fb,
	.proc2 = 0x00007cff00000000,
	.misc = 0x300481e5,
	.cr0_fixed0 = 0x80000021,
	.cr0_fixed1 = 0xffffffff,
	.cr4_fixed0 = 0x2000,
	.cr4_fixed1 = 0x1727ff,
	.ept_vpid = 0xf0106334141,
};

static bool derive(const struct vmx_caps *caps)
{
	memset(&controls, 0xa5, sizeof(controls));
	err.text[0] = '\0';
	return vmx_caps_derive_controls(caps, &controls, &err) == OK;
}

/* Removes the permission to set bit from a register and its TRUE form. */
static void forbid(u64 *msr, u64 *true_msr, u64 bit)
{
	*msr &= ~(bit << 32);
	*true_msr &= ~(bit << 32);
}

static void ordinary_cpu(void **state)
{
	(void)state;
	assert_true(derive(&haswell));
	assert_int_equal(controls.pin, 0x16 | BIT(0) | BIT(3) | BIT(5));
	/* default1 without CR3 exiting, and the controls that the table turns on */
	assert_int_equal(controls.proc, 0x04006172 | BIT(3) | BIT(7) | BIT(10) | BIT(11) | BIT(21) |
						BIT(25) | BIT(28) | BIT(29) | BIT(31));
	assert_int_equal(controls.proc2,
			 BIT(1) | BIT(3) | BIT(5) | BIT(6) | BIT(7) | BIT(10) | BIT(12));
	assert_int_equal(controls.exit, 0x36dfb | BIT(2) | BIT(9) | BIT(19) | BIT(20) | BIT(21));
	assert_int_equal(controls.entry, 0x11fb | BIT(2) | BIT(14) | BIT(15));
	assert_true(controls.cr0_set == 0x20); /* NE; PE and PG are free */
	assert_true(controls.cr4_set == 0x2000);
	assert_true(controls.cr0_clear == ~0xffffffffULL);
	assert_int_equal(controls.leaf_level, PT_LEVEL_1G);
	assert_true(controls.invept_single);
}

/* The CPU allows every control: required bits are set, and forbidden bits are not. */
static void within_allowed(void **state)
{
	(void)state;
	assert_true(derive(&haswell));
	assert_int_equal(controls.pin & (u32)haswell.true_pin, (u32)haswell.true_pin);
	assert_int_equal(controls.proc & (u32)haswell.true_proc, (u32)haswell.true_proc);
	assert_int_equal(controls.exit & (u32)haswell.true_exit, (u32)haswell.true_exit);
	assert_int_equal(controls.entry & (u32)haswell.true_entry, (u32)haswell.true_entry);
	assert_int_equal(controls.pin & ~(u32)(haswell.true_pin >> 32), 0);
	assert_int_equal(controls.proc & ~(u32)(haswell.true_proc >> 32), 0);
	assert_int_equal(controls.proc2 & ~(u32)(haswell.proc2 >> 32), 0);
	assert_int_equal(controls.exit & ~(u32)(haswell.true_exit >> 32), 0);
	assert_int_equal(controls.entry & ~(u32)(haswell.true_entry >> 32), 0);
}

static void wanted_are_optional(void **state)
{
	struct vmx_caps caps = haswell;

	(void)state;
	caps.proc2 &= ~((BIT(3) | BIT(5) | BIT(6) | BIT(10) | BIT(12)) << 32);
	assert_true(derive(&caps));
	assert_int_equal(controls.proc2, BIT(1) | BIT(7));
	caps.proc2 |= (BIT(15) | BIT(20)) << 32;
	assert_true(derive(&caps));
	assert_int_equal(controls.proc2, BIT(1) | BIT(7) | BIT(15) | BIT(20));
}

struct refusal {
	u8 word; /* 0 pin, 1 proc, 2 proc2, 3 exit, 4 entry */
	u8 bit;
	const char *name;
};

static void each_requirement_is_named(void **state)
{
	static const struct refusal refusals[] = {
		{0, 0, "external-interrupt exiting"},
		{0, 3, "NMI exiting"},
		{0, 5, "virtual NMIs"},
		{1, 2, "interrupt-window exiting"},
		{1, 3, "use TSC offsetting"},
		{1, 7, "HLT exiting"},
		{1, 21, "use TPR shadow"},
		{1, 22, "NMI-window exiting"},
		{1, 25, "use I/O bitmaps"},
		{1, 28, "use MSR bitmaps"},
		{1, 31, "activate secondary controls"},
		{2, 1, "enable EPT"},
		{2, 7, "unrestricted guest"},
		{3, 9, "host address-space size"},
		{3, 19, "load IA32_PAT on exit"},
		{3, 20, "save IA32_EFER"},
		{4, 9, "IA-32e mode guest"},
		{4, 15, "load IA32_EFER on entry"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct vmx_caps caps = haswell;
		u64 *msr[] = {&caps.pin, &caps.proc, &caps.proc2, &caps.exit, &caps.entry};
		u64 *true_msr[] = {&caps.true_pin, &caps.true_proc, &caps.proc2, &caps.true_exit,
				   &caps.true_entry};

		forbid(msr[refusals[i].word], true_msr[refusals[i].word], BIT(refusals[i].bit));
		assert_false(derive(&caps));
		assert_non_null(strstr(err.text, refusals[i].name));
		assert_non_null(strstr(err.text, "which guests need"));
	}
}

/* Without TRUE registers the default ones apply, which require CR3 exiting. */
static void old_registers_insist(void **state)
{
	struct vmx_caps caps = haswell;

	(void)state;
	caps.basic &= ~BIT(55);
	caps.true_pin = caps.true_proc = caps.true_exit = caps.true_entry = 0;
	assert_false(derive(&caps));
	assert_non_null(strstr(err.text, "'CR3-load exiting' cannot be turned off"));
	caps.proc &= ~0x18000ULL;
	assert_true(derive(&caps));
	assert_int_equal(controls.entry, 0x11ff | BIT(14) | BIT(15));
}

static void what_cannot_be_switched(void **state)
{
	struct vmx_caps caps = haswell;

	(void)state;
	caps.true_proc |= BIT(2);
	assert_false(derive(&caps));
	assert_non_null(strstr(err.text, "'interrupt-window exiting' cannot be switched"));
	caps = haswell;
	caps.true_exit |= BIT(15);
	assert_false(derive(&caps));
	assert_non_null(strstr(err.text, "'acknowledge interrupt on exit' cannot be turned off"));
}

static void ept_properties(void **state)
{
	static const u8 required[] = {6, 14, 16, 20};
	struct vmx_caps caps = haswell;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(required); i++) {
		caps.ept_vpid = haswell.ept_vpid & ~BIT(required[i]);
		assert_false(derive(&caps));
	}
	caps.ept_vpid = haswell.ept_vpid & ~BIT(25);
	assert_true(derive(&caps));
	assert_false(controls.invept_single);
	caps.ept_vpid &= ~BIT(26);
	assert_false(derive(&caps));
	caps.ept_vpid = haswell.ept_vpid & ~BIT(17);
	assert_true(derive(&caps));
	assert_int_equal(controls.leaf_level, PT_LEVEL_2M);
}

static bool check(const struct vmx_caps *caps)
{
	err.text[0] = '\0';
	return vmx_caps_check(caps, &err) == OK;
}

static void feature_control(void **state)
{
	static const u64 fine[] = {0, 2, 4, 5, 7, 0x40005};
	struct vmx_caps caps = haswell;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fine); i++) {
		caps.feature_control = fine[i];
		assert_true(check(&caps));
	}
	caps.feature_control = 1;
	assert_false(check(&caps));
	assert_non_null(strstr(err.text, "VMX is locked off"));
	assert_non_null(strstr(err.text, "firmware setup"));
	caps.feature_control = 3;
	assert_false(check(&caps));
	assert_non_null(strstr(err.text, "in SMX only"));
}

static void fixed_bits_of_control_registers(void **state)
{
	const u64 cr0 = CR0_PG | CR0_NE | CR0_PE, cr4 = CR4_VMXE;
	static const struct {
		u64 cr0_flip, cr4_flip;
		const char *words;
	} cases[] = {
		{CR0_NE, 0, "VMXON wants bits 0x20 of CR0 set (it is 0x80000001)"},
		{CR0_PG | CR0_PE, 0, "VMXON wants bits 0x80000001 of CR0 set (it is 0x20)"},
		{BIT(32), 0, "VMXON wants bits 0x100000000 of CR0 clear"},
		{0, CR4_VMXE, "VMXON wants bits 0x2000 of CR4 set (it is 0x0)"},
		{0, BIT(22), "VMXON wants bits 0x400000 of CR4 clear (it is 0x402000)"},
	};

	(void)state;
	assert_true(derive(&haswell));
	assert_int_equal(vmx_caps_check_fixed(&controls, cr0, cr4, &err), OK);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(vmx_caps_check_fixed(&controls, cr0 ^ cases[i].cr0_flip,
						      cr4 ^ cases[i].cr4_flip, &err),
				 ERR_UNSUPPORTED);
		assert_non_null(strstr(err.text, cases[i].words));
	}
}

static void refusals_have_reasons(void **state)
{
	struct vmx_caps caps = {0};

	(void)state;
	assert_false(check(&caps));
	assert_non_null(strstr(err.text, "no VMX"));
	caps = haswell;
	caps.proc2 &= ~(BIT(7) << 32);
	assert_false(check(&caps));
	assert_non_null(strstr(err.text, "VMX: 'unrestricted guest' is missing"));
}

/* The names of differences are those of the manual. */
static void difference_is_named(void **state)
{
	struct vmx_caps other = haswell;
	struct caps_cursor cursor = {0};
	struct caps_difference found;

	(void)state;
	assert_false(caps_compare(&vmx_caps_table, &haswell, &other, &cursor, &found));
	other.proc2 &= ~(BIT(10) << 32);
	other.misc ^= 1; /* not compared */
	cursor = (struct caps_cursor){0};
	assert_true(caps_compare(&vmx_caps_table, &haswell, &other, &cursor, &found));
	assert_string_equal(found.name, "IA32_VMX_PROCBASED_CTLS2");
	assert_non_null(strstr(found.detail, "PAUSE-loop exiting"));
	assert_true(caps_has_common(&found));
	assert_false(caps_compare(&vmx_caps_table, &haswell, &other, &cursor, &found));
}

/* The common controls: bits that either CPU requires, and bits that both allow. */
static void common_controls(void **state)
{
	struct vmx_caps view = haswell, other = haswell;

	(void)state;
	other.proc2 &= ~(BIT(5) << 32);
	other.true_proc |= BIT(4);
	other.ept_vpid &= ~BIT(25);
	caps_intersect(&vmx_caps_table, &view, &other);
	assert_true(derive(&view));
	assert_false(controls.proc2 & BIT(5));
	assert_true(controls.proc & BIT(4));
	assert_false(controls.invept_single);
}

static struct accel_hardware derive_apic(u32 proc2)
{
	struct accel_hardware apic = {.modes = BIT(APIC_MODE_XAPIC) | BIT(APIC_MODE_X2APIC)};
	struct vmx_caps caps = haswell;

	caps.proc2 |= (u64)proc2 << 32;
	caps.proc2 &= ~(0x313ULL << 32) | (u64)proc2 << 32;
	vmx_caps_derive_accel(&caps, &apic);
	return apic;
}

/* Each mode needs three controls. If neither mode is possible, the missing controls are named. */
static void apic_modes(void **state)
{
	struct accel_hardware apic;

	(void)state;
	assert_int_equal(derive_apic(BIT(0) | BIT(4) | BIT(8) | BIT(9)).modes,
			 BIT(APIC_MODE_XAPIC) | BIT(APIC_MODE_X2APIC));
	assert_int_equal(derive_apic(BIT(0) | BIT(8) | BIT(9)).modes, BIT(APIC_MODE_XAPIC));
	assert_int_equal(derive_apic(BIT(4) | BIT(8) | BIT(9)).modes, BIT(APIC_MODE_X2APIC));
	apic = derive_apic(BIT(0) | BIT(4) | BIT(9));
	assert_int_equal(apic.modes, 0);
	assert_string_equal(apic.missing, "'APIC-register virtualization'");
	apic = derive_apic(BIT(0) | BIT(4) | BIT(8));
	assert_int_equal(apic.modes, 0);
	assert_string_equal(apic.missing, "'virtual-interrupt delivery'");
	apic = derive_apic(0);
	assert_string_equal(apic.missing, "'virtualize APIC accesses', 'virtualize x2APIC mode', "
					  "'APIC-register virtualization', 'virtual-interrupt "
					  "delivery'");
}

/*
 * A feature that one CPU lacks is off for all guests. The first CPU without any mode names
 * the missing control.
 */
static void apic_of_all_cpus(void **state)
{
	struct accel_hardware apic = derive_apic(BIT(0) | BIT(8) | BIT(9));
	struct vmx_caps caps = haswell;

	(void)state;
	caps.proc2 |= (BIT(4) | BIT(8) | BIT(9)) << 32;
	caps.proc2 &= ~(BIT(0) << 32);
	vmx_caps_derive_accel(&caps, &apic);
	assert_int_equal(apic.modes, 0);
	assert_string_equal(apic.missing, "'virtualize APIC accesses'");
}

/* The controls are off until a vCPU is accelerated. */
static void apic_controls_start_clear(void **state)
{
	struct vmx_caps caps = haswell;

	(void)state;
	caps.proc2 |= 0x313ULL << 32;
	assert_true(derive(&caps));
	assert_int_equal(controls.proc2 & 0x311, 0);
}

/* Needs both controls. Neither is on until an APIC is accelerated. */
static void posted_interrupts(void **state)
{
	struct vmx_caps caps = haswell;

	(void)state;
	assert_true(derive(&caps));
	assert_false(controls.posted);
	caps.true_pin |= BIT(7) << 32;
	assert_true(derive(&caps));
	assert_true(controls.posted);
	assert_int_equal(controls.pin & BIT(7), 0);
	assert_int_equal(controls.exit & BIT(15), 0);
	caps.true_exit &= ~(BIT(15) << 32);
	assert_true(derive(&caps));
	assert_false(controls.posted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_cpu),
		cmocka_unit_test(within_allowed),
		cmocka_unit_test(wanted_are_optional),
		cmocka_unit_test(each_requirement_is_named),
		cmocka_unit_test(old_registers_insist),
		cmocka_unit_test(what_cannot_be_switched),
		cmocka_unit_test(ept_properties),
		cmocka_unit_test(feature_control),
		cmocka_unit_test(fixed_bits_of_control_registers),
		cmocka_unit_test(refusals_have_reasons),
		cmocka_unit_test(difference_is_named),
		cmocka_unit_test(common_controls),
		cmocka_unit_test(apic_modes),
		cmocka_unit_test(apic_of_all_cpus),
		cmocka_unit_test(apic_controls_start_clear),
		cmocka_unit_test(posted_interrupts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
