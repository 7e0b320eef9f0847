/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The core of the virtual local APIC: reset and modes, its own interrupt sources (the
 * local vector table, the LINT pins, the error status), and the way of an interrupt
 * from a message through IRR and ISR to its EOI. Never reaches another APIC.
 */
#include "apic/virt/vlapic_parts.h"
#include "core/base/atomic.h"

/* --- The 256-bit registers --- */

static u32 *vector_word(struct vlapic *v, u32 base, u8 vector)
{
	return vlapic_reg(v, base + vector / 32U * 0x10);
}

static u32 vector_bit(u8 vector)
{
	return 1U << (vector % 32);
}

/*
 * The highest vector set in a 256-bit register, or -1. Reads are atomic: hardware may set
 * bits of IRR meanwhile, and vlapic_summarize reads while the owner may write.
 */
static s16 highest_vector(const struct vlapic *v, u32 base)
{
	for (int word = APIC_VECTOR_WORDS - 1; word >= 0; word--) {
		u32 bits = atomic_get(&v->regs[(base + (u32)word * 0x10) / sizeof(u32)]);
		if (bits)
			return (s16)(word * 32 + 31 - __builtin_clz(bits));
	}
	return -1;
}

/* --- Priorities: SDM 3A "Task and Processor Priorities" --- */

void vlapic_sync_ppr(struct vlapic *v)
{
	u32 tpr = vlapic_get(v, APIC_REG_TPR);
	u32 in_service = v->isr_top < 0 ? 0 : (u32)v->isr_top & 0xf0;
	*vlapic_reg(v, APIC_REG_PPR) = (tpr & 0xf0) >= in_service ? tpr : in_service;
}

u64 vlapic_read_cr8(const struct vlapic *v)
{
	return vlapic_get(v, APIC_REG_TPR) >> 4;
}

bool vlapic_write_cr8(struct vlapic *v, u64 value)
{
	if (value > 15)
		return false;
	*vlapic_reg(v, APIC_REG_TPR) = (u32)value << 4;
	vlapic_sync_ppr(v);
	return true;
}

void vlapic_sync_page(struct vlapic *v)
{
	v->irr_top = highest_vector(v, APIC_REG_IRR);
	v->isr_top = highest_vector(v, APIC_REG_ISR);
	vlapic_sync_ppr(v);
}

/* --- Local interrupts: SDM 3A "Handling Local Interrupts", "Error Handling" --- */

enum { LINTS = 2 };
static const u16 lint_offset[LINTS] = {APIC_REG_LVT_LINT0, APIC_REG_LVT_LINT1};

/* The requests that an entry raises, by its delivery mode. For EXTINT see vlapic_accepts_pic. */
static const u8 lvt_request[8] = {
	[APIC_SMI] = VLAPIC_SMI,
	[APIC_NMI] = VLAPIC_NMI,
	[APIC_INIT] = VLAPIC_INIT,
};

static enum apic_delivery lvt_delivery(u32 lvt)
{
	return (enum apic_delivery)bits_get(lvt, 10, 8);
}

void vlapic_fire_lvt(struct vlapic *v, u32 offset)
{
	u32 lvt = vlapic_get(v, offset);
	if (lvt & APIC_LVT_MASKED)
		return;
	enum apic_delivery delivery = lvt_delivery(lvt);
	if (delivery == APIC_FIXED)
		vlapic_accept(v, lvt & APIC_LVT_VECTOR, false);
	else
		v->requests |= lvt_request[delivery];
}

/*
 * Only the first error since the ESR was written interrupts. If the error entry has an
 * illegal vector, vlapic_accept calls this function again, for an error that is no
 * longer the first; so the recursion ends.
 */
void vlapic_raise_error(struct vlapic *v, u32 esr_bit)
{
	bool first = v->errors == 0;
	v->errors |= esr_bit;
	if (first)
		vlapic_fire_lvt(v, APIC_REG_LVT_ERROR);
}

void vlapic_mask_lvts(struct vlapic *v)
{
	static const u16 lvts[] = {APIC_REG_LVT_TIMER, APIC_REG_LVT_THERMAL, APIC_REG_LVT_PERF,
				   APIC_REG_LVT_LINT0, APIC_REG_LVT_LINT1,   APIC_REG_LVT_ERROR};
	for (unsigned i = 0; i < ARRAY_SIZE(lvts); i++)
		*vlapic_reg(v, lvts[i]) |= APIC_LVT_MASKED;
}

/* Only LINT0 can be level-triggered, and only in fixed mode. */
static bool lint_is_level(unsigned line, u32 lvt)
{
	return line == 0 && lvt_delivery(lvt) == APIC_FIXED && (lvt & APIC_LVT_LEVEL);
}

static bool lint_is_asserted(const struct vlapic *v, unsigned line)
{
	bool high = v->lint_high & BIT(line);
	bool active_low = vlapic_get(v, lint_offset[line]) & APIC_LVT_ACTIVE_LOW;
	return high != active_low;
}

/*
 * Puts the vector of a level-triggered line that is asserted into IRR, unless masked or in service.
 */
static void sync_lint(struct vlapic *v, unsigned line)
{
	u32 *lvt = vlapic_reg(v, lint_offset[line]);
	if (!lint_is_level(line, *lvt) || (*lvt & (APIC_LVT_MASKED | APIC_LVT_REMOTE_IRR)))
		return;
	if (!lint_is_asserted(v, line))
		return;
	*lvt |= APIC_LVT_REMOTE_IRR;
	vlapic_accept(v, *lvt & APIC_LVT_VECTOR, true);
}

void vlapic_sync_lints(struct vlapic *v)
{
	for (unsigned line = 0; line < LINTS; line++)
		sync_lint(v, line);
}

/* The interrupt with this vector has ended; if it was LINT0's, the line may interrupt again. */
static void end_lint(struct vlapic *v, u8 vector)
{
	u32 *lvt = vlapic_reg(v, APIC_REG_LVT_LINT0);
	if ((*lvt & APIC_LVT_REMOTE_IRR) && (*lvt & APIC_LVT_VECTOR) == vector)
		*lvt &= ~(u32)APIC_LVT_REMOTE_IRR;
	sync_lint(v, 0);
}

static void set_lint_level(struct vlapic *v, unsigned line, bool high)
{
	v->lint_high &= (u8)~BIT(line);
	if (high)
		v->lint_high |= (u8)BIT(line);
}

void vlapic_sync_lint(struct vlapic *v, unsigned line, bool high)
{
	if (line >= LINTS)
		return;
	set_lint_level(v, line, high);
	if (vlapic_mode(v) != APIC_MODE_DISABLED)
		sync_lint(v, line);
}

void vlapic_set_lint(struct vlapic *v, unsigned line, bool high)
{
	if (line >= LINTS)
		return;
	bool was_asserted = lint_is_asserted(v, line);
	set_lint_level(v, line, high);
	bool rises = lint_is_asserted(v, line) && !was_asserted;
	if (vlapic_mode(v) == APIC_MODE_DISABLED) {
		if (line == 1 && rises)
			v->requests |= VLAPIC_NMI;
		return;
	}
	if (lint_is_level(line, vlapic_get(v, lint_offset[line])))
		sync_lint(v, line);
	else if (rises)
		vlapic_fire_lvt(v, lint_offset[line]);
}

bool vlapic_needs_lint0(const struct vlapic *v)
{
	return vlapic_mode(v) == APIC_MODE_DISABLED ||
	       !(vlapic_get(v, APIC_REG_LVT_LINT0) & APIC_LVT_MASKED);
}

bool vlapic_accepts_pic(const struct vlapic *v)
{
	if (vlapic_mode(v) == APIC_MODE_DISABLED)
		return true;
	u32 lvt = vlapic_get(v, APIC_REG_LVT_LINT0);
	return !(lvt & APIC_LVT_MASKED) && lvt_delivery(lvt) == APIC_EXTINT;
}

/* --- Acceptance --- */

/*
 * Puts legal vectors of one word, not 0, into IRR, and their trigger modes into TMR. IRR
 * is changed atomically, because hardware that sends IPIs by itself changes it too.
 */
static void accept_bits(struct vlapic *v, unsigned word, u32 bits, u32 level)
{
	u32 *tmr = vlapic_reg(v, APIC_REG_TMR + word * 0x10);
	*tmr = (*tmr & ~bits) | (level & bits);
	atomic_or(vlapic_reg(v, APIC_REG_IRR + word * 0x10), bits);
	s16 top = (s16)(word * 32 + 31 - (unsigned)__builtin_clz(bits));
	if (top > v->irr_top)
		v->irr_top = top;
}

void vlapic_accept(struct vlapic *v, u8 vector, bool level)
{
	if (!vlapic_is_software_enabled(v))
		return;
	if (vector < APIC_FIRST_LEGAL_VECTOR) {
		vlapic_raise_error(v, APIC_ESR_RECEIVE_ILLEGAL_VECTOR);
		return;
	}
	/*
	 * A vector that is posted in `pir` does not change TMR. Marked as level-triggered here, the
	 * vector's next post goes into `slow`, from which the owner updates TMR.
	 */
	if (level)
		atomic_or(&v->posted.level[vector / 32], vector_bit(vector));
	accept_bits(v, vector / 32, vector_bit(vector), level ? vector_bit(vector) : 0);
}

int vlapic_highest_pending(const struct vlapic *v)
{
	if (v->irr_top < 0)
		return -1;
	u32 priority = (u32)v->irr_top & 0xf0;
	return priority > (vlapic_get(v, APIC_REG_PPR) & 0xf0) ? v->irr_top : -1;
}

void vlapic_acknowledge(struct vlapic *v, u8 vector)
{
	u32 *irr = vector_word(v, APIC_REG_IRR, vector);
	if (!(*irr & vector_bit(vector)))
		return;
	atomic_and(irr, ~vector_bit(vector));
	v->irr_top = highest_vector(v, APIC_REG_IRR);
	*vector_word(v, APIC_REG_ISR, vector) |= vector_bit(vector);
	if (vector > v->isr_top)
		v->isr_top = vector;
	vlapic_sync_ppr(v);
}

/* The vector has left ISR. If it was level-triggered, its source may interrupt again. */
static void signal_end(struct vlapic *v, u8 vector, struct vlapic_effects *fx)
{
	if (!(*vector_word(v, APIC_REG_TMR, vector) & vector_bit(vector)))
		return;
	end_lint(v, vector);
	if (vlapic_get(v, APIC_REG_SVR) & APIC_SVR_SUPPRESS_EOI)
		return;
	fx->eoi_vector = vector;
	fx->what |= VLAPIC_BROADCAST_EOI;
}

/* SDM 3A "Signaling Interrupt Servicing Completion". */
void vlapic_end_interrupt(struct vlapic *v, struct vlapic_effects *fx)
{
	if (v->isr_top < 0)
		return;
	u8 vector = (u8)v->isr_top;
	*vector_word(v, APIC_REG_ISR, vector) &= ~vector_bit(vector);
	v->isr_top = highest_vector(v, APIC_REG_ISR);
	vlapic_sync_ppr(v);
	signal_end(v, vector, fx);
}

void vlapic_finish_eoi(struct vlapic *v, u8 vector, struct vlapic_effects *fx)
{
	*fx = (struct vlapic_effects){0};
	signal_end(v, vector, fx);
}

/* --- Messages that other CPUs have posted --- */

void vlapic_drain_posted(struct vlapic *v, bool accept)
{
	struct vlapic_posted *p = &v->posted;
	for (unsigned word = 0; word < APIC_VECTOR_WORDS; word++) {
		if (!(atomic_get(&p->pir[word]) | atomic_get(&p->slow[word])))
			continue;
		u32 bits = atomic_swap(&p->pir[word], 0) | atomic_swap(&p->slow[word], 0);
		u32 level = atomic_get(&p->level[word]);
		if (accept && bits)
			accept_bits(v, word, bits, level);
		if (!accept)
			v->dropped[word] |= bits & level;
	}
}

int vlapic_take_dropped(struct vlapic *v)
{
	for (unsigned word = 0; word < APIC_VECTOR_WORDS; word++) {
		u32 bits = v->dropped[word];

		if (!bits)
			continue;
		v->dropped[word] = bits & (bits - 1);
		return (int)(word * 32) + __builtin_ctz(bits);
	}
	return -1;
}

u32 vlapic_sync_posted(struct vlapic *v)
{
	u32 requests = v->requests;
	v->requests = 0;
	/*
	 * Clears `on` and `notified` before it removes messages. A post writes its message
	 * first and these second: so a post whose message is missed here finds them clear and
	 * notifies again.
	 */
	if (atomic_swap(&v->posted.on, 0) | atomic_swap(&v->posted.notified, 0)) {
		bool accept = vlapic_is_software_enabled(v);
		vlapic_drain_posted(v, accept);
		requests |= atomic_swap(&v->posted.requests, 0);
		if (accept && (requests & VLAPIC_ILLEGAL_VECTOR))
			vlapic_raise_error(v, APIC_ESR_RECEIVE_ILLEGAL_VECTOR);
	}
	/* vlapic_raise_error may have raised a request: the error entry may be in NMI mode. */
	requests |= v->requests;
	v->requests = 0;
	return requests & ~(u32)VLAPIC_ILLEGAL_VECTOR;
}

/* --- Life: SDM 3A "Local APIC State" --- */

enum apic_mode vlapic_mode(const struct vlapic *v)
{
	if (!(v->base & APIC_BASE_EN))
		return APIC_MODE_DISABLED;
	return (v->base & APIC_BASE_EXTD) ? APIC_MODE_X2APIC : APIC_MODE_XAPIC;
}

u64 vlapic_page(const struct vlapic *v)
{
	return v->base & BITS(51, 12);
}

/* Sets the registers whose value follows from the x2APIC ID in x2APIC mode. */
static void derive_x2apic(struct vlapic *v)
{
	*vlapic_reg(v, APIC_REG_ID) = v->config.x2apic_id;
	*vlapic_reg(v, APIC_REG_LDR) = apic_x2apic_ldr(v->config.x2apic_id);
	*vlapic_reg(v, APIC_REG_ICR_HIGH) = 0;
}

/* Resets registers, timer, vectors and errors. `id` is the value of the ID register. */
static void reset_state(struct vlapic *v, u32 id)
{
	vlapic_regs_reset(v);
	*vlapic_reg(v, APIC_REG_ID) = id;
	if (vlapic_mode(v) == APIC_MODE_X2APIC)
		derive_x2apic(v);
	vlapic_timer_stop(v);
	vlapic_drain_posted(v, false);
	v->irr_top = -1;
	v->isr_top = -1;
	v->errors = 0;
}

void vlapic_reset(struct vlapic *v, const struct vlapic_config *config)
{
	v->config = *config;
	v->base = APIC_BASE_DEFAULT | APIC_BASE_EN | (config->bsp ? APIC_BASE_BSP : 0);
	v->requests = 0;
	v->lint_high = 0;
	atomic_set(&v->posted.on, 0);
	atomic_set(&v->posted.notified, 0);
	atomic_set(&v->posted.requests, 0);
	reset_state(v, config->x2apic_id << 24);
}

void vlapic_init(struct vlapic *v)
{
	reset_state(v, vlapic_get(v, APIC_REG_ID));
}

void vlapic_set_virtual_wire(struct vlapic *v)
{
	*vlapic_reg(v, APIC_REG_SVR) |= APIC_SVR_ENABLE;
	*vlapic_reg(v, APIC_REG_LVT_LINT0) = APIC_EXTINT << 8;
	*vlapic_reg(v, APIC_REG_LVT_LINT1) = APIC_NMI << 8;
}

void vlapic_get_route(const struct vlapic *v, struct route_apic *out)
{
	bool x2apic = vlapic_mode(v) == APIC_MODE_X2APIC;
	u32 id = vlapic_get(v, APIC_REG_ID);
	u32 ldr = vlapic_get(v, APIC_REG_LDR);
	*out = (struct route_apic){
		.id = x2apic ? id : id >> 24,
		.ldr = x2apic ? ldr : ldr >> 24,
		.mode = (u8)vlapic_mode(v),
		.dfr = (u8)(vlapic_get(v, APIC_REG_DFR) >> 28),
		.software_enabled = vlapic_is_software_enabled(v),
		.moved = vlapic_page(v) != APIC_BASE_DEFAULT,
	};
}

/* --- IA32_APIC_BASE: SDM 3A "x2APIC State Transitions" --- */

/* allowed[old mode]: a bit for each mode that may be next; the same mode always may. */
static const u8 allowed[] = {
	[APIC_MODE_DISABLED] = BIT(APIC_MODE_DISABLED) | BIT(APIC_MODE_XAPIC),
	[APIC_MODE_XAPIC] = BIT(APIC_MODE_DISABLED) | BIT(APIC_MODE_XAPIC) | BIT(APIC_MODE_X2APIC),
	[APIC_MODE_X2APIC] = BIT(APIC_MODE_DISABLED) | BIT(APIC_MODE_X2APIC),
};

static bool base_is_legal(const struct vlapic *v, u64 value)
{
	u64 valid = BITS(v->config.physical_bits - 1U, 12) | APIC_BASE_BSP | APIC_BASE_EN;
	if (v->config.x2apic)
		valid |= APIC_BASE_EXTD;
	if (value & ~valid)
		return false;
	return (value & APIC_BASE_EN) || !(value & APIC_BASE_EXTD);
}

bool vlapic_write_base(struct vlapic *v, u64 value, struct vlapic_effects *fx)
{
	*fx = (struct vlapic_effects){0};
	if (!base_is_legal(v, value))
		return false;
	u64 old_base = v->base;
	enum apic_mode old_mode = vlapic_mode(v);
	v->base = value;
	enum apic_mode mode = vlapic_mode(v);
	if (!(allowed[old_mode] & BIT(mode))) {
		v->base = old_base;
		return false;
	}
	if (value != old_base)
		fx->what |= VLAPIC_BASE_CHANGED;
	if (mode == old_mode)
		return true;
	fx->what |= VLAPIC_ROUTE_CHANGED;
	if (mode == APIC_MODE_X2APIC) {
		derive_x2apic(v);
	} else {
		/* Disabling the APIC and enabling it again reset everything, also the IDs. */
		reset_state(v, v->config.x2apic_id << 24);
		fx->what |= VLAPIC_TIMER_MOVED;
	}
	return true;
}

/* --- Values for the owner or another CPU --- */

void vlapic_summarize(const struct vlapic *v, struct vlapic_summary *out)
{
	s16 irr_top = highest_vector(v, APIC_REG_IRR), isr_top = highest_vector(v, APIC_REG_ISR);

	*out = (struct vlapic_summary){
		.base = v->base,
		.mode = vlapic_mode(v),
		.id = vlapic_get(v, APIC_REG_ID),
		.ldr = vlapic_get(v, APIC_REG_LDR),
		.tpr = (u8)vlapic_get(v, APIC_REG_TPR),
		.ppr = (u8)vlapic_get(v, APIC_REG_PPR),
		.irr_top = irr_top < 0 ? 0 : (u8)irr_top,
		.isr_top = isr_top < 0 ? 0 : (u8)isr_top,
	};
}

u64 vlapic_level_vectors(const struct vlapic *v, unsigned quarter)
{
	u32 low = APIC_REG_TMR + quarter * 0x20;

	return vlapic_get(v, low) | (u64)vlapic_get(v, low + 0x10) << 32;
}
