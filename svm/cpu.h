/* SPDX-License-Identifier: BSD-2-Clause */
/* SVM on one CPU: the backend's state of the CPU, SVM on and off, and the self-test. */
#pragma once

#include "core/base/status.h"

struct svm_vcpu;

/* Filled by svm_cpu_enable. */
struct backend_cpu {
	u64 host_vmcb; /* physical; what VMLOAD restores after each exit */
	void *host_save;
	u64 asid_generation; /* >= 1 */
	u32 asid_next, asid_count;
	bool flush_all; /* ASIDs are used again: the next entry must flush the TLB */
	u64 vm_cr;	/* the firmware's value, which svm_cpu_disable restores */
	u64 de_cfg;	/* likewise */
	bool has_de_cfg;
	bool next_rip; /* NRIPS: hardware stores the next RIP */
	bool rdtscp;
	bool ibpb;		   /* the CPU has an indirect branch prediction barrier */
	bool exit_after_injection; /* for QEMU's TCG: see svm_inject */
	struct svm_vcpu *loaded;   /* its FPU, debug registers and XCR0 are in this CPU */
};

/* struct virt_ops: cpu_enable, cpu_test, cpu_disable, nested_leaf_level. */
enum status svm_cpu_enable(struct error *err) must_check;
enum status svm_selftest(struct error *err) must_check; /* svm/selftest.c */
void svm_cpu_disable(void);
u8 svm_cpu_leaf_level(void);
