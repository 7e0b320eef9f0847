/* SPDX-License-Identifier: BSD-2-Clause */
/* SVM's snapshot: features that suffice for guests, names of missing ones, and differences. */
#include <string.h>

#include "tests/unit/test.h"

#include "svm/caps.h"

static struct svm_caps boot, other;
static struct error error;

static int setup(void **state)
{
	(void)state;
	boot = (struct svm_caps){1, 1, 0x8000, 0x101bbcff, 0};
	other = boot;
	return 0;
}

static void expect_refusal(const char *words)
{
	assert_int_equal(svm_caps_check(&other, &error), ERR_UNSUPPORTED);
	if (!strstr(error.text, words))
		print_error("%s\n", error.text);
	assert_non_null(strstr(error.text, words));
	assert_in_range(strlen(error.text), 20, ERROR_TEXT_SIZE - 2);
}

static void each_refusal(void **state)
{
	(void)state;
	assert_int_equal(svm_caps_check(&other, &error), OK);
	other = (struct svm_caps){0};
	expect_refusal("no SVM");
	setup(NULL);
	other.vm_cr = VM_CR_SVMDIS | VM_CR_LOCK;
	expect_refusal("locked in VM_CR (0x18): turn on SVM (AMD-V) in the firmware setup");
	other.vm_cr = VM_CR_SVMDIS;
	assert_int_equal(svm_caps_check(&other, &error), OK);
	other.vm_cr = VM_CR_LOCK;
	assert_int_equal(svm_caps_check(&other, &error), OK);
	other.features &= ~SVM_FEATURE_NP;
	expect_refusal("no nested paging");
	setup(NULL);
	other.asids = 1;
	expect_refusal("1 address space IDs");
	other.asids = 2;
	assert_int_equal(svm_caps_check(&other, &error), OK);
}

static void expect_difference(const char *text, bool has_common)
{
	struct caps_cursor cursor = {0};
	struct caps_difference d;
	char got[160];

	assert_true(caps_compare(&svm_caps_table, &boot, &other, &cursor, &d));
	caps_describe(&d, got, sizeof(got));
	assert_string_equal(got, text);
	assert_int_equal(caps_has_common(&d), has_common);
	assert_false(caps_compare(&svm_caps_table, &boot, &other, &cursor, &d));
	setup(NULL);
}

static void each_difference(void **state)
{
	(void)state;
	other.features &= ~(BIT(13) | BIT(3));
	expect_difference("SVM_FEATURES 0x101b9cf7 differs from cpu0 0x101bbcff "
			  "(missing: NRIPS, AVIC)",
			  true);
	other.features |= BIT(30);
	expect_difference("SVM_FEATURES 0x501bbcff differs from cpu0 0x101bbcff (extra: bit 30)",
			  true);
	other.revision = 2;
	expect_difference("SVM_REVISION 2 differs from cpu0 1", true);
	other.asids = 16;
	expect_difference("SVM_ASIDS 16 differs from cpu0 32768", true);
	other.vm_cr = VM_CR_R_INIT;
	expect_difference("VM_CR 0x2 differs from cpu0 0x0 (extra: R_INIT)", false);
	other.present = 0;
	expect_difference("SVM 0x0 differs from cpu0 0x1 (missing: SVM)", false);
}

/* LOCK, SVMDIS and the debug port's bit are no differences between CPUs. */
static void no_difference(void **state)
{
	struct caps_cursor cursor = {0};
	struct caps_difference d;

	(void)state;
	other.vm_cr = BIT(0) | VM_CR_LOCK | VM_CR_SVMDIS;
	assert_false(caps_compare(&svm_caps_table, &boot, &other, &cursor, &d));
}

static void in_common(void **state)
{
	(void)state;
	other.features = 0x9;
	other.asids = 16;
	caps_intersect(&svm_caps_table, &boot, &other);
	assert_int_equal(boot.features, 0x9);
	assert_int_equal(boot.asids, 16);
	assert_int_equal(boot.revision, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_refusal, setup),
		cmocka_unit_test_setup(each_difference, setup),
		cmocka_unit_test_setup(no_difference, setup),
		cmocka_unit_test_setup(in_common, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
