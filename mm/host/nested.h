/* SPDX-License-Identifier: BSD-2-Clause */
/* Trees of nested page tables, whose tables are heap pages. */
#pragma once

#include "core/base/status.h"
#include "mm/pt.h"

/*
 * Creates an empty tree for this machine's physical addresses. leaf_level: PT_LEVEL_* of the
 * largest leaf. ERR_NO_MEMORY: pt->format is NULL.
 */
enum status nested_create(struct pt *pt, const struct pt_format *format, u8 leaf_level,
			  struct error *err) must_check;

/* Frees all tables and sets pt->format to NULL. No CPU may use the tree any more. */
void nested_destroy(struct pt *pt);
