/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What firmware tells a test guest about its machine: ACPI tables and fw_cfg.
 * Also how it is switched off. Asks, and keeps the answers; changes nothing.
 */
#pragma once

#include "core/base/types.h"

struct machine {
	u32 cpus;	   /* enabled local APICs in the MADT; at least 1 */
	u32 fwcfg_cpus;	   /* fw_cfg NB_CPUS, 0 without fw_cfg */
	u32 ioapic;	   /* physical address, 0 without one */
	u16 pm1a_control;  /* I/O port, 0 without ACPI */
	u16 pm_timer;	   /* I/O port, 0 without ACPI */
	u16 sleep_type_s5; /* what _S5 says for PM1a */
	u32 gsi_of_irq0;   /* where the PIT is wired */
	u64 memory_end;	   /* first byte beyond RAM below 4 GiB */
	bool hypervisor;   /* CPUID says that there is one */
	bool ashlar;	   /* and that it is ours */
	bool vmcall;	   /* whose hypercall instruction is VMCALL, not VMMCALL */
	bool amd;	   /* CPUID's vendor */
	bool svm, x2apic;  /* CPUID's word */
};

extern struct machine machine;

void machine_init(void);

/* S5 through ACPI; where that does nothing, halts. */
void machine_power_off(void) __attribute__((noreturn));
