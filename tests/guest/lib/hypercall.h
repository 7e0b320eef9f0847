/* SPDX-License-Identifier: BSD-2-Clause */
/* Hypercalls of a guest, with the instruction that CPUID names. Other guests may copy this file. */
#pragma once

#include "core/base/x86.h"
#include "pv/abi.h"

struct hypercall {
	u64 argument[6];
};

static inline s64 hypercall(u64 number, struct hypercall with)
{
	enum { LEAF = 0x40000001, USE_VMCALL = 1 };
	register u64 r10 __asm__("r10") = with.argument[3];
	register u64 r8 __asm__("r8") = with.argument[4];
	register u64 r9 __asm__("r9") = with.argument[5];
	s64 result = (s64)number;

	if (x86_cpuid(LEAF, 0).eax == USE_VMCALL)
		__asm__ volatile("vmcall"
				 : "+a"(result)
				 : "D"(with.argument[0]), "S"(with.argument[1]),
				   "d"(with.argument[2]), "r"(r10), "r"(r8), "r"(r9)
				 : "memory");
	else
		__asm__ volatile("vmmcall"
				 : "+a"(result)
				 : "D"(with.argument[0]), "S"(with.argument[1]),
				   "d"(with.argument[2]), "r"(r10), "r"(r8), "r"(r9)
				 : "memory");
	return result;
}

/* The same, with separate arguments. */
#define call(number, ...) hypercall(number, (struct hypercall){{__VA_ARGS__}})
