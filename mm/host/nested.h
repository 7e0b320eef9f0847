/* SPDX-License-Identifier: BSD-2-Clause */
/* Trees of nested page tables, whose tables are heap pages. */
#pragma once

#include "core/base/status.h"
#include "mm/pt.h"

/* An empty tree for addresses as this machine has them; leaf_level: PT_LEVEL_* of the largest. */
enum status nested_create(struct pt *pt, const struct pt_format *format, u8 leaf_level,
			  struct error *err) must_check;

/* No CPU may use the tree any more. pt->format is NULL afterwards. */
void nested_destroy(struct pt *pt);
