/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypercall ABI: the one header for guests. Freestanding C11, no
 * dependency.
 *
 * CPUID 0x40000000 says "AshlarAshlar". CPUID 0x40000001: EAX 1 means VMCALL
 * is the instruction, 2 VMMCALL; EBX is ASHLAR_ABI_VERSION; ECX has a bit for
 * each group of calls.
 *
 * From 64-bit mode at CPL 0: RAX the number, RDI RSI RDX R10 R8 R9 the
 * arguments, RAX the result, negative for an error; no other register changes.
 * Elsewhere the instruction raises #UD. Arguments that a call does not name
 * must be zero.
 */
#pragma once

#define ASHLAR_ABI_VERSION 1

/* Results. The numbers are those of errno where there is one. */
#define ASHLAR_EINVAL (-22) /* an argument is not what the call allows */
#define ASHLAR_ENOSYS (-38) /* no such call */

/* Groups, CPUID 0x40000001 ECX. */
#define ASHLAR_GROUP_VERSION (1u << 0)

/* Group "version": returns ASHLAR_ABI_VERSION. */
#define ASHLAR_CALL_VERSION 0
