/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VM: its memory, its chips, its vCPUs, and its life from start to end.
 */
#pragma once

#include "apic/virt/accel.h"
#include "apic/virt/route.h"
#include "apic/virt/vioapic.h"
#include "boot/config.h"
#include "core/base/lock.h"
#include "core/base/status.h"
#include "core/guest/pager.h"
#include "core/guest/vcpu.h"
#include "core/memory/memory.h"
#include "core/memory/pages.h"
#include "core/model/cpuid.h"
#include "core/model/restart.h"
#include "drivers/virt/machine.h"
#include "mm/frames.h"

/* The bits of all ports, and a page of ones for an access that runs past the last. */
enum { VM_PORT_MAP_PAGES = 65536 / 8 / PAGE_SIZE + 1 };

enum vm_state {
	VM_STOPPED,  /* no memory, no vCPUs; records of its last life */
	VM_STARTING, /* the keeper puts it together */
	VM_RUNNING,  /* or paused */
	VM_STOPPING, /* its vCPUs are leaving, then its memory is zeroed */
};

/* Why a VM ended; the number of VM_END_EXIT is in exit_code. */
enum vm_end {
	VM_END_NONE,
	VM_END_POWER_OFF,
	VM_END_EXIT,	/* the debug-exit device */
	VM_END_RESET,	/* the guest has asked for it: starts again */
	VM_END_CRASH,	/* triple fault, or something we cannot carry out */
	VM_END_KILLED,	/* by the operator, or because it did not follow 'vm stop' */
	VM_END_RESTART, /* by the operator: starts again at once */
	VM_END_FAILED,	/* it could not be started */
};

struct vcpu_record;
struct pnp;

/* From start to end (core/vm/life.c). */
struct vm_life {
	enum vm_state state; /* atomic; see core/vm/life.c */
	u32 end;	     /* atomic: enum vm_end, set once a life */
	u32 running;	     /* atomic: vCPU threads that have not ended */
	u32 exit_code;
	char end_text[ERROR_TEXT_SIZE]; /* why, for a crash */
	const char *kernel_kind;	/* "Linux bzImage"; NULL: not loaded yet */
	u32 starts;
	bool shut_down; /* the operator has asked it to end: it is not restarted */

	/* Uptime in ns; 0: not set. */
	u64 started_at, ended_at;
	u64 kill_at;	/* 'vm stop' was asked for: then patience ends */
	u64 restart_at; /* atomic; stopped, and to be started then */
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

/* What all vCPUs of the VM share but for memory and the maps of APICs (core/guest/chips.c). */
struct chips {
	struct spinlock lock;
	struct machine machine;
	struct vioapic ioapic;
	u64 deadline;			     /* the machine's next, ns */
	bool pic_output;		     /* atomic read; level of the 8259s' INT */
	u32 pic_rises;			     /* atomic read; how often it has gone high */
	u64 lint0_listeners[VCPU_SET_WORDS]; /* atomic: vCPUs that the line can interrupt */
	u64 unclaimed; /* atomic: accesses to memory addresses where nothing is */
	u8 *port_map;  /* constant. VM_PORT_MAP_PAGES: a bit a port, clear: passed through */
};

/* How messages find APICs, and whether hardware runs them (core/guest/vcpu_accel.c). */
struct vm_apics {
	struct spinlock lock;
	struct route_table *route;
	u32 reasons;	 /* atomic read; enum accel_reason: against hardware */
	s32 pic_waits;	 /* vCPUs that wait for the 8259s beside hardware */
	u32 accelerated; /* atomic: vCPUs whose APIC hardware runs */
	void *tables;	 /* the backend's; NULL: none */
};

/* Pictures of the vCPUs, which stay until the next start (core/guest/vcpu_record.c). */
struct vm_records {
	struct vcpu_record *at;
	u32 count;
};

/* Pages that are not present, as the guest is told of them (core/guest/page_events.c). */
struct vm_page_events {
	struct spinlock lock;
	struct pnp *pnp; /* lock */
	struct page_counts counts;
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
	struct chips chips;
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
 * core/guest/vm.c: anyone may begin the end of a VM, and the first cause stays
 * (false: it is not this one).
 */
bool vm_stop(struct vm *vm, enum vm_end end, const char *why);

const char *vm_state_name(const struct vm *vm);

/* "powered off", "exit code 3", "crashed: triple fault"; into buf. */
void vm_describe_end(const struct vm *vm, char *buf, size_t size);

/* Whom to wake when a VM has ended (the keeper); NULL: nobody yet. */
void vm_set_keeper(struct thread *thread);
void vm_wake_keeper(void);

/* Sends the keeper to another CPU: the administrator's thread, before it goes there itself. */
void vm_move_keeper(u32 cpu);

/*
 * core/vm/life.c: what the operator asks for, from the administrator's thread.
 * All but vm_life_pause and vm_life_resume only begin it: how it ends is logged.
 */
enum status vm_life_check_running(const struct vm *vm, struct error *err) must_check; /* ERR_BUSY */
enum status vm_life_start(struct vm *vm, struct error *err) must_check;
enum status vm_life_kill(struct vm *vm, struct error *err) must_check;
enum status vm_life_reset(struct vm *vm, struct error *err) must_check;
enum status vm_life_pause(struct vm *vm, struct error *err) must_check;
enum status vm_life_resume(struct vm *vm, struct error *err) must_check;

/* Presses the power button, and kills the guest when it still runs after so many seconds. */
enum status vm_life_shut_down(struct vm *vm, u32 seconds, struct error *err) must_check;

/* What time brings: kills that are due, restarts that are due. To be called every few ms. */
void vm_life_tick(void);

/* The keeper's thread: puts VMs together and takes them apart, for ever. */
_Noreturn void vm_life_keeper(void *unused);

/*
 * The keeper's thread: what VMs wait for of their absent pages. True: a pager is to bring
 * more, and is to be reminded.
 */
bool vm_life_serve_pages(void);

/* core/vm/build.c: memory, kernel, chips and vCPUs; vm_build_undo undoes whatever part was done. */
enum status vm_build(struct vm *vm, struct error *err) must_check;

/*
 * core/vm/place.c: which CPU a vCPU lives on. The administrator and the keeper.
 * vm_place: the least used of the online ones that affinity allows, but for
 * without (CPU_NONE: for none); false: there is none. vm_place_vacate: sends all that
 * live on cpu elsewhere, which vm_place_check_vacate has found possible.
 */
bool vm_place(const struct vm *vm, u32 without, u32 *cpu) must_check;
u32 vm_place_count(u32 cpu);
enum status vm_place_check_vacate(u32 cpu, struct error *err) must_check;
void vm_place_vacate(u32 cpu);

/* core/vm/load.c: its part of vm_build, once memory and vCPUs are there. */
enum status vm_load_kernel(struct vm *vm, struct error *err) must_check;
void vm_build_undo(struct vm *vm);

/* ns of guest time, now and at a host TSC; and the host TSC of such a time (UINT64_MAX: never). */
u64 vm_now(const struct vm *vm);
u64 vm_time(const struct vm *vm, u64 host_tsc);
u64 vm_host_tsc(const struct vm *vm, u64 ns);

/* core/guest/chips.c: accesses to the chips, from a vCPU's thread. */
u32 chips_read_port(struct vm *vm, u16 port, u8 size);
void chips_write_port(struct vm *vm, u16 port, u8 size, u32 value);
u64 chips_read_ioapic(struct vm *vm, u32 offset, unsigned size);
void chips_write_ioapic(struct vm *vm, u32 offset, unsigned size, u64 value);
void chips_end_interrupt(struct vm *vm, u8 vector);
void chips_retry_interrupts(struct vm *vm);

/* The 8259s' answer to an interrupt acknowledge cycle; -1: another vCPU has had it. */
int chips_acknowledge_pic(struct vm *vm);

/* The chips' next deadline, as host TSC, and what to do when it has passed. */
u64 chips_deadline(struct vm *vm);
void chips_advance(struct vm *vm);

/* Console input; false when the guest's UART has no room. */
bool chips_receive(struct vm *vm, u8 byte);

/* Lets a guest go on writing that was held back because the line was behind. */
void chips_release_output(struct vm *vm);

void chips_press_power_button(struct vm *vm);
