/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns a CPU's registers that guests use and the host does not. They keep a vCPU's values
 * until another vCPU needs the CPU.
 */
#include "svm/switch.h"

#include "core/base/msr_index.h"
#include "core/base/x86.h"
#include "core/host/cpu.h"
#include "svm/cpu.h"
#include "svm/vcpu.h"

static void save(struct svm_vcpu *v, const struct backend_cpu *cpu)
{
	xstate_save(&v->vcpu.xstate);
	if (cpu->rdtscp)
		v->tsc_aux = x86_rdmsr(MSR_TSC_AUX);
}

void svm_switch_in(struct svm_vcpu *v)
{
	struct backend_cpu *cpu = cpu_this()->backend;

	if (cpu->loaded == v)
		return;
	if (cpu->loaded)
		save(cpu->loaded, cpu);
	cpu->loaded = v;
	xstate_restore(&v->vcpu.xstate, cpu->ibpb);
	if (cpu->rdtscp)
		x86_wrmsr(MSR_TSC_AUX, v->tsc_aux);
}

void svm_switch_out(struct svm_vcpu *v)
{
	struct backend_cpu *cpu = cpu_this()->backend;

	if (cpu->loaded != v)
		return;
	save(v, cpu);
	cpu->loaded = NULL;
}
