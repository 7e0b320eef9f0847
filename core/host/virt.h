/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The contract between the neutral floors and the one backend that runs
 * guests on this machine: a small table of cold operations. Ordinary exits
 * never pass through it.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/regs.h"
#include "core/base/status.h"

struct accel_hardware;
struct caps_table;
struct vcpu;
struct vm;

/*
 * The state that reset, INIT, SIPI and loaders set; they leave all other state of a vCPU
 * unchanged.
 */
struct vcpu_state {
	struct regs regs;
	struct control_state ctl;
	struct segment gdtr, idtr, ldtr, tr;
	u64 dr6, dr7;
};

/* The next step of a vCPU. */
enum vcpu_action {
	VCPU_ENTER, /* apply vcpu->event and vcpu->window, then enter */
	VCPU_LEAVE, /* the guest is being stopped: return from vcpu_run */
	VCPU_MOVE,  /* continue on another CPU: return from vcpu_run, which is called again there */
};

struct virt_ops {
	const char *name; /* "SVM", "VMX" */
	u8 hypercall;	  /* enum cpuid_hypercall: the instruction guests use */
	const struct pt_format *nested_format;
	u8 (*nested_leaf_level)(void); /* PT_LEVEL_* of the largest leaf that every CPU has */

	const struct accel_hardware *accel; /* what every CPU enabled so far can do with APICs */

	/*
	 * Hardware's tables of a VM's APICs, made with the VM and brought up to date
	 * with its routing (lock of the routing map held). NULL: hardware has no such tables.
	 */
	enum status (*accel_create)(struct vm *vm, struct error *err) must_check;
	void (*accel_destroy)(struct vm *vm);
	void (*accel_sync)(struct vm *vm);

	/*
	 * The backend's part of a snapshot (core/cpus/caps.h), CAPS_BACKEND_WORDS long:
	 * its table, its contents for the CPU that runs this (the snapshot is zeroed),
	 * and whether such a CPU can run guests.
	 */
	const struct caps_table *caps;
	void (*caps_read)(void *caps);
	enum status (*caps_check)(const void *caps, struct error *err) must_check;

	/*
	 * For the CPU that runs this, which caps_check found fit: turns virtualization
	 * on, tries whether it works, turns it off. At the last no vCPU is in vcpu_run
	 * on this CPU.
	 */
	enum status (*cpu_enable)(struct error *err) must_check;
	enum status (*cpu_test)(struct error *err) must_check;
	void (*cpu_disable)(void);

	/* Allocates a vCPU; its neutral part is zero. NULL: no memory. */
	struct vcpu *(*vcpu_create)(struct vm *vm)must_check;
	void (*vcpu_destroy)(struct vcpu *vcpu);

	/* The architectural state of a vCPU that is not in its guest. */
	void (*vcpu_set_state)(struct vcpu *vcpu, const struct vcpu_state *state);
	void (*vcpu_get_state)(struct vcpu *vcpu, struct vcpu_state *state);

	/*
	 * Runs the guest on the calling thread until vcpu_service says to leave, and
	 * returns how. By then this CPU holds nothing of the vCPU any more, so that
	 * another CPU may run it.
	 */
	enum vcpu_action (*vcpu_run)(struct vcpu *vcpu);
};

/*
 * The backend in use. NULL until bringup_boot_cpu has it, and for ever if the boot
 * CPU cannot run guests; constant afterwards.
 */
extern const struct virt_ops *virt;

/*
 * core/virt.c: the backend for the CPU that runs this. NULL: there is none, and
 * err says what is missing.
 */
const struct virt_ops *virt_select(struct error *err);
