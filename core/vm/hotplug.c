/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a CPU may go offline or online; core/vm/place.c empties it, core/host/bringup.c switches
 * it. */
#include "core/vm/hotplug.h"

#include "core/guest/vm.h"
#include "core/host/bringup.h"
#include "core/host/sched.h"
#include "core/vm/place.h"

const char *hotplug_state_name(const struct cpu *cpu)
{
	static const char *const names[] = {
		[CPU_STARTING] = "starting", [CPU_ONLINE] = "online", [CPU_LEAVING] = "leaving",
		[CPU_OFFLINE] = "offline",   [CPU_PARKED] = "parked", [CPU_DEAD] = "dead",
	};

	return names[cpu_state(cpu)];
}

static enum status check_state(const struct cpu *cpu, enum cpu_state state, struct error *err)
{
	if (cpu_state(cpu) == state)
		return OK;
	return fail(err, ERR_BUSY, "cpu%u is %s%s%s", cpu->number, hotplug_state_name(cpu),
		    cpu->why[0] ? ": " : "", cpu->why);
}

/* Another CPU that is online, for the administrator's thread, which may live anywhere. */
static u32 other_online(const struct cpu *cpu)
{
	u32 number = 0;

	while (cpu_by_number(number) == cpu || !cpu_is_online(cpu_by_number(number)))
		number++;
	return number;
}

enum status hotplug_offline(struct cpu *cpu, struct error *err)
{
	enum status status = check_state(cpu, CPU_ONLINE, err);

	if (status == OK && cpu_online_count() == 1)
		status = fail(err, ERR_BUSY, "cpu%u is the last CPU that is online", cpu->number);
	if (status == OK)
		status = vm_place_check_vacate(cpu->number, err);
	if (status != OK)
		return status;
	/* From here on no vCPU is placed there. No other thread has run since the checks. */
	cpu_set_state(cpu, CPU_LEAVING);
	vm_place_vacate(cpu->number);
	if (sched_current()->cpu == cpu->number) {
		u32 other = other_online(cpu);

		/* Keeper and administrator share a CPU: they rely on never running at once. */
		vm_move_keeper(other);
		sched_move(other);
	}
	bringup_offline(cpu);
	return OK;
}

enum status hotplug_online(struct cpu *cpu, struct error *err)
{
	enum status status = check_state(cpu, CPU_OFFLINE, err);

	return status == OK ? bringup_online(cpu, err) : status;
}
