/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The neutral part of a vCPU: its thread, its APIC, the events that wait for it. A
 * backend's vCPU has this as its first member. Only the vCPU's own thread uses these
 * members, except where a comment says otherwise.
 */
#pragma once

#include "core/base/atomic.h"
#include "core/base/regs.h"
#include "core/guest/page_events.h"
#include "core/guest/vcpu_memory.h"
#include "core/host/virt.h"
#include "core/host/xstate.h"
#include "core/insn/decode.h"
#include "core/model/event.h"
#include "core/sched/thread.h"
#include "core/trace/exit_kind.h"
#include "mm/pt.h"

struct msr_state;
struct vlapic;
struct vm;

enum vcpu_mode {
	VCPU_RUNNING,
	VCPU_HALTED,
	VCPU_WAIT_FOR_SIPI,
};

/* The moment at which the backend leaves the guest so that an event can go in. */
enum vcpu_window {
	VCPU_WINDOW_IRQ = 1 << 0, /* the guest can take an interrupt */
	VCPU_WINDOW_NMI = 1 << 1, /* the guest can take an NMI */
	VCPU_WINDOW_TPR = 1 << 2, /* the guest lowers its task priority */
};

/* The kinds of events that the guest can take at this instruction boundary. */
enum vcpu_accepts {
	VCPU_ACCEPTS_IRQ = 1 << 0, /* IF set, no interrupt shadow */
	VCPU_ACCEPTS_NMI = 1 << 1, /* NMIs not blocked, no interrupt shadow */
};

/* How a vCPU has spent its time, in TSC ticks, since the trace was turned on. */
struct vcpu_times {
	u64 exit[EXIT_KIND_COUNT]; /* handling exits */
	u64 guest;		   /* in the guest */
	u64 service;		   /* in vcpu_service: pending bits, events to deliver */
	u64 waiting;		   /* halted, paused, or while another thread had the CPU */
	u64 since;		   /* host TSC: time before it is accounted for */
	u32 trace;		   /* trace_enabled of the trace that these times belong to */
};

enum { VCPU_DECODED = 8 };

/* The events that wait until they can become the event of an entry. */
struct vcpu_waiting {
	u8 window;   /* enum vcpu_window that is needed */
	bool nmi;    /* an NMI waits */
	bool extint; /* a message has asked for one vector of the 8259s */
};

/* The use of hardware that runs the APIC. */
struct vcpu_accel {
	bool on;	/* from the next entry on */
	bool pic_waits; /* counted in the VM's pic_waits */
	u32 posted_at;	/* atomic: 1 + the CPU whose hardware takes posted interrupts; 0: none */
};

/* The vCPU in its VM's pauses. */
struct vcpu_pause {
	bool parked; /* waits for the end of a pause; lock: the chips' */
	u64 ticks;   /* the part of the VM's pause.ticks that tsc.offset contains */
};

/* The vCPU's time-stamp counter. */
struct vcpu_tsc {
	u64 offset; /* guest TSC - host TSC */
	u64 adjust; /* IA32_TSC_ADJUST */
};

struct vcpu {
	struct regs regs; /* RIP, RSP, RAX, RFLAGS: valid where the backend says so */
	struct thread thread;
	struct vm *vm;
	u32 id;	 /* index in the VM; also the APIC ID */
	u32 cpu; /* the CPU to live on; atomic, the administrator writes */
	enum vcpu_mode mode;
	struct event event; /* to be delivered at the next entry */
	struct vcpu_waiting waiting;
	bool flush; /* the backend flushes translations before the next entry */
	struct vcpu_accel accel;
	u32 pic_rises; /* the chips' pic_rises when LINT0 was last sampled */
	struct vlapic *apic;
	struct vcpu_tsc tsc;
	struct vcpu_pause pause;
	struct msr_state *msr;
	struct xstate xstate; /* valid while another vCPU has the CPU */
	u64 pat; /* as the guest has written it; memory_types_pat gives the one in use */
	struct page_wait wait;	     /* for an absent page */
	struct page_request request; /* the keeper's to the pager, for that page */
	struct page_registration registration;
	struct vcpu_memory memory;
	struct control_state ctl;	   /* filled by the backend for emulation */
	struct insn decoded[VCPU_DECODED]; /* the last emulated, by RIP; length 0: none */
	u64 exits[EXIT_KIND_COUNT];	   /* counts; the vCPU's thread writes, others read */
	struct vcpu_times times;	   /* the vCPU's thread writes, others read */
};

/* Creates vCPU id of vm, which does not run yet. ERR_NO_MEMORY: *out may still be set. */
enum status vcpu_create(struct vm *vm, u32 id, u32 cpu, struct vcpu **out,
			struct error *err) must_check;
void vcpu_destroy(struct vcpu *vcpu);

/* The vCPU whose thread makes the call; NULL: the thread is none of this VM's. */
struct vcpu *vcpu_current(const struct vm *vm);

/* Sends a vCPU to another CPU, which is online. The administrator's thread. */
void vcpu_move(struct vcpu *vcpu, u32 cpu);

/*
 * Handles the bits of the pending word in order of priority, sleeps while the vCPU is halted
 * or waits, and chooses the event of the next entry. accepts: enum vcpu_accepts. A backend calls
 * it before an entry when the pending word is not empty.
 */
enum vcpu_action vcpu_service(struct vcpu *vcpu, unsigned accepts);

/*
 * Gives the CPU to other threads, by sched_block or sched_yield, and accounts for the time
 * if the trace is on. The vCPU's thread.
 */
void vcpu_switch_away(struct vcpu *vcpu, void (*how)(void));

/*
 * Makes every vCPU of the VM flush, and waits. On return no vCPU uses a translation, or a value
 * read from vm->memory, of before the call. self: the vCPU whose thread makes the call; NULL on
 * the administrator's and the keeper's thread, where the VM may have ended on return.
 */
void vcpu_flush_all(struct vm *vm, struct vcpu *self);

/* The conditions for pending events have changed: vcpu_service runs before the next entry. */
static inline void vcpu_reconsider(struct vcpu *vcpu)
{
	atomic_or(&vcpu->thread.pending, PENDING_IRQ);
}

/*
 * Makes an exception, combined with the event in delivery if there is one, the event of the
 * next entry. A triple fault stops the guest.
 */
void vcpu_raise(struct vcpu *vcpu, struct event event);

/* Sets the thread's deadline to the earliest of the vCPU's timers. */
void vcpu_arm(struct vcpu *vcpu);

static inline u64 vcpu_tsc(const struct vcpu *vcpu, u64 host_tsc)
{
	return host_tsc + vcpu->tsc.offset;
}
