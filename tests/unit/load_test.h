/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared by the unit tests of the loaders: one request and its plan. A test defines LOADS,
 * its kind of kernel, before it includes this header.
 */
#pragma once

#include "core/base/bytes.h"
#include "tests/unit/load_model.h"
#include "tests/unit/test.h"

static u8 scratch[LOAD_SCRATCH_SIZE];
static struct load_request request;
static struct load_plan plan;
static struct error err;

/* Checks that the image is a kernel of this kind, and that its plan keeps the invariants. */
static void expect_plan(void)
{
	const char *fault;
	enum status status = load_make_plan(&request, &plan, &err);

	if (status != OK)
		print_error("%s\n", err.text);
	assert_int_equal(status, OK);
	fault = load_model_fault(&request, &plan);
	if (fault)
		print_error("%s\n", fault);
	assert_null(fault);
	assert_int_equal(plan.kind, LOADS);
}

static void expect_error(enum status status, const char *text)
{
	assert_int_equal(load_make_plan(&request, &plan, &err), status);
	assert_string_equal(err.text, text);
}

static const struct load_segment *segment(enum load_source source)
{
	for (u32 i = 0; i < plan.segment_count; i++)
		if (plan.segments[i].source == source)
			return &plan.segments[i];
	return NULL;
}

/* Returns the bytes at a guest-physical address within the blob. */
static const u8 *guest(u64 gpa)
{
	const struct load_segment *blob = segment(LOAD_BLOB);

	assert_true(gpa >= blob->gpa && gpa < blob->gpa + blob->file_size);
	return scratch + blob->offset + (gpa - blob->gpa);
}
