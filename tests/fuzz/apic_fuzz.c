/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three virtual LAPICs and an I/O APIC, connected as in a VM, with random register
 * accesses, pins and times. After every step the state must satisfy the invariants of every
 * guest.
 */
#include <stdlib.h>
#include <string.h>

#include "apic/virt/route.h"
#include "apic/virt/vioapic.h"
#include "apic/virt/vlapic.h"

enum { CPUS = 3 };

static struct vlapic cpus[CPUS];
static struct vioapic io;
static struct route_table routes;
static u64 now;

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* --- The VM's handling of effects --- */

static bool deliver(const struct apic_message *message, unsigned sender)
{
	struct vcpu_set set;
	route_find(&routes, message, sender, &set);
	if (message->delivery == APIC_LOWEST_PRIORITY)
		route_choose_lowest(&set, message->vector, NULL);
	for (int i = vcpu_set_next(&set, 0); i >= 0; i = vcpu_set_next(&set, (unsigned)i + 1)) {
		check(i < CPUS);
		check(vlapic_mode(&cpus[i]) != APIC_MODE_DISABLED);
		vlapic_post(&cpus[i].posted, message);
		check(vlapic_has_posted(&cpus[i]) || message->delivery == 3);
	}
	return !vcpu_set_empty(&set);
}

static void run_ioapic(void)
{
	struct apic_message message;
	int pin;
	while ((pin = vioapic_take_message(&io, &message)) >= 0)
		if (!deliver(&message, 0))
			vioapic_refuse(&io, (unsigned)pin);
}

static void tell_routes(unsigned cpu)
{
	struct route_apic apic;
	vlapic_get_route(&cpus[cpu], &apic);
	route_update(&routes, cpu, &apic);
	vioapic_retry(&io);
	run_ioapic();
}

static void perform(unsigned cpu, const struct vlapic_effects *fx)
{
	if (fx->what & VLAPIC_ROUTE_CHANGED)
		tell_routes(cpu);
	if (fx->what & VLAPIC_BROADCAST_EOI) {
		check(fx->eoi_vector >= APIC_FIRST_LEGAL_VECTOR);
		vioapic_eoi(&io, fx->eoi_vector);
		run_ioapic();
	}
	if (fx->what & VLAPIC_SEND_IPI) {
		check(fx->ipi.shorthand != APIC_TO_SELF);
		deliver(&fx->ipi, cpu);
	}
}

/* --- Invariants --- */

static u32 reg(const struct vlapic *v, u32 offset)
{
	return v->regs[offset / 4];
}

static int highest(const struct vlapic *v, u32 base)
{
	for (int vector = 255; vector >= 0; vector--)
		if (reg(v, base + (u32)vector / 32 * 0x10) >> (vector % 32) & 1)
			return vector;
	return -1;
}

/* PPR by the manual's table of cases, not by a comparison of whole bytes. */
static u32 expected_ppr(const struct vlapic *v)
{
	int isr = highest(v, APIC_REG_ISR);
	u32 tpr = reg(v, APIC_REG_TPR), isr_class = isr < 0 ? 0 : (u32)isr >> 4;
	u32 class = tpr >> 4 > isr_class ? tpr >> 4 : isr_class;
	u32 sub = tpr >> 4 >= isr_class ? tpr & 15 : 0;
	return class << 4 | sub;
}

static void check_cpu(unsigned index)
{
	const struct vlapic *v = &cpus[index];
	check((reg(v, APIC_REG_IRR) & 0xffff) == 0);
	check((reg(v, APIC_REG_ISR) & 0xffff) == 0);
	check(highest(v, APIC_REG_IRR) == v->irr_top);
	check(highest(v, APIC_REG_ISR) == v->isr_top);
	check(reg(v, APIC_REG_PPR) == expected_ppr(v));
	int pending = vlapic_highest_pending(v);
	int irr = highest(v, APIC_REG_IRR);
	check(pending == (irr >= 0 && (u32)irr >> 4 > expected_ppr(v) >> 4 ? irr : -1));
	check(v->timer_due >= v->timer_deadline);
	enum apic_mode mode = vlapic_mode(v);
	check(mode != APIC_MODE_DISABLED || irr < 0);
	check(mode != APIC_MODE_X2APIC || reg(v, APIC_REG_ID) == v->config.x2apic_id);
	if (!(reg(v, APIC_REG_SVR) & APIC_SVR_ENABLE))
		for (u32 lvt = APIC_REG_LVT_TIMER; lvt <= APIC_REG_LVT_ERROR; lvt += 0x10)
			check(reg(v, lvt) & APIC_LVT_MASKED);
	struct route_apic apic;
	vlapic_get_route(v, &apic);
	const struct route_apic *known = &routes.apics[index];
	check(apic.id == known->id && apic.ldr == known->ldr && apic.mode == known->mode);
	check(apic.dfr == known->dfr && apic.software_enabled == known->software_enabled);
}

/* Only unacknowledged levels have Remote IRR. A refused level stays pending. */
static void check_ioapic(void)
{
	check(io.pending == 0);
	for (unsigned pin = 0; pin < VIOAPIC_PINS; pin++) {
		u64 entry = io.entries[pin];
		check(!(entry & BIT(14)) || (entry & BIT(15)));
		bool asserted = !(io.pins & BIT(pin)) == !!(entry & BIT(13));
		bool waits = (entry & BIT(15)) && bits_get(entry, 10, 8) <= 1 &&
			     !(entry & (BIT(16) | BIT(14))) && asserted;
		check(!waits || (entry & BIT(12)));
	}
}

/* --- Steps --- */

static void sync_cpu(unsigned cpu)
{
	struct vlapic *v = &cpus[cpu];
	u32 pir[APIC_VECTOR_WORDS];
	for (unsigned i = 0; i < APIC_VECTOR_WORDS; i++)
		pir[i] = v->posted.pir[i] | v->posted.slow[i];
	bool on = v->posted.on || v->posted.notified;
	u32 requests = vlapic_sync_posted(v);
	check(!vlapic_has_posted(v));
	for (unsigned i = 0; i < APIC_VECTOR_WORDS; i++) {
		check((v->posted.pir[i] | v->posted.slow[i]) == 0);
		if (on && (reg(v, APIC_REG_SVR) & APIC_SVR_ENABLE))
			check((pir[i] & ~reg(v, APIC_REG_IRR + i * 0x10)) == 0);
	}
	if (requests & VLAPIC_INIT) {
		vlapic_init(v);
		tell_routes(cpu);
	}
}

static void take_interrupt(unsigned cpu)
{
	int vector = vlapic_highest_pending(&cpus[cpu]);
	if (vector < 0)
		return;
	vlapic_acknowledge(&cpus[cpu], (u8)vector);
	check(cpus[cpu].isr_top == vector);
}

static void access_lapic(unsigned cpu, u32 offset, u64 value, u8 how)
{
	struct vlapic *v = &cpus[cpu];
	struct vlapic_effects fx = {0};
	u64 ignored;
	unsigned size = 1U << (how >> 2 & 3);
	if (vlapic_mode(v) == APIC_MODE_XAPIC && (how & 1))
		vlapic_regs_mmio_write(v, offset & 0xfff, how & 0x10 ? size : 4, value, now, &fx);
	else if (vlapic_mode(v) == APIC_MODE_XAPIC)
		vlapic_regs_mmio_read(v, offset & 0xfff, size, now);
	else if (how & 1)
		(void)!vlapic_regs_msr_write(v, 0x800 + (offset >> 4 & 0xff), value, now, &fx);
	else
		(void)!vlapic_regs_msr_read(v, 0x800 + (offset >> 4 & 0xff), now, &ignored);
	perform(cpu, &fx);
}

struct step {
	u8 what, cpu, how, byte;
	u16 offset;
	u64 value;
} __attribute__((packed));

static void run(const struct step *s)
{
	unsigned cpu = s->cpu % CPUS;
	struct vlapic *v = &cpus[cpu];
	struct vlapic_effects fx = {0};
	switch (s->what % 12) {
	case 0 ... 2:
		access_lapic(cpu, s->offset & 0xff0, s->value, s->how & ~0x10);
		break;
	case 3:
		access_lapic(cpu, s->offset, s->value, s->how);
		break;
	case 4:
		(void)!vlapic_write_base(
			v, s->how & 1 ? s->value : APIC_BASE_DEFAULT | (u64)(s->how & 0xc) << 8,
			&fx);
		perform(cpu, &fx);
		break;
	case 5:
		sync_cpu(cpu);
		break;
	case 6:
		take_interrupt(cpu);
		break;
	case 7:
		vlapic_set_lint(v, s->how & 1, s->how & 2);
		break;
	case 8:
		now += s->value >> (s->how & 63);
		vlapic_timer_expire(v, now);
		check(v->timer_deadline > now || v->timer_deadline == VLAPIC_NEVER);
		vlapic_timer_expire_tsc(v, now);
		break;
	case 9:
		vlapic_timer_write_tsc_deadline(v, s->value, &fx);
		(void)!vlapic_write_cr8(v, s->byte & 31);
		break;
	case 10:
		vioapic_set_pin(&io, s->byte & 31, s->how & 1);
		run_ioapic();
		break;
	case 11:
		vioapic_write(&io, s->how & 0x40, 4, s->byte);
		if (vioapic_write(&io, 0x10, 4, s->value))
			run_ioapic();
		vioapic_read(&io, s->offset & 0xfff, 1U << (s->how & 3));
		run_ioapic();
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	memset(cpus, 0, sizeof(cpus));
	now = 0;
	route_init(&routes, CPUS);
	vioapic_reset(&io);
	for (unsigned i = 0; i < CPUS; i++) {
		struct vlapic_config config = {.x2apic_id = i * 0x100 + (i & 1),
					       .physical_bits = 40,
					       .bsp = i == 0,
					       .x2apic = true,
					       .tsc_deadline = true,
					       .suppress_eoi = true};
		vlapic_reset(&cpus[i], &config);
		if (i != 1)
			vlapic_set_virtual_wire(&cpus[i]);
		tell_routes(i);
	}
	for (; size >= sizeof(struct step); size -= sizeof(struct step)) {
		struct step step;
		memcpy(&step, data, sizeof(step));
		data += sizeof(step);
		run(&step);
		for (unsigned i = 0; i < CPUS; i++)
			check_cpu(i);
		check_ioapic();
	}
	return 0;
}
