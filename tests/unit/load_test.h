/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the unit tests of the loaders share: one request and the plan that is
 * made of it. A test says which kind of kernel it is about before it includes this:
 * LOADS.
 */
#pragma once

#include "core/base/bytes.h"
#include "tests/unit/load_model.h"
#include "tests/unit/test.h"

static u8 scratch[LOAD_SCRATCH_SIZE];
static struct load_request request;
static struct load_plan plan;
static struct error err;

/* The image is a kernel of this kind, and its plan keeps what plans must. */
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

/* What lies at a guest physical address that the blob covers. */
static const u8 *guest(u64 gpa)
{
	const struct load_segment *blob = segment(LOAD_BLOB);

	assert_true(gpa >= blob->gpa && gpa < blob->gpa + blob->file_size);
	return scratch + blob->offset + (gpa - blob->gpa);
}
