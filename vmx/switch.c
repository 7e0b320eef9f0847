/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the choice of a CPU's current VMCS, and a CPU's registers that guests use and the
 * host does not. A VMCS is active on one CPU at most: a vCPU that leaves a CPU clears its
 * VMCS there (SDM 3C "Software Use of Virtual-Machine Control Structures").
 */
#include "vmx/switch.h"

#include "core/base/msr_index.h"
#include "core/host/cpu.h"
#include "vmx/cpu.h"
#include "vmx/vcpu.h"
#include "vmx/vmcs.h"

/* MSRs of the guest without a VMCS field. Not every CPU has the last one. */
static const u32 switched_msrs[VMX_SWITCHED_MSRS] = {
	MSR_STAR, MSR_LSTAR, MSR_CSTAR, MSR_SFMASK, MSR_KERNEL_GS_BASE, MSR_TSC_AUX,
};

static unsigned msr_count(const struct backend_cpu *cpu)
{
	return cpu->rdtscp ? VMX_SWITCHED_MSRS : VMX_SWITCHED_MSRS - 1;
}

static void load(const struct vmx_vcpu *v)
{
	if (!x86_vmptrld(&v->vmcs_pa))
		vmcs_failed("VMPTRLD", v->vmcs_pa);
}

static void clear(struct vmx_vcpu *v)
{
	if (!x86_vmclear(&v->vmcs_pa))
		vmcs_failed("VMCLEAR", v->vmcs_pa);
	v->launched = false;
}

static void save_registers(struct vmx_vcpu *v, const struct backend_cpu *cpu)
{
	xstate_save(&v->vcpu.xstate);
	v->dr6 = x86_read_dr(6);
	v->cr2 = x86_read_cr2();
	for (unsigned i = 0; i < msr_count(cpu); i++)
		v->msr[i] = x86_rdmsr(switched_msrs[i]);
}

static void restore_registers(const struct vmx_vcpu *v, const struct backend_cpu *cpu)
{
	xstate_restore(&v->vcpu.xstate, cpu->ibpb);
	/* This guest must not learn data of another guest from the cache and CPU buffers. */
	if (cpu->flush_l1d)
		x86_wrmsr(MSR_FLUSH_CMD, 1);
	if (cpu->verw)
		x86_verw(SELECTOR_DATA);
	x86_write_dr(6, v->dr6);
	x86_write_cr2(v->cr2);
	for (unsigned i = 0; i < msr_count(cpu); i++)
		x86_wrmsr(switched_msrs[i], v->msr[i]);
}

void vmx_switch_in(struct vmx_vcpu *v)
{
	struct backend_cpu *cpu = cpu_this()->backend;

	if (cpu->loaded == v)
		return;
	if (cpu->loaded)
		save_registers(cpu->loaded, cpu);
	cpu->loaded = v;
	load(v);
	restore_registers(v, cpu);
}

/* Saves the registers, if this CPU holds them, and clears the VMCS. */
static void release(struct vmx_vcpu *v)
{
	struct backend_cpu *cpu = cpu_this()->backend;

	if (cpu->loaded == v) {
		save_registers(v, cpu);
		cpu->loaded = NULL;
	}
	clear(v);
}

void vmx_switch_prepare(struct vmx_vcpu *v)
{
	struct backend_cpu *cpu = cpu_this()->backend;

	if (cpu->loaded)
		release(cpu->loaded);
	*(u32 *)v->vmcs = cpu->revision;
	clear(v);
	load(v);
	vmcs_init_guest();
	clear(v);
}

void vmx_switch_open(struct vmx_vcpu *v, const struct vmcs_guest *guest)
{
	v->live = true;
	v->host_rsp = 0;
	vmx_switch_in(v);
	vmcs_init_for_cpu(v, guest);
}

void vmx_switch_close(struct vmx_vcpu *v)
{
	release(v);
	v->live = false;
}

void vmx_switch_out(struct vmx_vcpu *v)
{
	if (!v->live)
		release(v);
}
