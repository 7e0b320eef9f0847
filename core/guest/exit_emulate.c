/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Executes instructions in software: connects core/insn/emulate.c with the guest's memory, its
 * APIC page, its I/O APIC and its ports. Other addresses read all ones, and writes to them are
 * dropped.
 */
#include "apic/virt/vlapic.h"
#include "core/base/atomic.h"
#include "core/base/log.h"
#include "core/base/string.h"
#include "core/guest/chips.h"
#include "core/guest/exit.h"
#include "core/guest/vcpu.h"
#include "core/guest/vcpu_apic.h"
#include "core/guest/vm.h"
#include "core/insn/emulate.h"
#include "mm/host/window.h"

enum { UNIT_MAX = 2 }; /* an access lies in one page or in two */

/* The context of the executor's callbacks. */
struct work {
	struct vcpu *vcpu;
	const struct exit_access *known; /* NULL: every access is translated here */
};

/* The part of an access that lies in one page. */
struct part {
	struct gpa gpa;
	unsigned size;
	enum vcpu_place place;
	struct guest_place host; /* for RAM */
};

/*
 * True if this is the access that the CPU has translated, with all its checks: it has
 * the same offset in its page, and the instruction has no other operand in memory.
 * Never for RAM, whose host memory must be found.
 */
static bool is_known(const struct work *work, u64 linear, unsigned access)
{
	const struct exit_access *known = work->known;

	return known && known->place != VCPU_PLACE_RAM &&
	       ((linear ^ known->gpa.addr) & (PAGE_SIZE - 1)) == 0 &&
	       (known->write || !(access & GUEST_WRITE));
}

/*
 * Splits an access at the page boundary; translates both parts, and makes pages of RAM
 * present, before either part is accessed.
 */
static enum guest_result split(const struct work *work, u64 linear, unsigned size, unsigned access,
			       struct part *part, struct guest_fault *fault)
{
	struct vcpu *vcpu = work->vcpu;
	unsigned first = (unsigned)min_u64(size, PAGE_SIZE - (linear & (PAGE_SIZE - 1)));
	bool wide = decode_mode(&vcpu->ctl) == INSN_64;

	part[0] = (struct part){.size = first};
	part[1] = (struct part){.size = size - first};
	for (unsigned i = 0; i < UNIT_MAX && part[i].size; i++) {
		u64 at = linear + (i ? first : 0);
		enum guest_result result;

		if (first == size && is_known(work, linear, access)) {
			part[i].gpa = work->known->gpa;
			part[i].place = work->known->place;
			return GUEST_OK;
		}
		result = vcpu_memory_translate(vcpu, wide ? at : (u32)at, access, &part[i].gpa,
					       fault);
		if (result != GUEST_OK)
			return result;
		part[i].place = vcpu_memory_place(vcpu, part[i].gpa);
		if (part[i].place == VCPU_PLACE_RAM &&
		    !vcpu_memory_find(vcpu->vm, part[i].gpa, &part[i].host))
			return GUEST_RETRY;
	}
	return GUEST_OK;
}

static u64 device_read(struct vcpu *vcpu, enum vcpu_place place, u32 offset, unsigned size)
{
	if (place == VCPU_PLACE_APIC)
		return vlapic_regs_mmio_read(vcpu_apic(vcpu), offset, size, vm_now(vcpu->vm));
	if (place == VCPU_PLACE_IOAPIC)
		return chips_read_ioapic(vcpu->vm, offset, size);
	atomic_add(&vcpu->vm->chips->unclaimed, 1);
	return ~0ULL;
}

static void device_write(struct vcpu *vcpu, enum vcpu_place place, u32 offset, unsigned size,
			 u64 value)
{
	struct vlapic_effects fx = {0};

	if (place == VCPU_PLACE_APIC) {
		vlapic_regs_mmio_write(vcpu_apic(vcpu), offset, size, value, vm_now(vcpu->vm), &fx);
		vcpu_apic_apply(vcpu, &fx);
	} else if (place == VCPU_PLACE_IOAPIC) {
		chips_write_ioapic(vcpu->vm, offset, size, value);
	} else {
		atomic_add(&vcpu->vm->chips->unclaimed, 1);
	}
}

/* The size of the accesses to a device, for a part of size bytes: 1, 2, 4 or 8. */
static unsigned unit(unsigned size)
{
	return size == 1 || size == 2 || size == 4 || size == 8 ? size : 1;
}

static void read_part(struct vcpu *vcpu, const struct part *part, u8 *buf)
{
	u32 offset = (u32)(part->gpa.addr & (PAGE_SIZE - 1));

	if (part->place == VCPU_PLACE_RAM) {
		memory_read_at(&part->host, buf, part->size);
		return;
	}
	for (unsigned at = 0; at < part->size; at += unit(part->size)) {
		u64 value = device_read(vcpu, part->place, offset + at, unit(part->size));

		memcpy(buf + at, &value, unit(part->size));
	}
}

static void write_part(struct vcpu *vcpu, const struct part *part, const u8 *buf)
{
	u32 offset = (u32)(part->gpa.addr & (PAGE_SIZE - 1));

	if (part->place == VCPU_PLACE_RAM) {
		memory_write_at(&part->host, buf, part->size);
		return;
	}
	for (unsigned at = 0; at < part->size; at += unit(part->size)) {
		u64 value = 0;

		memcpy(&value, buf + at, unit(part->size));
		device_write(vcpu, part->place, offset + at, unit(part->size), value);
	}
}

static enum guest_result op_read(void *ctx, u64 linear, unsigned size, unsigned access, void *buf,
				 struct guest_fault *fault)
{
	const struct work *work = ctx;
	struct part part[UNIT_MAX];
	enum guest_result result = split(work, linear, size, access, part, fault);

	if (result != GUEST_OK)
		return result;
	read_part(work->vcpu, &part[0], buf);
	if (part[1].size)
		read_part(work->vcpu, &part[1], (u8 *)buf + part[0].size);
	return GUEST_OK;
}

static enum guest_result op_write(void *ctx, u64 linear, unsigned size, unsigned access,
				  const void *buf, struct guest_fault *fault)
{
	const struct work *work = ctx;
	struct part part[UNIT_MAX];
	enum guest_result result = split(work, linear, size, access, part, fault);

	if (result != GUEST_OK)
		return result;
	write_part(work->vcpu, &part[0], buf);
	if (part[1].size)
		write_part(work->vcpu, &part[1], (const u8 *)buf + part[0].size);
	return GUEST_OK;
}

static bool exchange(void *at, const void *expected, const void *desired, unsigned size)
{
	u64 old = 0, new = 0;

	memcpy(&old, expected, size);
	memcpy(&new, desired, size);
	switch (size) {
	case 1:
		return atomic_compare_swap((u8 *)at, (u8 *)&old, (u8) new);
	case 2:
		return atomic_compare_swap((u16 *)at, (u16 *)&old, (u16) new);
	case 4:
		return atomic_compare_swap((u32 *)at, (u32 *)&old, (u32) new);
	default:
		return atomic_compare_swap((u64 *)at, &old, new);
	}
}

/*
 * Atomic in RAM for up to 8 bytes in one page. CMPXCHG16B and accesses that cross
 * a page are emulated only when one of the pages is a device's, where no
 * atomicity is expected.
 */
static enum guest_result op_cmpxchg(void *ctx, u64 linear, unsigned size, unsigned access,
				    const void *expected, const void *desired,
				    struct guest_fault *fault)
{
	const struct work *work = ctx;
	struct part part[UNIT_MAX];
	enum guest_result result = split(work, linear, size, access, part, fault);
	bool done;

	if (result != GUEST_OK)
		return result;
	if (part[0].place != VCPU_PLACE_RAM || part[1].size || size > 8)
		return op_write(ctx, linear, size, access, desired, fault);
	done = exchange(window_map(WINDOW_GUEST_DATA, part[0].host.at, part[0].host.type), expected,
			desired, size);
	window_unmap(WINDOW_GUEST_DATA);
	return done ? GUEST_OK : GUEST_RETRY;
}

static enum guest_result op_in(void *ctx, u16 port, unsigned size, u32 *value)
{
	*value = chips_read_port(((const struct work *)ctx)->vcpu->vm, port, (u8)size);
	return GUEST_OK;
}

static enum guest_result op_out(void *ctx, u16 port, unsigned size, u32 value)
{
	chips_write_port(((const struct work *)ctx)->vcpu->vm, port, (u8)size, value);
	return GUEST_OK;
}

static const struct emulate_ops ops = {
	.read = op_read,
	.write = op_write,
	.cmpxchg = op_cmpxchg,
	.in = op_in,
	.out = op_out,
};

/*
 * Fetches and decodes the instruction. NULL: an exception is raised, or the guest executes the
 * instruction again. Drivers access their registers with few instructions, so the last decoded
 * ones are kept, and found again by their bytes.
 */
static const struct insn *decode(struct vcpu *vcpu)
{
	struct insn *insn = &vcpu->decoded[vcpu->regs.rip % VCPU_DECODED];
	enum insn_mode mode = decode_mode(&vcpu->ctl);
	u8 bytes[INSN_MAX_LENGTH];
	size_t count = vcpu_memory_fetch(vcpu, bytes, sizeof(bytes));
	enum status status;

	if (count == 0)
		return NULL;
	if (insn->length && insn->length <= count && insn->mode == mode &&
	    memcmp(bytes, insn->bytes, insn->length) == 0)
		return insn;
	status = decode_insn(bytes, count, mode, insn);
	if (status == OK)
		return insn;
	insn->length = 0;
	if (status == ERR_INVALID)
		vcpu_raise(vcpu, event_exception(EXC_UD));
	/* Otherwise the rest is on a page that is not mapped any more: the CPU faults there. */
	return NULL;
}

/*
 * True for a port access that the CPU has not checked, because the instruction was
 * another one at the exit, and that needs the TSS: the CPU executes it again.
 */
static bool is_unchecked_port(const struct vcpu *vcpu, const struct insn *insn)
{
	u64 rflags = vcpu->regs.rflags;

	if (insn->op != INSN_IN && insn->op != INSN_OUT && insn->op != INSN_INS &&
	    insn->op != INSN_OUTS)
		return false;
	return (vcpu->ctl.cr0 & CR0_PE) &&
	       ((rflags & RFLAGS_VM) || vcpu->ctl.cpl > bits_get(rflags, 13, 12));
}

/* PUSH and POP also access the stack; string instructions access two places or more. */
static bool has_one_place(const struct insn *insn)
{
	return insn->op != INSN_PUSH && insn->op != INSN_POP && insn->op < INSN_MOVS;
}

enum verdict exit_emulate(struct vcpu *vcpu, bool port, const struct exit_access *known, u8 *length)
{
	struct work work = {.vcpu = vcpu};
	struct emulation e = {.ops = &ops, .ctx = &work, .ctl = &vcpu->ctl, .regs = &vcpu->regs};
	const struct insn *insn;

	if (vcpu->event.valid) {
		vm_stop(vcpu->vm, VM_END_CRASH,
			"an event could not be delivered: its stack or descriptor is not in RAM");
		return VERDICT_RESUME;
	}
	insn = decode(vcpu);
	if (!insn || (!port && is_unchecked_port(vcpu, insn)))
		return VERDICT_RESUME;
	if (has_one_place(insn))
		work.known = known;
	*length = insn->length;
	switch (emulate_insn(&e, insn)) {
	case GUEST_OK:
		return VERDICT_SKIP;
	case GUEST_FAULT:
		vcpu_memory_raise(vcpu, &e.fault);
		return VERDICT_RESUME;
	case GUEST_FAILED:
		vm_stop(vcpu->vm, VM_END_CRASH, e.error.text);
		return VERDICT_RESUME;
	case GUEST_PARTIAL: /* with TF one iteration, and a trap is due after each */
		*length = 0;
		return vcpu->regs.rflags & RFLAGS_TF ? VERDICT_SKIP : VERDICT_RESUME;
	case GUEST_RETRY:
		break;
	}
	return VERDICT_RESUME;
}
