/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The capabilities of one CPU's SVM: the snapshot, its table, and the check that guests
 * can run. Pure; svm/caps_read.c fills the snapshot in. Layout: see core/cpus/caps.h.
 */
#pragma once

#include "apic/virt/accel.h"
#include "core/base/status.h"
#include "core/cpus/caps.h"

#define CPUID_LEAF_SVM	       0x8000000au
#define CPUID_80000001_ECX_SVM BIT(2)

/* Features of CPUID 8000_000A EDX that the backend uses. */
#define SVM_FEATURE_NP	   BIT(0)
#define SVM_FEATURE_NRIPS  BIT(3)
#define SVM_FEATURE_AVIC   BIT(13)
#define SVM_FEATURE_X2AVIC BIT(18)

/* VM_CR (APM2 "VM_CR MSR"). */
#define VM_CR_R_INIT   BIT(1)
#define VM_CR_DIS_A20M BIT(2)
#define VM_CR_LOCK     BIT(3)
#define VM_CR_SVMDIS   BIT(4)

struct svm_caps {
	u64 present;  /* CPUID 8000_0001 ECX bit 2; when 0 nothing below is read */
	u64 revision; /* CPUID 8000_000A EAX bits 7:0 */
	u64 asids;
	u64 features; /* EDX */
	u64 vm_cr;
};
static_assert(sizeof(struct svm_caps) <= CAPS_BACKEND_WORDS * sizeof(u64), "backend's room");

extern const struct caps_table svm_caps_table;

/*
 * Removes from out->modes the APIC modes that hardware with these features cannot run. If
 * no mode remains, out->missing names the missing feature. To be called for every CPU.
 */
void svm_caps_derive_accel(u64 features, struct accel_hardware *out);

/*
 * OK if a CPU with this snapshot (struct svm_caps) can run guests. SVM that is disabled but
 * not locked passes: svm_cpu_enable turns it on. ERR_UNSUPPORTED names the missing property
 * and the remedy.
 */
enum status svm_caps_check(const void *caps, struct error *err) must_check;

/* svm/caps_read.c: fills the zeroed snapshot from the CPU that runs this. */
void svm_caps_read(void *caps);
