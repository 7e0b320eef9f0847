/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VM: its description, its memory, its chips, its vCPUs, and its life from start to end.
 */
#pragma once

#include "boot/config.h"
#include "core/base/lock.h"
#include "core/base/status.h"
#include "core/guest/page_events.h"
#include "core/guest/pager.h"
#include "core/memory/memory.h"
#include "core/memory/pages.h"
#include "core/model/restart.h"

enum vm_state {
	VM_STOPPED,  /* no memory, no vCPUs; records of its last life */
	VM_STARTING, /* the keeper builds it */
	VM_RUNNING,  /* or paused */
	VM_STOPPING, /* its vCPUs leave, then its memory is zeroed */
};

/* The cause of a VM's end; VM_END_EXIT has a number too, life.exit_code. */
enum vm_end {
	VM_END_NONE,
	VM_END_POWER_OFF,
	VM_END_EXIT,	/* the debug-exit device */
	VM_END_RESET,	/* by the guest: starts again */
	VM_END_CRASH,	/* triple fault, or something that the hypervisor cannot carry out */
	VM_END_KILLED,	/* by the operator, or since it still ran too long after 'vm stop' */
	VM_END_RESTART, /* by the operator: starts again at once */
	VM_END_FAILED,	/* could not be started */
};

struct chips;
struct cpuid_table;
struct mux_ring;
struct route_table;
struct thread;
struct vcpu;
struct vcpu_record;

/* From start to end (core/vm/life.c). */
struct vm_life {
	enum vm_state state; /* atomic; see core/vm/life.c */
	u32 end;	     /* atomic: enum vm_end, set once a life */
	u32 running;	     /* atomic: vCPU threads that have not ended */
	u32 exit_code;
	char end_text[ERROR_TEXT_SIZE]; /* the cause of a crash or a failed start */
	const char *kernel_kind;	/* "Linux bzImage"; NULL: not loaded yet */
	u32 starts;
	bool shut_down; /* by the operator's 'vm stop': no restart */

	/* Uptime in ns; 0: not set. */
	u64 started_at, ended_at;
	u64 kill_at;	/* after 'vm stop': when the VM is killed */
	u64 restart_at; /* atomic; of a stopped VM: when it starts again */
	struct restart restart;
};

/*
 * Guest time stands still from the moment at which the last vCPU has parked.
 * Lock: the chips', for what does not say otherwise.
 */
struct vm_pause {
	bool on;    /* atomic read; lock to write */
	u32 parked; /* vCPUs that wait for the end of the pause */
	u64 since;  /* host TSC at which the last one parked */
	u64 ticks;  /* of all pauses of this life */
};

/*
 * How messages find APICs (core/guest/vcpu_apic.c), and whether hardware runs them
 * (core/guest/vcpu_accel.c). Lock: for what does not say otherwise.
 */
struct vm_apics {
	struct spinlock lock;
	struct route_table *route;
	u32 reasons;	 /* atomic read; enum accel_reason: why hardware does not */
	s32 pic_waits;	 /* vCPUs for which software delivers an interrupt of the 8259s */
	u32 accelerated; /* atomic: vCPUs whose APIC hardware runs */
	void *tables;	 /* the backend's; NULL: none */
};

/* The vCPUs' records, which stay until the next start (core/guest/vcpu_record.c). */
struct vm_records {
	struct vcpu_record *at;
	u32 count;
};

struct vm {
	const struct vm_config *config; /* constant */
	u32 id;				/* constant; index of the VM */
	u32 vcpu_count;
	struct vcpu **vcpus;
	struct vm_life life;
	struct vm_pause pause;
	u64 tsc_base; /* host TSC at start: zero of guest time. Lock: the chips', to write */
	struct cpuid_table *cpuid;
	struct vm_apics apics;

	struct guest_memory memory;
	struct vm *pager; /* the VM that brings pages; NULL: none. Constant */
	struct pager as_pager;
	struct vm_page_events page_events;
	struct chips *chips; /* constant */
	struct vm_records records;
	struct mux_ring *output; /* core/console/console.c's */
};

/* All VMs of the configuration, running or not. */
u32 vm_count(void);
struct vm *vm_by_id(u32 id);
struct vm *vm_find(const char *name); /* NULL: none */

/* Makes the (stopped) VM objects of a configuration, which is copied. */
enum status vm_init_all(const struct config *config, struct error *err) must_check;

/*
 * Begins the end of a VM that starts or runs, from any thread. Only the first cause counts.
 * False: the end had begun before, with another cause. why: for VM_END_CRASH and _FAILED.
 */
bool vm_stop(struct vm *vm, enum vm_end end, const char *why);

/* Sets bits in the pending word of each vCPU and wakes it. The VM is built. */
void vm_wake_vcpus(struct vm *vm, u32 bits);

const char *vm_state_name(const struct vm *vm);

/* "powered off", "exit code 3", "crashed: triple fault"; into buf. */
void vm_describe_end(const struct vm *vm, char *buf, size_t size);

/*
 * The keeper's thread (core/vm/life.c), which is woken when a VM has ended or waits for a page.
 * It calls vm_set_keeper itself; before that waking has no effect.
 */
void vm_set_keeper(struct thread *thread);
void vm_wake_keeper(void);

/* Sends the keeper to another CPU. The administrator's thread, before it goes there itself. */
void vm_move_keeper(u32 cpu);

/* ns of guest time, now and at a host TSC; and the host TSC of such a time (UINT64_MAX: never). */
u64 vm_now(const struct vm *vm);
u64 vm_time(const struct vm *vm, u64 host_tsc);
u64 vm_host_tsc(const struct vm *vm, u64 ns);
