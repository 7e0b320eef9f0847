/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The macros of the offsets.c files: text in the compiler's assembly output
 * that the Makefile finds. A string, since clang parses what it is given.
 */
#pragma once

#include "core/base/types.h"

#define OFFSET(name, type, member)                                                                 \
	__asm__ volatile(".ascii \"OFFSET " #name " %0\"" : : "i"(offsetof(struct type, member)))
#define CONSTANT(name) __asm__ volatile(".ascii \"OFFSET " #name " %0\"" : : "i"((u64)(name)))
