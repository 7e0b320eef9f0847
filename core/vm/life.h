/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lives of VMs, from a start to an end: what the operator asks for, and the
 * keeper's thread, which carries it out.
 */
#pragma once

#include "core/base/status.h"

struct vm;

/*
 * The operator's commands. Called by the administrator's thread. Pause and resume are done on
 * return; the others only begin, and the log says how they end. ERR_BUSY: the VM is in
 * another state. vm_life_start also returns ERR_INVALID (its description was refused) and
 * ERR_UNSUPPORTED (this machine cannot run it).
 */
enum status vm_life_start(struct vm *vm, struct error *err) must_check;
enum status vm_life_kill(struct vm *vm, struct error *err) must_check; /* or no restart */
enum status vm_life_reset(struct vm *vm, struct error *err) must_check;
enum status vm_life_pause(struct vm *vm, struct error *err) must_check;
enum status vm_life_resume(struct vm *vm, struct error *err) must_check;

/* Presses the power button, and kills the guest if it still runs after so many seconds. */
enum status vm_life_shut_down(struct vm *vm, u32 seconds, struct error *err) must_check;

/* OK: the VM runs, or is paused. ERR_BUSY: it does not, or its end has begun. */
enum status vm_life_check_running(const struct vm *vm, struct error *err) must_check;

/* Kills and restarts that are due. The administrator's thread, every few milliseconds. */
void vm_life_tick(void);

/* The keeper's thread: builds VMs and takes them apart, and brings pages, for ever. */
_Noreturn void vm_life_keeper(void *unused);
