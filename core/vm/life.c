/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lives of VMs. The operator's requests come from the administrator's thread, which never
 * waits for memory to be zeroed: only the keeper, a thread of its own, builds a VM or takes
 * one apart.
 *
 * The administrator changes vm->life.state from STOPPED to STARTING; the keeper makes all
 * other changes. Both threads live on one CPU and are never preempted, so neither sees a change
 * of the other between two yields of its own.
 */
#include "core/vm/life.h"

#include "apic/virt/accel.h"
#include "core/base/atomic.h"
#include "core/base/bits.h"
#include "core/base/log.h"
#include "core/base/time.h"
#include "core/base/x86.h"
#include "core/guest/chips.h"
#include "core/guest/vcpu.h"
#include "core/guest/vcpu_accel.h"
#include "core/guest/vm.h"
#include "core/host/sched.h"
#include "core/vm/build.h"
#include "drivers/host/clock.h"

#define LEAVE_POLL (NS_PER_S / 1000)
#define PAGER_POLL (NS_PER_S / 10)

static enum status check_available(const struct vm_config *config, struct error *err)
{
	if (config->apic == VM_APIC_ACCELERATE && !virt->accel->modes)
		return fail(err, ERR_UNSUPPORTED,
			    "%s: apic = accelerate: %s missing; use auto or emulate", config->name,
			    virt->accel->missing);
	if (config->privileged)
		return fail(err, ERR_UNSUPPORTED,
			    "%s: privileged = yes: guests cannot manage others; use no",
			    config->name);
	return OK;
}

/* Release: a thread that reads VM_RUNNING may use all that vm_build has made. */
static void set_state(struct vm *vm, enum vm_state state)
{
	atomic_store_release(&vm->life.state, state);
}

static bool has_ended(const struct vm *vm)
{
	return atomic_get(&vm->life.end) != VM_END_NONE;
}

static void begin_start(struct vm *vm)
{
	vm->life.end = VM_END_NONE;
	vm->life.end_text[0] = '\0';
	vm->life.shut_down = false;
	vm->life.kill_at = 0;
	vm->life.restart_at = 0;
	set_state(vm, VM_STARTING);
	vm_wake_keeper();
}

enum status vm_life_start(struct vm *vm, struct error *err)
{
	const struct vm_config *config = vm->config;
	enum status status;

	if (!config->valid)
		return fail(err, ERR_INVALID, "%s: its description was refused, see the log",
			    config->name);
	if (vm->life.state != VM_STOPPED)
		return fail(err, ERR_BUSY, "%s: it is %s", config->name, vm_state_name(vm));
	if (!virt)
		return fail(err, ERR_UNSUPPORTED, "%s: this machine cannot run guests, see the log",
			    config->name);
	status = check_available(config, err);
	if (status != OK)
		return status;
	vm->life.restart = (struct restart){0};
	begin_start(vm);
	return OK;
}

enum status vm_life_check_running(const struct vm *vm, struct error *err)
{
	if (vm->life.state == VM_RUNNING && !has_ended(vm))
		return OK;
	return fail(err, ERR_BUSY, "%s: it is %s", vm->config->name, vm_state_name(vm));
}

/* Of a VM that waits for its restart: it is not restarted. */
enum status vm_life_kill(struct vm *vm, struct error *err)
{
	if (vm->life.restart_at) {
		vm->life.restart_at = 0;
		log_write(LOG_INFO, "%s: will not be restarted", vm->config->name);
		return OK;
	}
	if (vm->life.state != VM_STARTING && vm_life_check_running(vm, err) != OK)
		return err->status;
	vm_stop(vm, VM_END_KILLED, "");
	return OK;
}

enum status vm_life_reset(struct vm *vm, struct error *err)
{
	if (vm_life_check_running(vm, err) != OK)
		return err->status;
	vm_stop(vm, VM_END_RESTART, "");
	return OK;
}

enum status vm_life_shut_down(struct vm *vm, u32 seconds, struct error *err)
{
	if (vm->life.restart_at)
		return vm_life_kill(vm, err);
	if (vm_life_check_running(vm, err) != OK)
		return err->status;
	if (vm->pause.on)
		return fail(err, ERR_BUSY, "%s: it is paused; resume it first, or kill it",
			    vm->config->name);
	vm->life.shut_down = true;
	vm->life.kill_at = clock_uptime_ns() + seconds * NS_PER_S;
	log_write(LOG_INFO, "%s: power button pressed; killed in %u s unless it powers off",
		  vm->config->name, seconds);
	chips_press_power_button(vm);
	return OK;
}

enum status vm_life_pause(struct vm *vm, struct error *err)
{
	if (vm_life_check_running(vm, err) != OK)
		return err->status;
	if (vm->pause.on)
		return fail(err, ERR_BUSY, "%s: it is paused already", vm->config->name);
	spin_lock(&vm->chips->lock);
	atomic_set(&vm->pause.on, true);	/* the waking below makes each vCPU read it */
	if (vm->pause.parked == vm->vcpu_count) /* all are still parked since the last pause */
		vm->pause.since = x86_rdtsc();
	spin_unlock(&vm->chips->lock);
	vm_wake_vcpus(vm, PENDING_PAUSE);
	return OK;
}

/* Time has stood still only if all vCPUs have parked. */
enum status vm_life_resume(struct vm *vm, struct error *err)
{
	if (vm_life_check_running(vm, err) != OK)
		return err->status;
	if (!vm->pause.on)
		return fail(err, ERR_BUSY, "%s: it is not paused", vm->config->name);
	spin_lock(&vm->chips->lock);
	if (vm->pause.parked == vm->vcpu_count) {
		u64 ticks = x86_rdtsc() - vm->pause.since;

		vm->tsc_base += ticks;
		vm->pause.ticks += ticks;
	}
	atomic_set(&vm->pause.on, false);
	spin_unlock(&vm->chips->lock);
	vm_wake_vcpus(vm, PENDING_PAUSE | PENDING_ALARM);
	return OK;
}

void vm_life_tick(void)
{
	u64 now = clock_uptime_ns();

	for (u32 i = 0; i < vm_count(); i++) {
		struct vm *vm = vm_by_id(i);

		if (vm->life.kill_at && now >= vm->life.kill_at) {
			vm->life.kill_at = 0;
			if (vm->life.state == VM_RUNNING && vm_stop(vm, VM_END_KILLED, ""))
				log_write(LOG_WARN, "%s: has not powered off in time",
					  vm->config->name);
		}
		if (vm->life.restart_at && now >= vm->life.restart_at)
			begin_start(vm);
	}
}

/*
 * Brings pages that VMs wait for. Each call begins with another VM, since a pager's ring may
 * be full after one. True: a pager is to bring more, and is to be reminded.
 */
static bool serve_pages(void)
{
	static u32 turn;
	bool remind = false;

	turn++;
	for (u32 i = 0; i < vm_count(); i++)
		remind |= page_events_work(vm_by_id((turn + i) % vm_count()));
	return remind;
}

/* Between two steps of building a VM or of taking one apart. */
static void between(void)
{
	sched_yield();
	(void)serve_pages();
}

static void launch(struct vm *vm)
{
	vm->life.starts++;
	vm->life.started_at = clock_uptime_ns();
	vm->life.running = vm->vcpu_count;
	log_write(LOG_INFO, "%s: started: %u vCPUs, %llu MiB", vm->config->name, vm->vcpu_count,
		  (vm->memory.size / MIB));
	if (vm->pager && vm->pager->life.state == VM_STOPPED)
		log_write(LOG_WARN, "%s: waits for its pager: %s is %s", vm->config->name,
			  vm->pager->config->name, vm_state_name(vm->pager));
	vm->apics.reasons = ACCEL_HARDWARE; /* until vcpu_accel_sync_vm below */
	vm->apics.accelerated = 0;
	vm->apics.pic_waits = 0;
	for (u32 i = 0; i < vm->vcpu_count; i++)
		vm->vcpus[i]->thread.pending = PENDING_IRQ | PENDING_ALARM;
	set_state(vm, VM_RUNNING);
	/* After the state: a pager that answers from now on may end the VM, as any vCPU may. */
	pages_start(&vm->memory, vm->life.starts);
	/* The first vCPU to run may end the VM already, and sets bits in all the others. */
	for (u32 i = 0; i < vm->vcpu_count; i++)
		sched_start(&vm->vcpus[i]->thread);
	vcpu_accel_sync_vm(vm);
}

/* While the VM is built only the operator can end it. */
static void start(struct vm *vm)
{
	struct error err;
	enum status status = vm_build(vm, between, &err);

	if (status == OK && !has_ended(vm)) {
		launch(vm);
		return;
	}
	vm_build_undo(vm, between);
	if (!has_ended(vm)) {
		vm_stop(vm, VM_END_FAILED, err.text);
		log_write(LOG_ERROR, "%s", err.text);
	} else {
		log_write(LOG_INFO, "%s: killed before it ran", vm->config->name);
	}
	set_state(vm, VM_STOPPED);
}

/* True if every vCPU has left the guest and its own stack. */
static bool has_left(struct vm *vm)
{
	if (atomic_load_acquire(&vm->life.running))
		return false;
	for (u32 i = 0; i < vm->vcpu_count; i++)
		if (!sched_reap(&vm->vcpus[i]->thread))
			return false;
	return true;
}

static bool is_restarted(const struct vm *vm)
{
	bool failed =
		vm->life.end == VM_END_CRASH || (vm->life.end == VM_END_EXIT && vm->life.exit_code);

	if (vm->life.end == VM_END_KILLED || vm->life.shut_down)
		return false;
	if (vm->life.end == VM_END_RESET)
		return true;
	return vm->config->restart == VM_RESTART_ALWAYS ||
	       (vm->config->restart == VM_RESTART_ON_FAILURE && failed);
}

/* The delays grow for guests that reset themselves again and again too. */
static void plan_restart(struct vm *vm)
{
	u64 now = clock_uptime_ns(), delay = 0;

	if (vm->life.end != VM_END_RESTART) {
		if (!is_restarted(vm))
			return;
		delay = restart_delay(&vm->life.restart, vm->life.ended_at - vm->life.started_at);
	}
	if (delay)
		log_write(LOG_INFO, "%s: starts again in %llu s", vm->config->name,
			  (delay / NS_PER_S));
	vm->life.restart_at = max_u64(now + delay, 1);
}

static void finish(struct vm *vm)
{
	char why[ERROR_TEXT_SIZE];

	vm->life.ended_at = clock_uptime_ns();
	vm->life.kill_at = 0;
	vm_build_undo(vm, between);
	vm->pause.on = false;
	vm_describe_end(vm, why, sizeof(why));
	log_write(LOG_INFO, "%s: %s", vm->config->name, why);
	set_state(vm, VM_STOPPED);
	plan_restart(vm);
}

/* One step for one VM. True: the next step is due soon. */
static bool keep(struct vm *vm)
{
	if (vm->life.state == VM_STARTING)
		start(vm);
	if (vm->life.state == VM_RUNNING && has_ended(vm)) {
		set_state(vm, VM_STOPPING);
		pages_stop(&vm->memory);
	}
	if (vm->life.state == VM_RUNNING &&
	    vm->memory.nested.stale) /* by a page that could not be mapped */
		vcpu_memory_flush(vm, NULL);
	if (vm->life.state != VM_STOPPING)
		return false;
	if (!has_left(vm))
		return true;
	finish(vm);
	return false;
}

_Noreturn void vm_life_keeper(void *unused)
{
	(void)unused;
	vm_set_keeper(sched_current());
	for (;;) {
		bool again = false, remind;
		u64 poll;

		thread_take_pending(sched_current());
		for (u32 i = 0; i < vm_count(); i++)
			again |= keep(vm_by_id(i));
		remind = serve_pages();
		poll = again ? LEAVE_POLL : PAGER_POLL;
		sched_arm(again || remind ? x86_rdtsc() + clock_tsc_from_ns(poll) : UINT64_MAX);
		sched_block();
	}
}
