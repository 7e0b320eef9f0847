/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPUID's leaves and bits that code outside the policy's table names (SDM 2A
 * "CPUID", APM3 "Obtaining Processor Information Via the CPUID Instruction").
 * A bit is called after its leaf and register. Header only.
 */
#pragma once

#include "core/base/bits.h"

#define CPUID_LEAF_MAX		     0x0u
#define CPUID_LEAF_FEATURES	     0x1u
#define CPUID_LEAF_STRUCTURED	     0x7u
#define CPUID_LEAF_XSTATE	     0xdu
#define CPUID_LEAF_HYPERVISOR	     0x40000000u
#define CPUID_LEAF_EXTENDED_MAX	     0x80000000u
#define CPUID_LEAF_EXTENDED_FEATURES 0x80000001u
#define CPUID_LEAF_ADDRESS_SIZES     0x80000008u

#define CPUID_1_ECX_X2APIC	      BIT(21)
#define CPUID_1_ECX_TSC_DEADLINE      BIT(24)
#define CPUID_1_ECX_XSAVE	      BIT(26)
#define CPUID_1_ECX_OSXSAVE	      BIT(27)
#define CPUID_1_ECX_HYPERVISOR	      BIT(31)
#define CPUID_1_EDX_APIC	      BIT(9)
#define CPUID_1_EDX_MTRR	      BIT(12)
#define CPUID_7_EBX_SMEP	      BIT(7)
#define CPUID_7_EBX_SMAP	      BIT(20)
#define CPUID_7_ECX_UMIP	      BIT(2)
#define CPUID_7_ECX_OSPKE	      BIT(4)
#define CPUID_7_EDX_MD_CLEAR	      BIT(10)
#define CPUID_7_EDX_IBPB	      BIT(26)
#define CPUID_7_EDX_FLUSH_L1D	      BIT(28)
#define CPUID_7_EDX_ARCH_CAPABILITIES BIT(29)
#define CPUID_80000001_EDX_PAGE1GB    BIT(26)
#define CPUID_80000001_EDX_RDTSCP     BIT(27)
#define CPUID_80000008_EBX_IBPB	      BIT(12)
