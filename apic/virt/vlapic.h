/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the state of one virtual local APIC. Its registers are a page with the layout of
 * hardware's page, so that emulation and hardware acceleration use the same page. Pure:
 * a call gets the time as `now`, changes the APIC and returns effects (an IPI to send,
 * an EOI to broadcast, ...), which the caller applies. Never reaches another APIC.
 *
 * Concurrency. Only the owner vCPU's thread calls a function that takes a struct
 * vlapic; another thread may do so while the vCPU cannot run. Other CPUs call
 * only vlapic_post, which touches struct vlapic_posted with atomic operations.
 * Before each entry, if vlapic_has_posted is true, the owner calls
 * vlapic_sync_posted, which moves posted messages into the APIC.
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
	u32 x2apic_id;	  /* initial APIC ID, as in CPUID */
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
	VLAPIC_EXTINT = BIT(4),		/* get a vector from the PIC once */
	VLAPIC_ILLEGAL_VECTOR = BIT(5), /* stays in the vlapic files: a vector of 0..15 */
	VLAPIC_SIPI_VECTOR = BITS(15, 8),
};

/* Written by any CPU, all atomic. The first 64 bytes are a posted-interrupt descriptor. */
struct vlapic_posted {
	u32 pir[APIC_VECTOR_WORDS]; /* vectors posted, until the owner moves them to IRR */
	u32 on;			    /* 1: pir has vectors and a notification was sent */
	u32 reserved_24h[7];	    /* the rest of the hardware's descriptor */
	u32 notified; /* 1: a notification was sent for the members below; not hardware's */
	u32 requests; /* enum vlapic_request */
	u32 slow[APIC_VECTOR_WORDS]; /* posted, with a TMR bit that must change: not for hardware */
	u32 level[APIC_VECTOR_WORDS]; /* trigger mode of the last post of each vector */
} __attribute__((aligned(64)));
static_assert(offsetof(struct vlapic_posted, on) == 32, "bit 256: outstanding notification");
static_assert(offsetof(struct vlapic_posted, notified) == 64, "outside the descriptor");

enum { VLAPIC_SAVED = 15 }; /* registers in vlapic_regs_save */

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
	u64 timer_due;			/* ns, >= timer_deadline: time to wake the owner */
	u64 tsc_deadline;		/* guest TSC; 0: disarmed */
	u32 saved[VLAPIC_SAVED];	/* by vlapic_regs_save */
};
static_assert(offsetof(struct vlapic, posted) == PAGE_SIZE, "the registers fill one page");

/* Actions that a write asks of its caller. Several bits may be set. */
enum vlapic_effect {
	VLAPIC_SEND_IPI = BIT(0),      /* route and post .ipi; its shorthand is not TO_SELF */
	VLAPIC_BROADCAST_EOI = BIT(1), /* send .eoi_vector to the I/O APICs */
	VLAPIC_TIMER_MOVED = BIT(2),   /* read vlapic_timer_deadline / _tsc_deadline again */
	VLAPIC_ROUTE_CHANGED = BIT(3), /* vlapic_get_route + route_update */
	VLAPIC_BASE_CHANGED = BIT(4),  /* mode or base changed: sync page overlay, CPUID.APIC */
	VLAPIC_LINT_CHANGED = BIT(5),  /* call vlapic_needs_lint0 and vlapic_sync_lint */
};

struct vlapic_effects {
	u32 what; /* enum vlapic_effect */
	u8 eoi_vector;
	struct apic_message ipi;
};

/* --- Life --- */

/*
 * Power-up: puts everything into its reset state, with the default base, in xAPIC mode
 * and with the timer stopped. After this and the next two functions the caller must
 * update the routing map (vlapic_get_route, route_update).
 */
void vlapic_reset(struct vlapic *v, const struct vlapic_config *config);

/* INIT: resets the registers, but keeps mode, base and APIC ID. */
void vlapic_init(struct vlapic *v);

/*
 * Sets the state in which firmware leaves the bootstrap processor's APIC (SDM 3A "Virtual
 * Wire Mode"): software-enabled, LINT0 for the PIC's interrupts, LINT1 for NMIs.
 */
void vlapic_set_virtual_wire(struct vlapic *v);

enum apic_mode vlapic_mode(const struct vlapic *v);

/* The guest-physical address of the register page. Has a meaning in xAPIC mode only. */
u64 vlapic_page(const struct vlapic *v);

/* Describes the APIC for the routing map. */
void vlapic_get_route(const struct vlapic *v, struct route_apic *out);

/* --- The guest's accesses. fx is overwritten. False: the instruction gets #GP(0). --- */

/* IA32_APIC_BASE; reading it is reading v->base. */
bool must_check vlapic_write_base(struct vlapic *v, u64 value, struct vlapic_effects *fx);

/*
 * Accesses to the xAPIC page. Call in xAPIC mode only: in other modes the guest reaches
 * the memory behind the page. offset < 4096, size 1, 2, 4 or 8. A read gives the register
 * in the low 4 bytes of each 16-byte slot and 0 in the other twelve; a write that does
 * not have 4 bytes at the start of a slot is ignored.
 */
u64 vlapic_regs_mmio_read(struct vlapic *v, u32 offset, unsigned size, u64 now);
void vlapic_regs_mmio_write(struct vlapic *v, u32 offset, unsigned size, u64 value, u64 now,
			    struct vlapic_effects *fx);

/* Accesses to MSRs 0x800..0x8ff. #GP in every mode but x2APIC. */
bool must_check vlapic_regs_msr_read(struct vlapic *v, u32 msr, u64 now, u64 *value);
bool must_check vlapic_regs_msr_write(struct vlapic *v, u32 msr, u64 value, u64 now,
				      struct vlapic_effects *fx);

/* CR8 is TPR's bits 7:4. A write of a value above 15 gets #GP. */
u64 vlapic_read_cr8(const struct vlapic *v);
bool must_check vlapic_write_cr8(struct vlapic *v, u64 value);

/* --- Messages from other CPUs, any thread. --- */

/* The notification that the caller of vlapic_post must send. */
enum vlapic_notify {
	VLAPIC_NOTIFIED, /* none: an earlier post's has not been handled yet */
	VLAPIC_NOTIFY_OWNER,
	VLAPIC_NOTIFY_ANY, /* the owner, or hardware that runs the APIC on `posted` */
};

/*
 * Posts a message of which routing has made this APIC a target. The caller sends the notification.
 */
enum vlapic_notify vlapic_post(struct vlapic_posted *p, const struct apic_message *message);

static inline bool vlapic_has_posted(const struct vlapic *v)
{
	return atomic_get(&v->posted.on) | atomic_get(&v->posted.notified) | v->requests;
}

/*
 * Owner: moves posted vectors to IRR and TMR, and returns the posted and raised requests
 * (enum vlapic_request, with a SIPI's vector), each once. If INIT and a SIPI are returned
 * together, the INIT came first. A hardware- or software-disabled APIC drops the vectors.
 */
u32 vlapic_sync_posted(struct vlapic *v);

/*
 * Owner: removes and returns a level-triggered vector that vlapic_sync_posted has
 * dropped; -1: none is left. The caller ends it at the I/O APICs, which wait for an EOI
 * that the guest will not send.
 */
int vlapic_take_dropped(struct vlapic *v);

/* --- Delivery to the processor --- */

/*
 * PPR, which decides the target of lowest-priority messages (SDM 3A "Lowest Priority
 * Delivery Mode"). On a CPU other than the owner's the value may be old.
 */
static inline u8 vlapic_priority(const struct vlapic *v)
{
	return (u8)atomic_get(&v->regs[APIC_REG_PPR / sizeof(u32)]);
}

/* The highest vector in IRR if its priority class is above PPR's, else -1. */
int vlapic_highest_pending(const struct vlapic *v);

/*
 * Moves `vector` from IRR to ISR: the processor takes it. vlapic_highest_pending has returned it.
 */
void vlapic_acknowledge(struct vlapic *v, u8 vector);

/*
 * True if the PIC's INTR line reaches this processor: LINT0 is unmasked in ExtINT mode,
 * or the APIC is disabled, so that LINT0 is the INTR pin.
 */
bool vlapic_accepts_pic(const struct vlapic *v);

/* True if LINT0's line can have an effect: its entry is unmasked, or the APIC is disabled. */
bool vlapic_needs_lint0(const struct vlapic *v);

/*
 * Sets the level of LINT pin `line` (0 or 1; others are ignored). If that is an interrupt
 * according to the LVT entry, raises it: a vector in IRR, or a request for the next
 * vlapic_sync_posted. An ExtINT entry raises nothing: see vlapic_accepts_pic. While the
 * APIC is disabled, LINT1 is the NMI pin.
 */
void vlapic_set_lint(struct vlapic *v, unsigned line, bool high);

/* The same, but a change of the level is no edge: it happened earlier, while LINT0 was masked. */
void vlapic_sync_lint(struct vlapic *v, unsigned line, bool high);

/* --- Hardware that works on the register page --- */

/*
 * Between an entry and the next exit, hardware that accelerates an APIC changes IRR, ISR,
 * TPR and PPR in the page. A guest's write of a register that hardware leaves to software
 * is in the page when the exit comes. So the caller calls vlapic_regs_save before the
 * guest runs; after the exit vlapic_sync_page before any other function here; and then,
 * if the exit left a write or an EOI to software, one of the two finish functions.
 */
void vlapic_regs_save(struct vlapic *v);
void vlapic_sync_page(struct vlapic *v);

/*
 * Finishes a guest's write of the register at offset (< 4096), whose new value is in the
 * page: has the effects of vlapic_regs_mmio_write or, in x2APIC mode, _msr_write.
 */
void vlapic_regs_finish_write(struct vlapic *v, u32 offset, u64 now, struct vlapic_effects *fx);

/* Finishes an EOI for which hardware has removed the vector from ISR. */
void vlapic_finish_eoi(struct vlapic *v, u8 vector, struct vlapic_effects *fx);

/* True if the page has the value that a read of the x2APIC register at offset must give. */
bool vlapic_regs_are_in_page(u32 offset);

/*
 * True if SVR enables the APIC to accept interrupts. Hardware that accelerates an APIC
 * does not check this bit.
 */
static inline bool vlapic_is_software_enabled(const struct vlapic *v)
{
	return v->regs[APIC_REG_SVR / sizeof(u32)] & APIC_SVR_ENABLE;
}

/* TMR's vectors from 64 * quarter (0 to 3) on: the vectors whose EOI must cause an exit. */
u64 vlapic_level_vectors(const struct vlapic *v, unsigned quarter);

/*
 * An APIC's state for operators. Read on any CPU, each value as it was at some moment.
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

/* The time in ns at which vlapic_timer_expire must be called next; VLAPIC_NEVER: not at all. */
u64 vlapic_timer_deadline(const struct vlapic *v);

/*
 * Raises the timer interrupt if it is due. After a late call periods are lost, but the phase stays.
 */
void vlapic_timer_expire(struct vlapic *v, u64 now);

/* IA32_TSC_DEADLINE in ticks of the guest's TSC; 0: disarmed, or the timer is in another mode. */
u64 vlapic_timer_tsc_deadline(const struct vlapic *v);
void vlapic_timer_write_tsc_deadline(struct vlapic *v, u64 value, struct vlapic_effects *fx);

/* Raises the timer interrupt and disarms if guest_tsc has reached the deadline. */
void vlapic_timer_expire_tsc(struct vlapic *v, u64 guest_tsc);
