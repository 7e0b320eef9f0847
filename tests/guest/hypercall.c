/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks for the version of the hypercalls with the instruction that CPUID names. */
#include "lib/guest.h"
#include "pv/abi.h"

enum { LEAF_HYPERCALL = 0x40000001, USE_VMCALL = 1 };

static s64 call(u64 number)
{
	u64 zero = 0;
	s64 result = (s64)number;
	register u64 r10 __asm__("r10") = 0;
	register u64 r8 __asm__("r8") = 0;
	register u64 r9 __asm__("r9") = 0;

	if (x86_cpuid(LEAF_HYPERCALL, 0).eax == USE_VMCALL)
		__asm__ volatile("vmcall"
				 : "+a"(result)
				 : "D"(zero), "S"(zero), "d"(zero), "r"(r10), "r"(r8), "r"(r9)
				 : "memory");
	else
		__asm__ volatile("vmmcall"
				 : "+a"(result)
				 : "D"(zero), "S"(zero), "d"(zero), "r"(r10), "r"(r8), "r"(r9)
				 : "memory");
	return result;
}

void guest_main(void)
{
	check(call(ASHLAR_CALL_VERSION) == ASHLAR_ABI_VERSION, "the version of the hypercalls");
	check(call(~0ULL) == ASHLAR_ENOSYS, "a call that does not exist");
}
