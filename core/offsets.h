/* SPDX-License-Identifier: BSD-2-Clause */
/* The one macro of the offsets.c files: a line in the compiler's assembly output that the Makefile finds. */
#pragma once

#include "core/types.h"

#define OFFSET(name, type, member) \
	__asm__ volatile("OFFSET " #name " %0" : : "i"(offsetof(struct type, member)))
