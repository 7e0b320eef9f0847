/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual machine control block and its encodings, as hardware defines them.
 * APM2 "Layout of VMCB", "SVM Intercept Codes", "Event Injection", "VMCB State Caching".
 */
#pragma once

#include "core/base/bits.h"

/* Intercept vector 3, offset 00Ch. */
enum vmcb_intercept3 {
	INTERCEPT_INTR = BIT(0),
	INTERCEPT_NMI = BIT(1),
	INTERCEPT_SMI = BIT(2),
	INTERCEPT_INIT = BIT(3),
	INTERCEPT_VINTR = BIT(4),
	INTERCEPT_RDPMC = BIT(15),
	INTERCEPT_CPUID = BIT(18),
	INTERCEPT_IRET = BIT(20),
	INTERCEPT_INVD = BIT(22),
	INTERCEPT_PAUSE = BIT(23),
	INTERCEPT_HLT = BIT(24),
	INTERCEPT_INVLPGA = BIT(26),
	INTERCEPT_IOIO = BIT(27),
	INTERCEPT_MSR = BIT(28),
	INTERCEPT_FERR_FREEZE = BIT(30),
	INTERCEPT_SHUTDOWN = BIT(31),
};

/* Intercept vector 4, offset 010h. */
enum vmcb_intercept4 {
	INTERCEPT_VMRUN = BIT(0),
	INTERCEPT_VMMCALL = BIT(1),
	INTERCEPT_VMLOAD = BIT(2),
	INTERCEPT_VMSAVE = BIT(3),
	INTERCEPT_STGI = BIT(4),
	INTERCEPT_CLGI = BIT(5),
	INTERCEPT_SKINIT = BIT(6),
	INTERCEPT_WBINVD = BIT(9),
	INTERCEPT_MONITOR = BIT(10),
	INTERCEPT_MWAIT = BIT(11),
	INTERCEPT_XSETBV = BIT(13),
	INTERCEPT_RDPRU = BIT(14),
};

/* CR intercepts, offset 000h: reads in bits 15:0, writes in bits 31:16. */
enum { INTERCEPT_CR8_WRITE = BIT(16 + 8) };

/* Virtual interrupt control, offset 060h. */
enum vmcb_int_ctl {
	INT_CTL_TPR_MASK = 0xf,
	INT_CTL_V_IRQ = BIT(8),
	INT_CTL_PRIO_SHIFT = 16,
	INT_CTL_IGN_TPR = BIT(20),
	INT_CTL_V_INTR_MASKING = BIT(24),
	INT_CTL_X2AVIC = BIT(30),
};
#define INT_CTL_AVIC ((u32)BIT(31))

enum { TLB_CONTROL_NONE = 0, TLB_CONTROL_FLUSH_ALL = 1 };
enum { INT_STATE_SHADOW = BIT(0) };
enum { NP_ENABLE = BIT(0) };

/* EVENTINJ and EXITINTINFO. */
enum vmcb_event {
	VMCB_EVENT_VECTOR = 0xff,
	VMCB_EVENT_TYPE_SHIFT = 8,
	VMCB_EVENT_TYPE_MASK = 7,
	VMCB_EVENT_ERROR_VALID = BIT(11),
	VMCB_EVENT_VALID = BIT(31),
	VMCB_EVENT_ERROR_SHIFT = 32,
};

/* Clean bits, offset 0C0h: if a bit is set, the CPU may use its cached copy of these fields. */
enum vmcb_clean {
	CLEAN_INTERCEPTS = BIT(0),
	CLEAN_PERMISSION_MAPS = BIT(1),
	CLEAN_ASID = BIT(2),
	CLEAN_TPR = BIT(3),
	CLEAN_NESTED = BIT(4),
	CLEAN_CR = BIT(5),
	CLEAN_DR = BIT(6),
	CLEAN_DT = BIT(7),
	CLEAN_SEG = BIT(8),
	CLEAN_CR2 = BIT(9),
	CLEAN_LBR = BIT(10),
	CLEAN_ALL = BITS(10, 0),
};

enum vmcb_exit_code {
	EXIT_CR_WRITE_BASE = 0x10,
	EXIT_EXCEPTION_BASE = 0x40,
	EXIT_EXCEPTION_LAST = 0x5f,
	EXIT_INTR = 0x60,
	EXIT_NMI = 0x61,
	EXIT_SMI = 0x62,
	EXIT_INIT = 0x63,
	EXIT_VINTR = 0x64,
	EXIT_RDPMC = 0x6f,
	EXIT_CPUID = 0x72,
	EXIT_IRET = 0x74,
	EXIT_INVD = 0x76,
	EXIT_PAUSE = 0x77,
	EXIT_HLT = 0x78,
	EXIT_INVLPGA = 0x7a,
	EXIT_IOIO = 0x7b,
	EXIT_MSR = 0x7c,
	EXIT_FERR_FREEZE = 0x7e,
	EXIT_SHUTDOWN = 0x7f,
	EXIT_VMRUN = 0x80,
	EXIT_VMMCALL = 0x81,
	EXIT_VMLOAD = 0x82,
	EXIT_VMSAVE = 0x83,
	EXIT_STGI = 0x84,
	EXIT_CLGI = 0x85,
	EXIT_SKINIT = 0x86,
	EXIT_WBINVD = 0x89,
	EXIT_MONITOR = 0x8a,
	EXIT_MWAIT = 0x8b,
	EXIT_MWAIT_ARMED = 0x8c,
	EXIT_XSETBV = 0x8d,
	EXIT_RDPRU = 0x8e,
	EXIT_NPF = 0x400,
	EXIT_AVIC_INCOMPLETE_IPI = 0x401,
	EXIT_AVIC_NOACCEL = 0x402,
};

/* EXITINFO1 of an IOIO intercept (APM2 "IOIO Intercepts"). */
enum vmcb_ioio {
	IOIO_IN = BIT(0),
	IOIO_STRING = BIT(2),
	IOIO_REP = BIT(3),
	IOIO_SIZE_SHIFT = 4, /* one bit each for 1, 2 and 4 bytes */
	IOIO_SIZE_MASK = 7,
	IOIO_PORT_SHIFT = 16,
};

/* EXITINFO1 of an MSR intercept. */
enum { MSR_INFO_WRITE = BIT(0) };

/* EXITINFO1 of a nested page fault (APM2 "Nested versus Guest Page Faults, Fault Ordering"). */
enum vmcb_npf {
	NPF_PRESENT = BIT(0),
	NPF_WRITE = BIT(1),
	NPF_FETCH = BIT(4),
};
#define NPF_FINAL BIT(32) /* the access itself faulted, not the read of a guest's page table */

enum { VMCB_ATTR_L = BIT(9) }; /* descriptor bit 53 */

struct vmcb_segment {
	u16 selector;
	u16 attr; /* descriptor bits 55:52 and 47:40, packed into 12 bits */
	u32 limit;
	u64 base;
};

struct vmcb {
	u32 intercept_cr;
	u32 intercept_dr;
	u32 intercept_exceptions;
	u32 intercept3;
	u32 intercept4;
	u32 intercept5;
	u8 reserved_018[0x24];
	u16 pause_threshold;
	u16 pause_count;
	u64 iopm_base;
	u64 msrpm_base;
	u64 tsc_offset;
	u32 asid;
	u8 tlb_control;
	u8 reserved_05d[3];
	u32 int_ctl;
	u32 int_vector;
	u64 int_state;
	u64 exit_code;
	u64 exit_info1;
	u64 exit_info2;
	u64 exit_int_info;
	u64 np_control;
	u64 avic_bar;
	u64 ghcb;
	u64 event_inj;
	u64 nested_cr3;
	u64 virt_ext;
	u32 clean;
	u32 reserved_0c4;
	u64 next_rip;
	u8 fetched_count;
	u8 fetched[15];
	u64 avic_backing_page;
	u64 reserved_0e8;
	u64 avic_logical_table;
	u64 avic_physical_table; /* bits 8:0: the highest index in the table */
	u8 reserved_100[0x300];

	struct vmcb_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	u8 reserved_4a0[0x2b];
	u8 cpl;
	u32 reserved_4cc;
	u64 efer;
	u8 reserved_4d8[0x70];
	u64 cr4;
	u64 cr3;
	u64 cr0;
	u64 dr7;
	u64 dr6;
	u64 rflags;
	u64 rip;
	u8 reserved_580[0x58];
	u64 rsp;
	u64 s_cet;
	u64 ssp;
	u64 isst_addr;
	u64 rax;
	u64 star;
	u64 lstar;
	u64 cstar;
	u64 sfmask;
	u64 kernel_gs_base;
	u64 sysenter_cs;
	u64 sysenter_esp;
	u64 sysenter_eip;
	u64 cr2;
	u8 reserved_648[0x20];
	u64 g_pat;
	u64 debugctl;
	u64 branch_from;
	u64 branch_to;
	u64 exception_from;
	u64 exception_to;
	u8 reserved_698[0x968];
};

static_assert(offsetof(struct vmcb, pause_threshold) == 0x3c, "VMCB layout");
static_assert(offsetof(struct vmcb, iopm_base) == 0x40, "VMCB layout");
static_assert(offsetof(struct vmcb, asid) == 0x58, "VMCB layout");
static_assert(offsetof(struct vmcb, int_ctl) == 0x60, "VMCB layout");
static_assert(offsetof(struct vmcb, exit_code) == 0x70, "VMCB layout");
static_assert(offsetof(struct vmcb, event_inj) == 0xa8, "VMCB layout");
static_assert(offsetof(struct vmcb, clean) == 0xc0, "VMCB layout");
static_assert(offsetof(struct vmcb, next_rip) == 0xc8, "VMCB layout");
static_assert(offsetof(struct vmcb, avic_bar) == 0x98, "VMCB layout");
static_assert(offsetof(struct vmcb, avic_backing_page) == 0xe0, "VMCB layout");
static_assert(offsetof(struct vmcb, avic_physical_table) == 0xf8, "VMCB layout");
static_assert(offsetof(struct vmcb, es) == 0x400, "VMCB layout");
static_assert(offsetof(struct vmcb, tr) == 0x490, "VMCB layout");
static_assert(offsetof(struct vmcb, cpl) == 0x4cb, "VMCB layout");
static_assert(offsetof(struct vmcb, efer) == 0x4d0, "VMCB layout");
static_assert(offsetof(struct vmcb, cr4) == 0x548, "VMCB layout");
static_assert(offsetof(struct vmcb, rip) == 0x578, "VMCB layout");
static_assert(offsetof(struct vmcb, rsp) == 0x5d8, "VMCB layout");
static_assert(offsetof(struct vmcb, rax) == 0x5f8, "VMCB layout");
static_assert(offsetof(struct vmcb, cr2) == 0x640, "VMCB layout");
static_assert(offsetof(struct vmcb, g_pat) == 0x668, "VMCB layout");
static_assert(sizeof(struct vmcb) == 0x1000, "VMCB layout");

struct vm;

/* svm/vmcb.c: initializes a zeroed VMCB but for the guest's state. */
void vmcb_init(struct vmcb *vmcb, const struct vm *vm);
