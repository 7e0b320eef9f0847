/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The local APIC's architecture: register offsets, fields, encodings, and the
 * interrupt message that one APIC sends to others. For the driver of the host's APICs
 * and the model of guests'. Pure, header only. Knows no guest and no vCPU.
 */
#pragma once

#include "core/base/bits.h"

/* Offsets in the xAPIC page (SDM 3A "Local APIC Register Address Map"). */
enum apic_register {
	APIC_REG_ID = 0x020,
	APIC_REG_VERSION = 0x030,
	APIC_REG_TPR = 0x080,
	APIC_REG_APR = 0x090,
	APIC_REG_PPR = 0x0a0,
	APIC_REG_EOI = 0x0b0,
	APIC_REG_RRD = 0x0c0,
	APIC_REG_LDR = 0x0d0,
	APIC_REG_DFR = 0x0e0,
	APIC_REG_SVR = 0x0f0,
	APIC_REG_ISR = 0x100, /* 8 registers, 0x10 apart */
	APIC_REG_TMR = 0x180, /* 8 registers */
	APIC_REG_IRR = 0x200, /* 8 registers */
	APIC_REG_ESR = 0x280,
	APIC_REG_ICR = 0x300,
	APIC_REG_ICR_HIGH = 0x310,
	APIC_REG_LVT_TIMER = 0x320,
	APIC_REG_LVT_THERMAL = 0x330,
	APIC_REG_LVT_PERF = 0x340,
	APIC_REG_LVT_LINT0 = 0x350,
	APIC_REG_LVT_LINT1 = 0x360,
	APIC_REG_LVT_ERROR = 0x370,
	APIC_REG_TIMER_INITIAL = 0x380,
	APIC_REG_TIMER_CURRENT = 0x390,
	APIC_REG_TIMER_DIVIDE = 0x3e0,
	APIC_REG_SELF_IPI = 0x3f0, /* x2APIC mode only */
};

/* IA32_APIC_BASE. */
#define APIC_BASE_BSP	  BIT(8)
#define APIC_BASE_EXTD	  BIT(10)
#define APIC_BASE_EN	  BIT(11)
#define APIC_BASE_DEFAULT 0xfee00000ULL

/* Modes, by IA32_APIC_BASE's EN and EXTD (SDM 3A "x2APIC State Transitions"). */
enum apic_mode { APIC_MODE_DISABLED, APIC_MODE_XAPIC, APIC_MODE_X2APIC };

/* Spurious-interrupt vector register. */
#define APIC_SVR_ENABLE	      BIT(8)
#define APIC_SVR_SUPPRESS_EOI BIT(12)

/* Local vector table entries. */
#define APIC_LVT_VECTOR		 BITS(7, 0)
#define APIC_LVT_DELIVERY_STATUS BIT(12)
#define APIC_LVT_ACTIVE_LOW	 BIT(13)
#define APIC_LVT_REMOTE_IRR	 BIT(14)
#define APIC_LVT_LEVEL		 BIT(15)
#define APIC_LVT_MASKED		 BIT(16)
#define APIC_LVT_TIMER_MODE	 BITS(18, 17)

/* APIC_LVT_TIMER_MODE. */
enum apic_timer_mode { APIC_TIMER_ONE_SHOT, APIC_TIMER_PERIODIC, APIC_TIMER_TSC_DEADLINE };

/* Interrupt command register, low half. */
#define APIC_ICR_VECTOR		 BITS(7, 0)
#define APIC_ICR_LOGICAL	 BIT(11)
#define APIC_ICR_DELIVERY_STATUS BIT(12)
#define APIC_ICR_ASSERT		 BIT(14)
#define APIC_ICR_LEVEL		 BIT(15)

/* Version register. */
#define APIC_VERSION_SUPPRESS_EOI BIT(24)

/* Error status register (SDM 3A "Error Handling"). */
#define APIC_ESR_SEND_ILLEGAL_VECTOR	BIT(5)
#define APIC_ESR_RECEIVE_ILLEGAL_VECTOR BIT(6)
#define APIC_ESR_ILLEGAL_REGISTER	BIT(7)

/* Delivery modes, as encoded in ICR, LVT and redirection entries. */
enum apic_delivery {
	APIC_FIXED = 0,
	APIC_LOWEST_PRIORITY = 1,
	APIC_SMI = 2,
	APIC_NMI = 4,
	APIC_INIT = 5,
	APIC_STARTUP = 6,
	APIC_EXTINT = 7,
};

enum apic_shorthand {
	APIC_TO_DESTINATION = 0,
	APIC_TO_SELF = 1,
	APIC_TO_ALL = 2,
	APIC_TO_OTHERS = 3,
};

enum {
	APIC_VECTORS = 256,
	APIC_VECTOR_WORDS = APIC_VECTORS / 32,
	APIC_FIRST_LEGAL_VECTOR = 16,
	APIC_XAPIC_BROADCAST = 0xff,
	APIC_DFR_FLAT = 0xf,	/* DFR bits 31:28 */
	APIC_DFR_CLUSTER = 0x0, /* DFR bits 31:28 */
};
#define APIC_X2APIC_BROADCAST 0xffffffffU

/*
 * One interrupt message. An 8-bit destination (xAPIC ICR, redirection entry) is
 * zero-extended; a receiver compares 8 bits in xAPIC mode, and 32 in x2APIC mode.
 */
struct apic_message {
	u32 destination;
	u8 vector;
	u8 delivery;  /* enum apic_delivery */
	u8 shorthand; /* enum apic_shorthand; APIC_TO_DESTINATION unless an ICR sent it */
	bool logical; /* destination mode: logical, not physical */
	bool level;   /* trigger mode: level, not edge */
};

/* The LDR that x2APIC mode derives from the ID (SDM 3A "Deriving Logical x2APIC ID ..."). */
static inline u32 apic_x2apic_ldr(u32 x2apic_id)
{
	return (x2apic_id >> 4) << 16 | 1U << (x2apic_id & 0xf);
}
