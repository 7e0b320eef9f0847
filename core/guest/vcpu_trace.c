/* SPDX-License-Identifier: BSD-2-Clause */
/* The vCPU's part of the trace. */
#include "core/guest/vcpu_trace.h"

#include "apic/virt/apic_regs.h"
#include "core/base/atomic.h"
#include "core/base/x86.h"
#include "core/guest/vcpu.h"
#include "core/guest/vm.h"
#include "core/host/trace.h"
#include "core/model/event.h"

bool vcpu_trace_has_times(const struct vcpu *vcpu)
{
	return trace_on() && vcpu->times.trace == trace_enabled;
}

void vcpu_trace_account(struct vcpu *vcpu, u64 *spent)
{
	struct vcpu_times *times = &vcpu->times;
	u64 now = x86_rdtsc();
	u32 trace = atomic_get(&trace_enabled);

	if (times->trace == trace)
		*spent += now - times->since;
	else
		*times = (struct vcpu_times){.trace = trace};
	times->since = now;
}

void vcpu_trace_exit(struct vcpu *vcpu, enum exit_kind kind, u16 code, u64 rip, u64 info)
{
	vcpu_trace_account(vcpu, &vcpu->times.guest);
	trace_note((struct trace_event){
		.what = TRACE_EXIT,
		.kind = (u8)kind,
		.code = code,
		.who = vcpu->thread.who,
		.a = rip,
		.b = info,
	});
}

void vcpu_trace_handled(struct vcpu *vcpu, enum exit_kind kind, u64 call)
{
	if (kind == EXIT_KIND_HYPERCALL)
		trace_note((struct trace_event){
			.what = TRACE_HYPERCALL,
			.who = vcpu->thread.who,
			.a = call,
			.b = vcpu->regs.gpr[RAX],
		});
	vcpu_trace_account(vcpu, &vcpu->times.exit[kind]);
}

void vcpu_trace_entry(struct vcpu *vcpu)
{
	const struct event *event = &vcpu->event;

	if (event->valid)
		trace_note((struct trace_event){
			.what = TRACE_INJECT,
			.kind = event->type,
			.code = event->vector,
			.who = vcpu->thread.who,
			.a = event->error,
		});
	vcpu_trace_account(vcpu, &vcpu->times.service);
}

void vcpu_trace_ipi(const struct vm *vm, const struct apic_message *message, u32 sender)
{
	trace_note((struct trace_event){
		.what = TRACE_IPI,
		.kind = message->delivery,
		.code = message->vector,
		.who = trace_ring_who(vm->id, sender & 0xffff),
		.a = message->destination,
	});
}
