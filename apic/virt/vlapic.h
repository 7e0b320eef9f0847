/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One virtual local APIC. Its registers are a page laid out like the
 * hardware's, so that trap-and-emulate and hardware acceleration can share it.
 * Pure: it takes `now`, changes itself and returns effects (an IPI to send, an
 * EOI to broadcast, ...) which the caller performs; it never reaches another
 * APIC.
 *
 * Concurrency. The owner vCPU alone (or whoever runs in its stead while it
 * cannot run) calls anything that takes a struct vlapic. Every other CPU calls
 * only vlapic_post*, which touches struct vlapic_posted with atomic operations;
 * the owner takes that over in vlapic_sync_posted, which it calls before each
 * entry when vlapic_has_posted says so.
 *
 * Time is guest time in nanoseconds; UINT64_MAX is "never". The timer's input
 * clock is VLAPIC_TIMER_HZ.
 */
#pragma once

#include "apic/virt/apic_regs.h"
#include "apic/virt/route.h"
#include "core/base/atomic.h"
#include "core/base/status.h"

#define VLAPIC_TIMER_HZ 1000000000ULL
#define VLAPIC_NEVER	UINT64_MAX

struct vlapic_config {
	u32 x2apic_id;	  /* initial APIC ID, the same that CPUID tells */
	u8 physical_bits; /* guest MAXPHYADDR, 32..52 */
	bool bsp;
	bool x2apic;	   /* CPUID.1:ECX.x2APIC */
	bool tsc_deadline; /* CPUID.1:ECX.TSC_Deadline */
	bool suppress_eoi; /* version register bit 24: EOI-broadcast suppression */
};

/*
 * Requests that are not vectors of the IRR: posted by others, or raised by the
 * local vector table. A SIPI's vector is in bits 15:8 of the same word.
 */
enum vlapic_request {
	VLAPIC_NMI = BIT(0),
	VLAPIC_SMI = BIT(1),
	VLAPIC_INIT = BIT(2),
	VLAPIC_SIPI = BIT(3),
	VLAPIC_EXTINT = BIT(4),		/* ask the PIC for a vector once */
	VLAPIC_ILLEGAL_VECTOR = BIT(5), /* internal: a message with vector 0..15 came */
	VLAPIC_SIPI_VECTOR = BITS(15, 8),
};

/* Written by any CPU, all atomic. The first 64 bytes are a posted-interrupt descriptor. */
struct vlapic_posted {
	u32 pir[APIC_VECTOR_WORDS];   /* vectors posted; owner takes them */
	u32 on;			      /* 1: something is posted and the owner was told */
	u32 reserved_24h[7];	      /* the rest of the hardware's descriptor */
	u32 told;		      /* 1: the same, for what only the owner can take: */
	u32 requests;		      /* enum vlapic_request */
	u32 slow[APIC_VECTOR_WORDS];  /* vectors whose trigger mode is to be noted */
	u32 level[APIC_VECTOR_WORDS]; /* trigger mode of the last post of each vector */
} __attribute__((aligned(64)));
static_assert(offsetof(struct vlapic_posted, on) == 32, "bit 256: outstanding notification");
static_assert(offsetof(struct vlapic_posted, told) == 64, "outside the descriptor");

enum { VLAPIC_LENT = 15 }; /* registers whose old value a write is judged by */

struct vlapic {
	u32 regs[1024] __attribute__((aligned(4096))); /* at xAPIC offsets */
	struct vlapic_posted posted;

	/* All below: owner only. */
	struct vlapic_config config;
	u64 base;     /* IA32_APIC_BASE */
	s16 irr_top;  /* highest vector in IRR, or -1 */
	s16 isr_top;  /* highest vector in ISR, or -1 */
	u32 errors;   /* ESR bits since the last write to it */
	u32 requests; /* raised by the local vector table, for vlapic_sync_posted */
	u32 dropped[APIC_VECTOR_WORDS]; /* level-triggered vectors, for vlapic_take_dropped */
	u8 lint_high;			/* bit 0: LINT0's line, bit 1: LINT1's */
	u64 timer_deadline;		/* ns; VLAPIC_NEVER: stopped */
	u64 timer_due;			/* ns, >= timer_deadline: when the owner should be woken */
	u64 tsc_deadline;		/* guest TSC; 0: disarmed */
	u32 lent[VLAPIC_LENT];
};
static_assert(offsetof(struct vlapic, posted) == PAGE_SIZE, "the registers fill one page");

/* What the caller must do after a write; several bits may be set. */
enum vlapic_effect {
	VLAPIC_SEND_IPI = BIT(0),      /* deliver .ipi to others (never to the sender alone) */
	VLAPIC_BROADCAST_EOI = BIT(1), /* tell the I/O APICs .eoi_vector */
	VLAPIC_TIMER_MOVED = BIT(2),   /* read vlapic_timer_deadline / _tsc_deadline again */
	VLAPIC_ROUTE_CHANGED = BIT(3), /* vlapic_describe + route_update */
	VLAPIC_BASE_CHANGED = BIT(4),  /* mode or base: page overlay and CPUID.APIC */
	VLAPIC_LINT_CHANGED =
		BIT(5), /* LINT0's entry: vlapic_listens_to_lint0, vlapic_settle_lint */
};

struct vlapic_effects {
	u32 what; /* enum vlapic_effect */
	u8 eoi_vector;
	struct apic_message ipi;
};

/* --- Life --- */

/*
 * Power-up: everything in its reset state, base at the default, xAPIC mode,
 * timer off. After this and the next two, routing must hear of it
 * (vlapic_describe).
 */
void vlapic_reset(struct vlapic *v, const struct vlapic_config *config);

/* INIT arrived: registers as at reset, but mode, base and the APIC ID stay. */
void vlapic_init(struct vlapic *v);

/*
 * What firmware leaves on the bootstrap processor (SDM 3A "Virtual Wire Mode"):
 * software-enabled, LINT0 takes the PIC's interrupts, LINT1 NMIs.
 */
void vlapic_set_virtual_wire(struct vlapic *v);

enum apic_mode vlapic_mode(const struct vlapic *v);

/* Guest-physical address of the register page; meaningful in xAPIC mode only. */
u64 vlapic_page(const struct vlapic *v);

/* What the routing map must know now. */
void vlapic_describe(const struct vlapic *v, struct route_apic *out);

/* --- The guest's accesses. fx is overwritten. False: the instruction gets #GP(0). --- */

/* IA32_APIC_BASE; reading it is reading v->base. */
bool must_check vlapic_write_base(struct vlapic *v, u64 value, struct vlapic_effects *fx);

/*
 * The xAPIC page, in xAPIC mode only (in another mode the caller finds what lies
 * behind). offset < 4096, size 1, 2, 4 or 8. A read answers within the low 4
 * bytes of each 16-byte slot and with 0 in the other twelve; a write must be 4
 * bytes at a slot's start and is ignored otherwise.
 */
u64 vlapic_mmio_read(struct vlapic *v, u32 offset, unsigned size, u64 now);
void vlapic_mmio_write(struct vlapic *v, u32 offset, unsigned size, u64 value, u64 now,
		       struct vlapic_effects *fx);

/* MSRs 0x800..0x8ff: #GP in every mode but x2APIC. */
bool must_check vlapic_msr_read(struct vlapic *v, u32 msr, u64 now, u64 *value);
bool must_check vlapic_msr_write(struct vlapic *v, u32 msr, u64 value, u64 now,
				 struct vlapic_effects *fx);

/* CR8, the high half of TPR. The write gets #GP for values above 15. */
u64 vlapic_read_cr8(const struct vlapic *v);
bool must_check vlapic_write_cr8(struct vlapic *v, u64 value);

/* --- Messages from other CPUs, any thread. --- */

/* Who is to be told of the message. */
enum vlapic_tell {
	VLAPIC_TOLD, /* nobody: the owner, or hardware, has been told already */
	VLAPIC_TELL_OWNER,
	VLAPIC_TELL_ANY, /* the owner, or hardware that runs the APIC on `posted` */
};

/* Any message that routing found this APIC for. */
enum vlapic_tell vlapic_post(struct vlapic_posted *p, const struct apic_message *message);
enum vlapic_tell vlapic_post_fixed(struct vlapic_posted *p, u8 vector, bool level);
/* NMI, SMI, INIT, EXTINT: one bit of enum vlapic_request. */
enum vlapic_tell vlapic_post_request(struct vlapic_posted *p, u32 request);
enum vlapic_tell vlapic_post_sipi(struct vlapic_posted *p, u8 vector);

static inline bool vlapic_has_posted(const struct vlapic *v)
{
	return atomic_get(&v->posted.on) | atomic_get(&v->posted.told) | v->requests;
}

/*
 * Owner: moves posted vectors to IRR and TMR; returns the requests taken (enum
 * vlapic_request, with a SIPI's vector), each exactly once. INIT comes before a
 * SIPI that is reported with it. A hardware- or software-disabled APIC drops the
 * vectors.
 */
u32 vlapic_sync_posted(struct vlapic *v);

/*
 * Owner: a level-triggered vector that was dropped so, once; -1: none (more). The
 * I/O APICs wait for an EOI that will not come.
 */
int vlapic_take_dropped(struct vlapic *v);

/* --- Delivery to the processor --- */

/*
 * PPR, which lowest-priority messages are decided by (SDM 3A "Lowest Priority
 * Delivery Mode"). Any CPU; as it was a moment ago.
 */
static inline u8 vlapic_priority(const struct vlapic *v)
{
	return (u8)atomic_get(&v->regs[APIC_REG_PPR / sizeof(u32)]);
}

/* The vector in IRR that is above PPR, or -1. O(1). */
int vlapic_highest_pending(const struct vlapic *v);

/* The processor takes `vector`, which vlapic_highest_pending returned: IRR to ISR. */
void vlapic_acknowledge(struct vlapic *v, u8 vector);

/*
 * Does the PIC's INTR line reach this processor: LINT0 unmasked in ExtINT mode,
 * or the APIC off, when LINT0 is the INTR pin?
 */
bool vlapic_accepts_pic(const struct vlapic *v);

/* Does LINT0's line matter at all: is its entry unmasked, or the APIC off? */
bool vlapic_listens_to_lint0(const struct vlapic *v);

/*
 * Wire `line` (0 or 1) of the local interrupt pins is high or low. Raises what
 * the LVT entry says: a vector in IRR, or a request for the next
 * vlapic_sync_posted. An ExtINT entry raises nothing: see vlapic_accepts_pic.
 * With the APIC off, LINT1 is NMI.
 */
void vlapic_set_lint(struct vlapic *v, unsigned line, bool high);

/* The same without an edge: how the line stands when someone begins to listen. */
void vlapic_settle_lint(struct vlapic *v, unsigned line, bool high);

/* --- Hardware beside the model (apic/virt/vlapic_hardware.c) --- */

/*
 * Hardware that accelerates an APIC works on its page between an entry and the
 * next exit: IRR, ISR, TPR and PPR, and a register that it leaves to software has
 * its new value already when the exit comes. So: vlapic_lend before the guest
 * runs, vlapic_reload before anything else here is called after it ran, and
 * vlapic_finish_* for what an exit says hardware has not done.
 */
void vlapic_lend(struct vlapic *v);
void vlapic_reload(struct vlapic *v);

/*
 * The guest has written the register at offset (< 4096), and the page has the
 * value: does what a write does, as vlapic_mmio_write or vlapic_msr_write would.
 */
void vlapic_finish_write(struct vlapic *v, u32 offset, u64 now, struct vlapic_effects *fx);

/* Hardware has taken the vector out of ISR for an EOI: tells who must hear of it. */
void vlapic_finish_eoi(struct vlapic *v, u8 vector, struct vlapic_effects *fx);

/* May hardware answer a read of the x2APIC register at offset with what the page has? */
bool vlapic_page_tells(u32 offset);

/* Does SVR let the APIC accept interrupts? Hardware that accelerates does not look. */
bool vlapic_is_software_enabled(const struct vlapic *v);

/* TMR's vectors 64 * quarter and up: those whose EOI hardware must not keep to itself. */
u64 vlapic_level_vectors(const struct vlapic *v, unsigned quarter);

/*
 * For those who look on from another CPU: each value as it was at some moment.
 * irr_top, isr_top: the highest vector, 0 for none.
 */
struct vlapic_summary {
	u64 base; /* IA32_APIC_BASE */
	enum apic_mode mode;
	u32 id, ldr; /* as the guest reads the registers */
	u8 tpr, ppr, irr_top, isr_top;
};

void vlapic_summarize(const struct vlapic *v, struct vlapic_summary *out);

/* --- Timer --- */

/* When the owner next wants vlapic_timer_expire, in ns; VLAPIC_NEVER: not at all. */
u64 vlapic_timer_deadline(const struct vlapic *v);

/* Raises the timer interrupt if due. Late calls lose periods, not the phase. */
void vlapic_timer_expire(struct vlapic *v, u64 now);

/* IA32_TSC_DEADLINE in units of the guest's TSC; 0 is disarmed or another mode. */
u64 vlapic_tsc_deadline(const struct vlapic *v);
void vlapic_write_tsc_deadline(struct vlapic *v, u64 value, struct vlapic_effects *fx);

/* Raises the timer interrupt and disarms if guest_tsc has reached the deadline. */
void vlapic_tsc_expire(struct vlapic *v, u64 guest_tsc);
