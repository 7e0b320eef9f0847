/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about guests and their vCPUs: starts and ends, state, exits, output, registers. */
#include "apic/virt/accel.h"
#include "apic/virt/vlapic.h"
#include "core/base/atomic.h"
#include "core/base/bits.h"
#include "core/base/format.h"
#include "core/base/time.h"
#include "core/console/console.h"
#include "core/guest/chips.h"
#include "core/guest/vcpu_accel.h"
#include "core/guest/vcpu_record.h"
#include "core/guest/vcpu_trace.h"
#include "core/guest/vm.h"
#include "core/host/sched.h"
#include "core/host/trace.h"
#include "core/shell/commands.h"
#include "core/terminal/report.h"
#include "core/vm/life.h"
#include "drivers/host/clock.h"

enum { STOP_SECONDS = 30, STOP_SECONDS_MAX = 86400 };

/* The number of vCPUs; of a guest that has none now, the number at its next start. */
static u32 cpus_of(const struct vm *vm)
{
	return vm->vcpu_count ? vm->vcpu_count : vm->config->cpus;
}

static u64 memory_mib(const struct vm *vm)
{
	return (vm->memory.size ? vm->memory.size : vm->config->memory) / MIB;
}

void commands_vm_list(const struct argument *args, struct report *out)
{
	char end[ERROR_TEXT_SIZE];

	(void)args;
	report_list(out, "vms");
	for (u32 i = 0; i < vm_count(); i++) {
		const struct vm *vm = vm_by_id(i);

		vm_describe_end(vm, end, sizeof(end));
		report_row(out,
			   "{name}%-16s {state}%-8s {cpus}%3u vCPUs {memory_mib}%6llu MiB"
			   "  starts {starts}%u  {end}%s",
			   vm->config->name, vm_state_name(vm), cpus_of(vm), memory_mib(vm),
			   vm->life.starts, end);
	}
	report_list_end(out);
}

enum status commands_vm_stop(const struct argument *args, struct report *out, struct error *err)
{
	u64 seconds = args[1].text ? args[1].number : STOP_SECONDS;

	(void)out;
	if (seconds > STOP_SECONDS_MAX)
		return fail(err, ERR_RANGE, "at most %u seconds", STOP_SECONDS_MAX);
	return vm_life_shut_down(args[0].vm, (u32)seconds, err);
}

static void show_config(const struct vm_config *config, struct report *out)
{
	static const char *const restarts[] = {"never", "on-failure", "always"};
	static const char *const apics[] = {"auto", "emulate", "accelerate"};
	static const char *const memtypes[] = {"pat", "wb", "mtrr"};

	report_facts(
		out,
		"{kernel}%s {initrd}%s {cmdline}%s {restart}%s {apic}%s {x2apic}%s {memtype}%s",
		config->kernel, config->initrd, config->cmdline, restarts[config->restart],
		apics[config->apic], config->x2apic ? "on" : "off", memtypes[config->memtype]);
}

/* Seconds from now to time, 0 if it has passed. Both in ns. */
static u64 seconds_until(u64 time, u64 now)
{
	return (max_u64(time, now) - now) / NS_PER_S;
}

static void show_life(const struct vm *vm, struct report *out)
{
	const struct vm_life *life = &vm->life;
	u64 now = clock_uptime_ns();
	bool lives = life->state == VM_RUNNING || life->state == VM_STOPPING;
	char end[ERROR_TEXT_SIZE];

	vm_describe_end(vm, end, sizeof(end));
	report_facts(out, "{name}%s {state}%s {end}%s", vm->config->name, vm_state_name(vm), end);
	if (life->end == VM_END_EXIT)
		report_facts(out, "{exit_code}%u", life->exit_code);
	report_facts(out, "{starts}%u", life->starts);
	if (life->starts)
		report_facts(out, "{lived_ms}%llu",
			     ((lives ? now : life->ended_at) - life->started_at) / NS_PER_MS);
	if (life->restart_at)
		report_facts(out, "{restarts_in_s}%llu", seconds_until(life->restart_at, now));
	if (life->kill_at)
		report_facts(out, "{killed_in_s}%llu", seconds_until(life->kill_at, now));
}

/* The memory map that the guest gets. */
static void show_map(const struct guest_map *map, struct report *out)
{
	report_list(out, "map");
	for (u32 i = 0; i < map->e820_count; i++)
		report_row(out, "{base}%#14llx {size}%#14llx {type}%u", map->e820[i].base,
			   map->e820[i].size, map->e820[i].type);
	report_list_end(out);
}

static void show_vcpu(const struct vm *vm, u32 id, struct report *out)
{
	const struct vcpu_record *record = &vm->records.at[id];
	const struct vcpu *vcpu = vm->vcpus ? vm->vcpus[id] : NULL;
	const u64 *exits = vcpu ? vcpu->exits : record->exits;
	u64 ran = vcpu ? sched_run_time(&vcpu->thread) : record->run_tsc, sum = 0;
	u32 cpu = vcpu ? vcpu->thread.cpu : record->cpu;

	/* Reads all before it prints: printing may wait, and the vCPU may end meanwhile. */
	for (unsigned kind = 0; kind < EXIT_KIND_COUNT; kind++)
		sum += exits[kind];
	report_fields(out,
		      "vcpu{vcpu}%-3u  on cpu{cpu}%-3u  ran ms {run_ms}%8llu exits {exits}%10llu",
		      id, cpu, clock_ns_from_tsc(ran) / NS_PER_MS, sum);
	if (record->updates && !vcpu)
		report_fields(out, " last RIP {rip}%#llx", record->state.regs.rip);
	report_row_end(out);
}

void commands_vm_show(const struct argument *args, struct report *out)
{
	const struct vm *vm = args[0].vm;

	show_life(vm, out);
	show_config(vm->config, out);
	if (vm->life.kernel_kind)
		report_facts(out, "{kernel_kind}%s", vm->life.kernel_kind);
	report_facts(out, "{memory_mib}%llu {cpus}%u {unclaimed}%llu", memory_mib(vm), cpus_of(vm),
		     atomic_get(&vm->chips->unclaimed));
	show_map(&vm->memory.map, out);
	report_list(out, "vcpus");
	for (u32 i = 0; vm->life.state != VM_STARTING && i < vm->records.count; i++)
		show_vcpu(vm, i, out);
	report_list_end(out);
}

/* Exits of this kind of all vCPUs; of a guest that has ended, the numbers at its end. */
static u64 sum_exits(const struct vm *vm, unsigned kind)
{
	u64 sum = 0;

	for (u32 i = 0; i < vm->records.count; i++)
		sum += vm->vcpus ? vm->vcpus[i]->exits[kind] : vm->records.at[i].exits[kind];
	return sum;
}

/*
 * Adds up the times of all vCPUs since the trace was started. False: it is off, or no vCPU exists.
 */
static bool sum_times(const struct vm *vm, struct vcpu_times *sum)
{
	*sum = (struct vcpu_times){0};
	for (u32 i = 0; vm->vcpus && i < vm->vcpu_count; i++) {
		const struct vcpu_times *times = &vm->vcpus[i]->times;

		if (!vcpu_trace_has_times(vm->vcpus[i]))
			continue;
		for (unsigned kind = 0; kind < EXIT_KIND_COUNT; kind++)
			sum->exit[kind] += times->exit[kind];
		sum->guest += times->guest;
		sum->service += times->service;
		sum->waiting += times->waiting;
	}
	return vm->vcpus && trace_on();
}

static u64 total_of(const struct vcpu_times *times)
{
	u64 total = times->guest + times->service + times->waiting;

	for (unsigned kind = 0; kind < EXIT_KIND_COUNT; kind++)
		total += times->exit[kind];
	return max_u64(total, 1);
}

/* Shows a time and its share of the vCPUs' time in hundredths of a percent. */
static void show_time(u64 ticks, u64 total, struct report *out)
{
	report_fields(out, " {time_us}%12llu us  {share_basis_points}%5llu of 10000",
		      clock_ns_from_tsc(ticks) / 1000, ticks / (total / 10000 + 1));
}

static void show_rest(const char *name, u64 ticks, u64 total, struct report *out)
{
	report_fields(out, "{reason}%-10s            ", name);
	show_time(ticks, total, out);
	report_row_end(out);
}

enum status commands_vm_exits(const struct argument *args, struct report *out, struct error *err)
{
	struct vm *vm = args[0].vm;
	struct vcpu_times times;
	bool timed = sum_times(vm, &times);
	u64 total = total_of(&times);

	if (!vm->life.starts || vm->life.state == VM_STARTING)
		return fail(err, ERR_BUSY, "%s: it is %s", args[0].text, vm_state_name(vm));
	report_list(out, "exits");
	for (unsigned kind = 0; kind < EXIT_KIND_COUNT; kind++) {
		report_fields(out, "{reason}%-10s {count}%-*llu", exit_kind_name(kind),
			      timed ? 11 : 0, sum_exits(vm, kind));
		if (timed)
			show_time(times.exit[kind], total, out);
		report_row_end(out);
	}
	if (timed) {
		show_rest("guest", times.guest, total, out);
		show_rest("service", times.service, total, out);
		show_rest("waiting", times.waiting, total, out);
	}
	report_list_end(out);
	return OK;
}

static size_t read_ring(const void *ring, u64 *position, char *text, size_t size)
{
	return console_ring_read(ring, position, text, size);
}

void commands_vm_log(const struct argument *args, struct report *out)
{
	const struct mux_ring *ring = args[0].vm->output;

	/* Up to the present end only: a guest may print as fast as its ring is read. */
	commands_print_lines(out, ring, console_ring_end(ring), read_ring);
}

enum { REASONS_SIZE = 256 };

/* "accelerated", or the reasons against acceleration. */
static void describe_reasons(u32 reasons, char text[REASONS_SIZE])
{
	size_t used = format_text(text, REASONS_SIZE, "%s", reasons ? "" : "accelerated");

	for (unsigned i = 0; i < ACCEL_REASONS; i++)
		if (reasons & BIT(i))
			used += format_text(text + used, REASONS_SIZE - used, "%s%s",
					    used ? ", " : "emulated: ", accel_reason_name(i));
}

static void report_apic(struct report *out, const struct vcpu *vcpu)
{
	static const char *const modes[] = {
		[APIC_MODE_DISABLED] = "off",
		[APIC_MODE_XAPIC] = "xapic",
		[APIC_MODE_X2APIC] = "x2apic",
	};
	u32 id = vcpu->id;
	char reasons[REASONS_SIZE];
	struct vlapic_summary apic;

	/* Reads all before it prints: printing may wait, and the vCPU may end meanwhile. */
	describe_reasons(vcpu_accel_reasons(vcpu), reasons);
	vlapic_summarize(vcpu->apic, &apic);
	report_row(out,
		   "vcpu{vcpu}%-3u {mode}%-6s base {base}%#llx id {id}%#x ldr {ldr}%#x tpr {tpr}%#x"
		   " ppr {ppr}%#x irr {irr}%#x isr {isr}%#x {runs}%s",
		   id, modes[apic.mode], apic.base, apic.id, apic.ldr, apic.tpr, apic.ppr,
		   apic.irr_top, apic.isr_top, reasons);
}

enum status commands_vm_apic(const struct argument *args, struct report *out, struct error *err)
{
	struct vm *vm = args[0].vm;

	if (!vm->vcpus)
		return fail(err, ERR_BUSY, "%s: it is %s", args[0].text, vm_state_name(vm));
	report_list(out, "apics");
	for (u32 i = 0; vm->vcpus && i < vm->vcpu_count; i++)
		report_apic(out, vm->vcpus[i]);
	report_list_end(out);
	return OK;
}

/* Returns the record of the vCPU that the arguments VM and N name; NULL: err says why not. */
static const struct vcpu_record *get_record(const struct argument *args, struct error *err)
{
	struct vm *vm = args[0].vm;

	if (vm->life.state == VM_STARTING || !vm->life.starts) {
		fail(err, ERR_BUSY, "%s: it is %s", vm->config->name, vm_state_name(vm));
		return NULL;
	}
	if (args[1].number >= vm->records.count) {
		fail(err, ERR_RANGE, "%s: it has %u vCPUs, from 0", vm->config->name,
		     vm->records.count);
		return NULL;
	}
	return vcpu_record_get(vm, (u32)args[1].number, err);
}

static void show_registers(const struct vcpu_state *state, struct report *out)
{
	static const char *const names[GPR_COUNT] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp",
						     "rsi", "rdi", "r8",  "r9",	 "r10", "r11",
						     "r12", "r13", "r14", "r15"};

	const struct control_state *ctl = &state->ctl;

	for (unsigned i = 0; i < GPR_COUNT; i++)
		report_facts(out, "{%s}%#llx", names[i], state->regs.gpr[i]);
	report_facts(out, "{rip}%#llx {rflags}%#llx", state->regs.rip, state->regs.rflags);
	report_facts(out,
		     "{cr0}%#llx {cr2}%#llx {cr3}%#llx {cr4}%#llx {efer}%#llx {dr6}%#llx {dr7}%#llx"
		     " {cpl}%u",
		     ctl->cr0, ctl->cr2, ctl->cr3, ctl->cr4, ctl->efer, state->dr6, state->dr7,
		     ctl->cpl);
}

static void show_segment(const char *name, const struct segment *segment, struct report *out)
{
	report_row(out,
		   "{segment}%-5s {selector}%#7x base {base}%#18llx limit {limit}%#10x"
		   " attributes {attributes}%#x",
		   name, segment->selector, segment->base, segment->limit, segment->attr);
}

static void show_segments(const struct vcpu_state *state, struct report *out)
{
	static const char *const names[SEG_COUNT] = {"es", "cs", "ss", "ds", "fs", "gs"};

	report_list(out, "segments");
	for (unsigned i = 0; i < SEG_COUNT; i++)
		show_segment(names[i], &state->ctl.seg[i], out);
	show_segment("ldtr", &state->ldtr, out);
	show_segment("tr", &state->tr, out);
	show_segment("gdtr", &state->gdtr, out);
	show_segment("idtr", &state->idtr, out);
	report_list_end(out);
}

enum status commands_vm_regs(const struct argument *args, struct report *out, struct error *err)
{
	const struct vcpu_record *record = get_record(args, err);

	if (!record)
		return err->status;
	show_registers(&record->state, out);
	show_segments(&record->state, out);
	return OK;
}

/* The event that ends the vCPU's wait, as text for an operator. */
static const char *waits_for(const struct vm *vm, const struct vcpu_record *record)
{
	if (vm->life.state == VM_STOPPED)
		return "nothing: its guest has ended";
	if (vm->pause.on)
		return "'vm resume'";
	switch (record->mode) {
	case VCPU_HALTED:
		return "an interrupt (HLT)";
	case VCPU_WAIT_FOR_SIPI:
		return "a startup IPI";
	case VCPU_RUNNING:
		break;
	}
	return "nothing: it runs";
}

enum status commands_vm_where(const struct argument *args, struct report *out, struct error *err)
{
	const struct vcpu_record *record = get_record(args, err);

	if (!record)
		return err->status;
	report_facts(out, "{state}%s {cpu}%u {rip}%#llx {cpl}%u {waits_for}%s",
		     vm_state_name(args[0].vm), record->cpu, record->state.regs.rip,
		     record->state.ctl.cpl, waits_for(args[0].vm, record));
	return OK;
}
