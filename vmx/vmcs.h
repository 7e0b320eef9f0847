/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual machine control structure: its encodings as hardware defines them, and access
 * to the fields of the current VMCS.
 * SDM 3C "Virtual Machine Control Structures", SDM 3D "Field Encoding in VMCS",
 * "VMX Basic Exit Reasons".
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/bits.h"
#include "core/base/x86.h"

struct vmx_vcpu;

/* Segment fields come in the order of enum segment_register, then these. */
enum vmcs_segment { VMCS_SEG_LDTR = 6, VMCS_SEG_TR = 7, VMCS_SEG_GDTR = 8, VMCS_SEG_IDTR = 9 };

enum vmcs_field {
	/* 16 bits */
	VMCS_VPID = 0x0000,
	VMCS_POSTED_VECTOR = 0x0002,
	VMCS_GUEST_SELECTOR = 0x0800,  /* + 2 * segment */
	VMCS_GUEST_INTERRUPT = 0x0810, /* RVI in bits 7:0, SVI in 15:8 */
	VMCS_HOST_ES_SELECTOR = 0x0c00,
	VMCS_HOST_CS_SELECTOR = 0x0c02,
	VMCS_HOST_SS_SELECTOR = 0x0c04,
	VMCS_HOST_DS_SELECTOR = 0x0c06,
	VMCS_HOST_FS_SELECTOR = 0x0c08,
	VMCS_HOST_GS_SELECTOR = 0x0c0a,
	VMCS_HOST_TR_SELECTOR = 0x0c0c,

	/* 64 bits */
	VMCS_IO_BITMAP_A = 0x2000,
	VMCS_IO_BITMAP_B = 0x2002,
	VMCS_MSR_BITMAP = 0x2004,
	VMCS_TSC_OFFSET = 0x2010,
	VMCS_VIRTUAL_APIC = 0x2012,
	VMCS_APIC_ACCESS = 0x2014,
	VMCS_POSTED_DESCRIPTOR = 0x2016,
	VMCS_EPTP = 0x201a,
	VMCS_EOI_EXIT = 0x201c, /* + 2 * quarter of the vectors */
	VMCS_XSS_EXITING = 0x202c,
	VMCS_ENCLS_EXITING = 0x202e,
	VMCS_GUEST_PHYSICAL = 0x2400,
	VMCS_LINK_POINTER = 0x2800,
	VMCS_GUEST_DEBUGCTL = 0x2802,
	VMCS_GUEST_PAT = 0x2804,
	VMCS_GUEST_EFER = 0x2806,
	VMCS_HOST_PAT = 0x2c00,
	VMCS_HOST_EFER = 0x2c02,

	/* 32 bits */
	VMCS_PIN_CONTROLS = 0x4000,
	VMCS_PROC_CONTROLS = 0x4002,
	VMCS_EXCEPTION_BITMAP = 0x4004,
	VMCS_EXIT_CONTROLS = 0x400c,
	VMCS_PAGE_FAULT_MASK = 0x4006,
	VMCS_PAGE_FAULT_MATCH = 0x4008,
	VMCS_CR3_TARGETS = 0x400a,
	VMCS_EXIT_MSR_STORES = 0x400e,
	VMCS_EXIT_MSR_LOADS = 0x4010,
	VMCS_ENTRY_CONTROLS = 0x4012,
	VMCS_ENTRY_MSR_LOADS = 0x4014,
	VMCS_ENTRY_EVENT = 0x4016,
	VMCS_ENTRY_EVENT_ERROR = 0x4018,
	VMCS_TPR_THRESHOLD = 0x401c,
	VMCS_PROC2_CONTROLS = 0x401e,
	VMCS_PLE_GAP = 0x4020,
	VMCS_PLE_WINDOW = 0x4022,
	VMCS_INSTRUCTION_ERROR = 0x4400,
	VMCS_EXIT_REASON = 0x4402,
	VMCS_EXIT_EVENT = 0x4404,
	VMCS_EXIT_EVENT_ERROR = 0x4406,
	VMCS_VECTORING = 0x4408,
	VMCS_VECTORING_ERROR = 0x440a,
	VMCS_INSTRUCTION_LENGTH = 0x440c,
	VMCS_GUEST_LIMIT = 0x4800,  /* + 2 * segment */
	VMCS_GUEST_ACCESS = 0x4814, /* + 2 * segment; not of GDTR and IDTR */
	VMCS_GUEST_BLOCKING = 0x4824,
	VMCS_GUEST_ACTIVITY = 0x4826,
	VMCS_GUEST_SYSENTER_CS = 0x482a,
	VMCS_HOST_SYSENTER_CS = 0x4c00,

	/* natural width */
	VMCS_CR0_MASK = 0x6000,
	VMCS_CR4_MASK = 0x6002,
	VMCS_CR0_SHADOW = 0x6004,
	VMCS_CR4_SHADOW = 0x6006,
	VMCS_QUALIFICATION = 0x6400,
	VMCS_GUEST_LINEAR = 0x640a,
	VMCS_GUEST_CR0 = 0x6800,
	VMCS_GUEST_CR3 = 0x6802,
	VMCS_GUEST_CR4 = 0x6804,
	VMCS_GUEST_BASE = 0x6806, /* + 2 * segment */
	VMCS_GUEST_DR7 = 0x681a,
	VMCS_GUEST_RSP = 0x681c,
	VMCS_GUEST_RIP = 0x681e,
	VMCS_GUEST_RFLAGS = 0x6820,
	VMCS_GUEST_PENDING_DEBUG = 0x6822,
	VMCS_GUEST_SYSENTER_ESP = 0x6824,
	VMCS_GUEST_SYSENTER_EIP = 0x6826,
	VMCS_HOST_CR0 = 0x6c00,
	VMCS_HOST_CR3 = 0x6c02,
	VMCS_HOST_CR4 = 0x6c04,
	VMCS_HOST_FS_BASE = 0x6c06,
	VMCS_HOST_GS_BASE = 0x6c08,
	VMCS_HOST_TR_BASE = 0x6c0a,
	VMCS_HOST_GDTR_BASE = 0x6c0c,
	VMCS_HOST_IDTR_BASE = 0x6c0e,
	VMCS_HOST_SYSENTER_ESP = 0x6c10,
	VMCS_HOST_SYSENTER_EIP = 0x6c12,
	VMCS_HOST_RSP = 0x6c14, /* also in vmx/entry.asm */
	VMCS_HOST_RIP = 0x6c16,
};

/* Pin-based controls. */
enum vmcs_pin {
	PIN_EXTERNAL_INTERRUPT = BIT(0),
	PIN_NMI = BIT(3),
	PIN_VIRTUAL_NMI = BIT(5),
	PIN_POSTED = BIT(7),
};

/* Primary processor-based controls. */
enum vmcs_proc {
	PROC_INTERRUPT_WINDOW = BIT(2),
	PROC_TSC_OFFSET = BIT(3),
	PROC_HLT = BIT(7),
	PROC_INVLPG = BIT(9),
	PROC_MWAIT = BIT(10),
	PROC_RDPMC = BIT(11),
	PROC_RDTSC = BIT(12),
	PROC_CR3_LOAD = BIT(15),
	PROC_CR3_STORE = BIT(16),
	PROC_CR8_LOAD = BIT(19),
	PROC_CR8_STORE = BIT(20),
	PROC_TPR_SHADOW = BIT(21),
	PROC_NMI_WINDOW = BIT(22),
	PROC_MOV_DR = BIT(23),
	PROC_ALL_IO = BIT(24),
	PROC_IO_BITMAPS = BIT(25),
	PROC_MSR_BITMAP = BIT(28),
	PROC_MONITOR = BIT(29),
	PROC_PAUSE = BIT(30),
};
#define PROC_SECONDARY BIT(31)

/* Secondary processor-based controls. */
enum vmcs_proc2 {
	PROC2_APIC_ACCESSES = BIT(0),
	PROC2_EPT = BIT(1),
	PROC2_RDTSCP = BIT(3),
	PROC2_X2APIC = BIT(4),
	PROC2_VPID = BIT(5),
	PROC2_WBINVD = BIT(6),
	PROC2_UNRESTRICTED = BIT(7),
	PROC2_APIC_REGISTERS = BIT(8),
	PROC2_INTERRUPT_DELIVERY = BIT(9),
	PROC2_PAUSE_LOOP = BIT(10),
	PROC2_INVPCID = BIT(12),
	PROC2_ENCLS = BIT(15),
	PROC2_XSAVES = BIT(20),

	/* The controls with which hardware runs an APIC in each mode. */
	PROC2_XAPIC_MODE = PROC2_APIC_ACCESSES | PROC2_APIC_REGISTERS | PROC2_INTERRUPT_DELIVERY,
	PROC2_X2APIC_MODE = PROC2_X2APIC | PROC2_APIC_REGISTERS | PROC2_INTERRUPT_DELIVERY,
};

enum vmcs_exit_control {
	EXIT_SAVE_DEBUG = BIT(2),
	EXIT_HOST_64 = BIT(9),
	EXIT_ACKNOWLEDGE = BIT(15),
	EXIT_LOAD_PAT = BIT(19),
	EXIT_SAVE_EFER = BIT(20),
	EXIT_LOAD_EFER = BIT(21),
};

enum vmcs_entry_control {
	ENTRY_LOAD_DEBUG = BIT(2),
	ENTRY_GUEST_64 = BIT(9),
	ENTRY_LOAD_PAT = BIT(14),
	ENTRY_LOAD_EFER = BIT(15),
};

enum vmcs_exit_reason {
	EXIT_EXCEPTION = 0,
	EXIT_INTERRUPT = 1,
	EXIT_TRIPLE_FAULT = 2,
	EXIT_INIT = 3,
	EXIT_INTERRUPT_WINDOW = 7,
	EXIT_NMI_WINDOW = 8,
	EXIT_TASK_SWITCH = 9,
	EXIT_CPUID = 10,
	EXIT_GETSEC = 11,
	EXIT_HLT = 12,
	EXIT_INVD = 13,
	EXIT_RDPMC = 15,
	EXIT_VMCALL = 18,
	EXIT_VMCLEAR = 19,
	EXIT_VMXON = 27, /* and every VMX instruction between */
	EXIT_CR = 28,
	EXIT_IO = 30,
	EXIT_RDMSR = 31,
	EXIT_WRMSR = 32,
	EXIT_ENTRY_STATE = 33,
	EXIT_ENTRY_MSR = 34,
	EXIT_MWAIT = 36,
	EXIT_MONITOR = 39,
	EXIT_PAUSE = 40,
	EXIT_ENTRY_MACHINE_CHECK = 41,
	EXIT_TPR = 43,
	EXIT_APIC_ACCESS = 44,
	EXIT_EOI = 45,
	EXIT_EPT_VIOLATION = 48,
	EXIT_EPT_MISCONFIG = 49,
	EXIT_INVEPT = 50,
	EXIT_INVVPID = 53,
	EXIT_WBINVD = 54,
	EXIT_XSETBV = 55,
	EXIT_APIC_WRITE = 56,
	EXIT_ENCLS = 60,

	EXIT_REASON_MASK = 0xffff,
};
#define EXIT_ENTRY_FAILED BIT(31)

/* VM-entry interruption information, and the fields that describe events at an exit. */
enum vmcs_event {
	VMCS_EVENT_VECTOR = 0xff,
	VMCS_EVENT_TYPE_SHIFT = 8,
	VMCS_EVENT_TYPE_MASK = 7,
	VMCS_EVENT_ERROR = BIT(11),
	VMCS_EVENT_NMI_UNBLOCKED = BIT(12), /* an IRET had opened NMIs before its fault */
	VMCS_EVENT_TYPE_INT1 = 5,	    /* beside those of enum event_type */
	VMCS_EVENT_TYPE_INT3 = 6,
};
#define VMCS_EVENT_VALID BIT(31)

/* Interruptibility state. */
enum vmcs_blocking {
	BLOCKING_STI = BIT(0),
	BLOCKING_MOV_SS = BIT(1),
	BLOCKING_SHADOW = BLOCKING_STI | BLOCKING_MOV_SS,
	BLOCKING_NMI = BIT(3),
};

/* Access rights, where they differ from enum segment_attr. */
enum { ACCESS_UNUSABLE = BIT(16) };

/* Exit qualification of a port access. */
enum vmcs_io {
	IO_SIZE_MASK = 7, /* bytes, less 1 */
	IO_IN = BIT(3),
	IO_STRING = BIT(4),
	IO_PORT_SHIFT = 16,
};

/* Exit qualification of a control-register access. */
enum vmcs_cr {
	CR_NUMBER_MASK = 0xf,
	CR_ACCESS_SHIFT = 4,
	CR_ACCESS_MASK = 3,
	CR_ACCESS_MOV_TO = 0,
	CR_REGISTER_SHIFT = 8,
	CR_REGISTER_MASK = 0xf,
};

enum { IO_BITMAP_PAGES = 2 };

/* INVEPT (SDM 3C). */
enum { INVEPT_SINGLE = 1, INVEPT_ALL = 2 };

/* The pointer to the guest's page tables: four levels, reached as WB memory. */
enum { EPTP_WB = 6, EPTP_LEVELS_4 = 3 << 3 };

/* Exit qualification of an EPT violation. */
enum vmcs_ept_violation {
	EPT_VIOLATION_WRITE = BIT(1),
	EPT_VIOLATION_FETCH = BIT(2),
	EPT_VIOLATION_LINEAR = BIT(7), /* the guest-linear address is valid */
	/* Valid, and the guest-physical address is its translation, not that of a page table. */
	EPT_VIOLATION_TRANSLATED = BIT(7) | BIT(8),
};

/* Exit qualification of APIC accesses and APIC writes. */
enum { APIC_OFFSET_MASK = 0xfff };

/* The values that a VMCS gets from the VM and the vCPU. */
struct vmcs_guest {
	u64 io_bitmaps; /* physical; IO_BITMAP_PAGES */
	u64 apic_page;	/* physical; the vCPU's */
	u64 eptp;
	u64 cr4; /* bits the guest may have */
};

static inline u64 vmcs_eptp(struct hpa root)
{
	return root.addr | EPTP_WB | EPTP_LEVELS_4;
}

/* Panics: our own bug, since every field that we read or write exists. */
_Noreturn void vmcs_failed(const char *instruction, u64 field);

/* Read and write a field of the current VMCS. */
static inline u64 vmcs_read(u64 field)
{
	u64 value;

	if (!x86_vmread(field, &value))
		vmcs_failed("VMREAD", field);
	return value;
}

static inline void vmcs_write(u64 field, u64 value)
{
	if (!x86_vmwrite(field, value))
		vmcs_failed("VMWRITE", field);
}

/*
 * Initialize the current VMCS: the guest's fields that vmx_state_set does not write; and all
 * fields that depend on the CPU that runs this, which will use the VMCS.
 */
void vmcs_init_guest(void);
void vmcs_init_for_cpu(struct vmx_vcpu *v, const struct vmcs_guest *guest);

/* Sets the entry control for long mode from the guest's EFER. */
void vmcs_set_entry_controls(u64 efer);
