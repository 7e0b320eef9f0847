/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine as firmware describes it to a test guest: ACPI tables and fw_cfg. Also
 * switches the machine off. machine.c reads the descriptions once and changes nothing.
 */
#pragma once

#include "core/base/types.h"

struct machine {
	u32 cpus;	   /* enabled local APICs in the MADT; at least 1 */
	u32 fwcfg_cpus;	   /* fw_cfg NB_CPUS, 0 without fw_cfg */
	u32 ioapic;	   /* physical address, 0 without one */
	u16 pm1a_control;  /* I/O port, 0 without ACPI */
	u16 pm_timer;	   /* I/O port, 0 without ACPI */
	u16 sleep_type_s5; /* _S5's value for PM1a */
	u32 gsi_of_irq0;   /* the input of the PIT */
	u64 memory_end;	   /* first byte beyond RAM below 4 GiB */
	bool hypervisor;   /* CPUID reports a hypervisor */
	bool ashlar;	   /* the hypervisor is Ashlar */
	bool vmcall;	   /* the hypercall instruction is VMCALL, not VMMCALL */
	bool amd;	   /* CPUID's vendor */
	bool svm, x2apic;  /* CPUID offers them */
};

extern struct machine machine;

void machine_init(void);

/* Switches the machine off by ACPI (S5). If that has no effect, halts. */
void machine_power_off(void) __attribute__((noreturn));
