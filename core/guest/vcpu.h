/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The neutral part of a vCPU: its thread, its APIC, what is about to happen to
 * it. A backend's vCPU embeds this one. Everything here belongs to the vCPU's
 * own thread but for what says otherwise.
 */
#pragma once

#include "apic/virt/vlapic.h"
#include "core/base/atomic.h"
#include "core/base/regs.h"
#include "core/guest/exit.h"
#include "core/guest/page_events.h"
#include "core/guest/vcpu_memory.h"
#include "core/host/sched.h"
#include "core/host/virt.h"
#include "core/host/xstate.h"
#include "core/insn/decode.h"
#include "core/model/event.h"
#include "core/model/msr.h"
#include "mm/pt.h"

struct vm;

enum vcpu_mode {
	VCPU_RUNNING,
	VCPU_HALTED,
	VCPU_WAIT_FOR_SIPI,
};

/* When the backend is to leave the guest so that an event can go in. */
enum vcpu_window {
	VCPU_WINDOW_IRQ = 1 << 0, /* it can take an interrupt */
	VCPU_WINDOW_NMI = 1 << 1, /* it can take an NMI */
	VCPU_WINDOW_TPR = 1 << 2, /* it lowers its task priority */
};

/* What the vCPU can take at this instruction boundary. */
enum vcpu_accepts {
	VCPU_ACCEPTS_IRQ = 1 << 0, /* IF set, no interrupt shadow */
	VCPU_ACCEPTS_NMI = 1 << 1, /* NMIs not blocked, no interrupt shadow */
};

/* Where a vCPU's time has gone, in TSC ticks, since the trace was turned on. */
struct vcpu_times {
	u64 exit[EXIT_KIND_COUNT]; /* handling exits */
	u64 guest;		   /* in the guest */
	u64 service;		   /* between exits: what was pending, what goes in */
	u64 waiting;		   /* halted, paused, or another thread had the CPU */
	u64 since;		   /* host TSC up to which it is accounted for */
	u32 trace;		   /* trace_enabled of the trace that it belongs to */
};

enum { VCPU_DECODED = 8 };

/* What is to go into the guest, beside the event of the next entry. */
struct vcpu_waiting {
	u8 window;   /* enum vcpu_window that is needed */
	bool nmi;    /* one waits */
	bool extint; /* a message has asked for one vector of the 8259s */
};

/* Hardware that runs the APIC. */
struct vcpu_accel {
	bool on;	/* from the next entry on */
	bool pic_waits; /* counted in the VM's pic_waits */
	u32 posted_at;	/* atomic: 1 + the CPU whose hardware takes what is posted; 0: none */
};

/* The VM's pauses. */
struct vcpu_pause {
	bool parked; /* it waits for the end of one; lock: the chips' */
	u64 ticks;   /* those ticks of all pauses that tsc.offset allows for */
};

/* Its time-stamp counter. */
struct vcpu_tsc {
	u64 offset; /* guest TSC - host TSC */
	u64 adjust; /* IA32_TSC_ADJUST */
};

struct vcpu {
	struct regs regs; /* RIP, RSP, RAX, RFLAGS: valid where the backend says so */
	struct thread thread;
	struct vm *vm;
	u32 id;	 /* index in the VM; also the APIC ID */
	u32 cpu; /* where it is to live; atomic, the administrator writes */
	enum vcpu_mode mode;
	struct event event; /* to be delivered at the next entry */
	struct vcpu_waiting waiting;
	bool flush; /* translations must go before the next entry */
	struct vcpu_accel accel;
	u32 pic_rises; /* of the chips' pic_rises, those that LINT0 has seen */
	struct vlapic *apic;
	struct vcpu_tsc tsc;
	struct vcpu_pause pause;
	struct msr_state *msr;
	struct xstate xstate; /* while another vCPU has the CPU */
	u64 pat; /* as the guest wrote it, whatever the memory-type policy makes of it */
	struct page_wait wait;	     /* for an absent page */
	struct page_request request; /* the keeper's, for that page */
	struct page_registration registration;
	struct vcpu_memory memory;
	struct control_state ctl;	   /* filled by the backend for emulation */
	struct insn decoded[VCPU_DECODED]; /* the last ones, by RIP; length 0: none */
	u64 exits[EXIT_KIND_COUNT];	   /* owner writes, the console reads */
	struct vcpu_times times;	   /* the same */
};

/* Makes vCPU id of vm, not running. ERR_NO_MEMORY. */
enum status vcpu_create(struct vm *vm, u32 id, u32 cpu, struct vcpu **out,
			struct error *err) must_check;
void vcpu_destroy(struct vcpu *vcpu);

/* The vCPU whose thread runs here; NULL: it is none of this VM's. */
struct vcpu *vcpu_current(const struct vm *vm);

/* Sends a vCPU to another CPU, which is online. The administrator's thread. */
void vcpu_move(struct vcpu *vcpu, u32 cpu);

/*
 * core/guest/vcpu_reset.c: RESET and INIT states (SDM 3A "Processor State After Reset"); SIPI's
 * start address is set on top. signature: CPUID leaf 1's EAX.
 */
void vcpu_reset_state(struct vcpu_state *state, u32 signature);

/* The one that this vCPU's CPUID tells. */
u32 vcpu_reset_signature(const struct vcpu *vcpu);

/* INIT; and SIPI for one that waits for it. The vCPU's thread. */
void vcpu_reset_on_init(struct vcpu *vcpu);
void vcpu_reset_on_sipi(struct vcpu *vcpu, u8 vector);

/*
 * The cold side of the pending word: consumes it in order of priority, sleeps
 * while the vCPU is halted or waits, picks the event to deliver. accepts: enum
 * vcpu_accepts.
 */
enum vcpu_action vcpu_service(struct vcpu *vcpu, unsigned accepts);

/*
 * Gives the CPU to other threads, by sched_block or sched_yield, and accounts for the time
 * if the trace is on. The vCPU's thread.
 */
void vcpu_switch_away(struct vcpu *vcpu, void (*how)(void));

/*
 * No vCPU of the VM uses a translation from before this call, or what it has
 * read of vm->memory, when it returns. self: the vCPU whose thread it is, or NULL
 * on the administrator's, and then the VM may have ended.
 */
void vcpu_flush_all(struct vm *vm, struct vcpu *self);

/* Something that decides about pending events has changed: look again before entry. */
static inline void vcpu_reconsider(struct vcpu *vcpu)
{
	atomic_or(&vcpu->thread.pending, PENDING_IRQ);
}

/*
 * Raises an exception, combined with an event in delivery, for the next entry;
 * shutdown stops the guest.
 */
void vcpu_raise(struct vcpu *vcpu, struct event event);

/* --- core/guest/vcpu_apic.c; but for vcpu_apic_send, on the vCPU's own thread --- */

/* What its APIC answers to has changed: into the routing map. */
void vcpu_apic_sync_route(struct vcpu *vcpu);

/* What LINT0's line has done since the last look. */
void vcpu_apic_sample_lint0(struct vcpu *vcpu);

/* LINT0 of this vCPU's APIC has become masked, unmasked or something else. */
void vcpu_apic_sync_lint0(struct vcpu *vcpu);

/* Performs what the vCPU's own APIC asks for. */
void vcpu_apic_apply(struct vcpu *vcpu, const struct vlapic_effects *fx);

/* The message into the inboxes of targets. */
void vcpu_apic_post(struct vm *vm, const struct vcpu_set *targets,
		    const struct apic_message *message);

/* An edge-triggered interrupt of the hypervisor's own, to one vCPU. */
void vcpu_apic_interrupt(struct vm *vm, u32 id, u8 vector);

/* Sends an interrupt message to whom it concerns; sender is a vCPU index. False: nobody took it. */
bool vcpu_apic_send(struct vm *vm, const struct apic_message *message, u32 sender);

/* --- core/guest/vcpu_accel.c --- */

/*
 * The vCPU's APIC for who calls the model after an exit: with what hardware has
 * made of it.
 */
static inline struct vlapic *vcpu_apic(struct vcpu *vcpu)
{
	if (vcpu->accel.on)
		vlapic_sync_page(vcpu->apic);
	return vcpu->apic;
}

/* Before a VM runs: may hardware run its APICs? */
void vcpu_accel_sync_vm(struct vm *vm);

/* enum accel_reason against hardware for this vCPU: its VM's and its own. */
u32 vcpu_accel_reasons(const struct vcpu *vcpu);

/* Sets vcpu->accelerated as the reasons now say; wants_pic: it waits for an 8259's interrupt. */
void vcpu_accel_sync(struct vcpu *vcpu, bool wants_pic);

/* Exits of hardware that runs the APIC: the rest of a write it has stored, and of an EOI. */
void vcpu_accel_finish_write(struct vcpu *vcpu, u32 offset);
void vcpu_accel_finish_eoi(struct vcpu *vcpu, u8 vector);

/* Sets the thread's deadline to the earliest of the vCPU's timers. */
void vcpu_arm(struct vcpu *vcpu);

static inline u64 vcpu_tsc(const struct vcpu *vcpu, u64 host_tsc)
{
	return host_tsc + vcpu->tsc.offset;
}
