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

/* What reset, INIT, SIPI and loaders set: everything else of a vCPU stays as it is. */
struct vcpu_state {
	struct regs regs;
	struct control_state ctl;
	struct segment gdtr, idtr, ldtr, tr;
	u64 dr6, dr7;
};

/* What is to happen to a vCPU next. */
enum vcpu_action {
	VCPU_ENTER, /* apply vcpu->event and vcpu->window, then enter */
	VCPU_LEAVE, /* the guest is being stopped: return from vcpu_run */
	VCPU_MOVE,  /* it goes on on another CPU: return from vcpu_run, to be called there */
};

struct virt_ops {
	const char *name; /* "SVM", "VMX" */
	u8 hypercall;	  /* enum cpuid_hypercall: the instruction guests use */
	const struct pt_format *nested_format;
	u8 (*nested_leaf_level)(void); /* PT_LEVEL_* of the largest leaf that every CPU has */

	const struct accel_hardware *apic; /* what every CPU enabled so far can do with APICs */

	/*
	 * Hardware's tables of a VM's APICs, where it has any: made with the VM,
	 * brought up to date with its routing (route lock held). NULL: none.
	 */
	enum status (*apics_create)(struct vm *vm, struct error *err) must_check;
	void (*apics_destroy)(struct vm *vm);
	void (*apics_follow)(struct vm *vm);

	/*
	 * The backend's part of a snapshot (core/cpus/caps.h): its table, how the CPU
	 * that runs this fills it in, and whether such a CPU can run guests.
	 */
	const struct caps_table *caps;
	void (*caps_read)(u64 *caps);
	enum status (*caps_check)(const u64 *caps, struct error *err) must_check;

	/*
	 * Turns virtualization on for, and off on, the CPU that runs this, which
	 * caps_check found fit. cpu_test tries, in between, whether it works. No
	 * vCPU is in vcpu_run on a CPU where it is turned off.
	 */
	enum status (*cpu_enable)(struct error *err) must_check;
	enum status (*cpu_test)(struct error *err) must_check;
	void (*cpu_disable)(void);

	/* Allocates a vCPU; its neutral part is zero. NULL: no memory. */
	struct vcpu *(*vcpu_create)(struct vm *vm)must_check;
	void (*vcpu_destroy)(struct vcpu *vcpu);

	/* Sets and tells the architectural state. The vCPU does not run. */
	void (*vcpu_set_state)(struct vcpu *vcpu, const struct vcpu_state *state);
	void (*vcpu_get_state)(struct vcpu *vcpu, struct vcpu_state *state);

	/*
	 * Runs the guest on the calling thread until vcpu_service says to leave,
	 * and how. No other CPU may find anything of the vCPU missing then: what
	 * this one held has been given back.
	 */
	enum vcpu_action (*vcpu_run)(struct vcpu *vcpu);
};

/* The backend in use, chosen once at boot; constant afterwards. NULL before. */
extern const struct virt_ops *virt;

/* Chooses by what the boot CPU is. ERR_UNSUPPORTED names what is missing. */
enum status virt_select(struct error *err) must_check;
