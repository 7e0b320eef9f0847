/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the table of the virtual local APIC's registers, one row each. Carries out a
 * guest's accesses by the xAPIC page and by the x2APIC MSRs, and completes writes of
 * which hardware has only stored the value. Never chooses the targets of an interrupt
 * command.
 */
#include "apic/virt/vlapic_parts.h"
#include "core/base/msr_index.h"
#include "core/base/string.h"

enum access { NO = 0, RO = 1, WO = 2, RW = 3 };

struct register_row {
	u8 xapic, x2apic; /* enum access in each mode */
	u32 writable;	  /* bits that a write sets */
	u32 read_only;	  /* defined bits that a write leaves alone, without a fault */
	u32 reset;
};

enum { SLOTS = 0x40 }; /* registers are 0x10 apart; offsets above 0x3ff are reserved */

/* Bits of an LVT entry that the APIC sets, not software. */
#define LVT_STATUS  APIC_LVT_DELIVERY_STATUS
#define LINT_STATUS (APIC_LVT_DELIVERY_STATUS | APIC_LVT_REMOTE_IRR)

/*
 * Access: SDM 3A "Local APIC Register Address Map", "x2APIC Register Address
 * Space". Fields: the figure of each register there. Reset: SDM 3A "Local APIC
 * State After Power-Up or Reset". The APIC has no LVT entry for CMCI. The
 * version register says 0x14, an integrated APIC, and 5, the highest LVT entry.
 */
// clang-format off
static const struct register_row rows[SLOTS] = {
	[APIC_REG_ID >> 4]             = {RW, RO, 0xff000000, 0, 0},
	[APIC_REG_VERSION >> 4]        = {RO, RO, 0, 0, 0x00050014},
	[APIC_REG_TPR >> 4]            = {RW, RW, 0x000000ff, 0, 0},
	[APIC_REG_APR >> 4]            = {RO, NO, 0, 0, 0},
	[APIC_REG_PPR >> 4]            = {RO, RO, 0, 0, 0},
	[APIC_REG_EOI >> 4]            = {WO, WO, 0, 0, 0},
	[APIC_REG_RRD >> 4]            = {RO, NO, 0, 0, 0},
	[APIC_REG_LDR >> 4]            = {RW, RO, 0xff000000, 0, 0},
	[APIC_REG_DFR >> 4]            = {RW, NO, 0xf0000000, 0, 0xffffffff},
	[APIC_REG_SVR >> 4]            = {RW, RW, 0x000003ff, 0, 0x000000ff},
	[APIC_REG_ISR >> 4 ... (APIC_REG_ISR >> 4) + 7] = {RO, RO, 0, 0, 0},
	[APIC_REG_TMR >> 4 ... (APIC_REG_TMR >> 4) + 7] = {RO, RO, 0, 0, 0},
	[APIC_REG_IRR >> 4 ... (APIC_REG_IRR >> 4) + 7] = {RO, RO, 0, 0, 0},
	[APIC_REG_ESR >> 4]            = {RW, RW, 0, 0, 0},
	[APIC_REG_ICR >> 4]            = {RW, RW, 0x000ccfff, APIC_ICR_DELIVERY_STATUS, 0},
	[APIC_REG_ICR_HIGH >> 4]       = {RW, NO, 0xff000000, 0, 0},
	[APIC_REG_LVT_TIMER >> 4]      = {RW, RW, 0x000300ff, LVT_STATUS, APIC_LVT_MASKED},
	[APIC_REG_LVT_THERMAL >> 4]    = {RW, RW, 0x000107ff, LVT_STATUS, APIC_LVT_MASKED},
	[APIC_REG_LVT_PERF >> 4]       = {RW, RW, 0x000107ff, LVT_STATUS, APIC_LVT_MASKED},
	[APIC_REG_LVT_LINT0 >> 4]      = {RW, RW, 0x0001a7ff, LINT_STATUS, APIC_LVT_MASKED},
	[APIC_REG_LVT_LINT1 >> 4]      = {RW, RW, 0x0001a7ff, LINT_STATUS, APIC_LVT_MASKED},
	[APIC_REG_LVT_ERROR >> 4]      = {RW, RW, 0x000100ff, LVT_STATUS, APIC_LVT_MASKED},
	[APIC_REG_TIMER_INITIAL >> 4]  = {RW, RW, 0xffffffff, 0, 0},
	[APIC_REG_TIMER_CURRENT >> 4]  = {RO, RO, 0, 0, 0},
	[APIC_REG_TIMER_DIVIDE >> 4]   = {RW, RW, 0x0000000b, 0, 0},
	[APIC_REG_SELF_IPI >> 4]       = {NO, WO, 0x000000ff, 0, 0},
};
// clang-format on

/* The writable bits of a register, with those that depend on a feature. */
static u32 writable_bits(const struct vlapic *v, u32 offset)
{
	u32 bits = rows[offset >> 4].writable;
	if (offset == APIC_REG_LVT_TIMER && v->config.tsc_deadline)
		bits |= BIT(18);
	if (offset == APIC_REG_SVR && v->config.suppress_eoi)
		bits |= APIC_SVR_SUPPRESS_EOI;
	return bits;
}

void vlapic_regs_reset(struct vlapic *v)
{
	memset(v->regs, 0, sizeof(v->regs));
	for (unsigned slot = 0; slot < SLOTS; slot++)
		*vlapic_reg(v, slot << 4) = rows[slot].reset;
	if (v->config.suppress_eoi)
		*vlapic_reg(v, APIC_REG_VERSION) |= APIC_VERSION_SUPPRESS_EOI;
}

/* --- Reading --- */

/* SDM 3A "Arbitration Priority"; class 0 where nothing is pending or in service. */
static u32 arbitration_priority(const struct vlapic *v)
{
	u32 tpr = vlapic_get(v, APIC_REG_TPR);
	u32 irr = v->irr_top < 0 ? 0 : (u32)v->irr_top & 0xf0;
	u32 isr = v->isr_top < 0 ? 0 : (u32)v->isr_top & 0xf0;
	if ((tpr & 0xf0) >= irr && (tpr & 0xf0) > isr)
		return tpr;
	return (u32)max_u64(tpr & 0xf0, max_u64(irr, isr));
}

/* offset: a readable register. */
static u32 read_register(const struct vlapic *v, u32 offset, u64 now)
{
	switch (offset) {
	case APIC_REG_APR:
		return arbitration_priority(v);
	case APIC_REG_TIMER_CURRENT:
		return vlapic_timer_count(v, now);
	default:
		return vlapic_get(v, offset);
	}
}

/* --- Interrupt commands: SDM 3A "Issuing Interprocessor Interrupts" --- */

/*
 * Delivery modes that may go with each shorthand (SDM 3A "Interrupt Command
 * Register", valid combinations for Pentium 4 and Xeon); others send nothing.
 */
enum {
	FIXED_ONLY = BIT(APIC_FIXED),
	ANY_MODE = BIT(APIC_FIXED) | BIT(APIC_LOWEST_PRIORITY) | BIT(APIC_SMI) | BIT(APIC_NMI) |
		   BIT(APIC_INIT) | BIT(APIC_STARTUP),
};

static const u8 valid_modes[] = {
	[APIC_TO_DESTINATION] = ANY_MODE,
	[APIC_TO_SELF] = FIXED_ONLY,
	[APIC_TO_ALL] = FIXED_ONLY,
	[APIC_TO_OTHERS] = ANY_MODE,
};

/* True for INIT level de-assert, which had an effect only on the APIC bus of older processors. */
static bool is_deassert(u32 icr)
{
	return bits_get(icr, 10, 8) == APIC_INIT && (icr & APIC_ICR_LEVEL) &&
	       !(icr & APIC_ICR_ASSERT);
}

static void send_ipi(struct vlapic *v, u32 icr, u32 destination, struct vlapic_effects *fx)
{
	struct apic_message message = {
		.destination = destination,
		.vector = icr & APIC_ICR_VECTOR,
		.delivery = (u8)bits_get(icr, 10, 8),
		.shorthand = (u8)bits_get(icr, 19, 18),
		.logical = icr & APIC_ICR_LOGICAL,
		.level = false, /* the trigger mode is for INIT de-assert only */
	};
	if (!(valid_modes[message.shorthand] & BIT(message.delivery)) || is_deassert(icr))
		return;
	/* The message is sent nevertheless: each receiver then logs an error, too. */
	if (message.delivery <= APIC_LOWEST_PRIORITY && message.vector < APIC_FIRST_LEGAL_VECTOR)
		vlapic_raise_error(v, APIC_ESR_SEND_ILLEGAL_VECTOR);
	if (message.shorthand == APIC_TO_SELF) {
		vlapic_accept(v, message.vector, false);
		return;
	}
	fx->ipi = message;
	fx->what |= VLAPIC_SEND_IPI;
}

/* --- Writing --- */

static void write_svr(struct vlapic *v, u32 value, struct vlapic_effects *fx)
{
	bool was_enabled = vlapic_is_software_enabled(v);
	/* Vectors that were posted before the write are accepted or dropped by the old value. */
	vlapic_drain_posted(v, was_enabled);
	*vlapic_reg(v, APIC_REG_SVR) = value;
	if (!(value & APIC_SVR_ENABLE))
		vlapic_mask_lvts(v);
	if (was_enabled != vlapic_is_software_enabled(v))
		fx->what |= VLAPIC_ROUTE_CHANGED;
}

/* While the APIC is software-disabled, entries stay masked. Status bits keep their values. */
static void write_lvt(struct vlapic *v, u32 offset, u32 value, u64 now, struct vlapic_effects *fx)
{
	if (!vlapic_is_software_enabled(v))
		value |= APIC_LVT_MASKED;
	value |= vlapic_get(v, offset) & rows[offset >> 4].read_only;
	if (offset == APIC_REG_LVT_TIMER) {
		vlapic_timer_write_lvt(v, value, now, fx);
		return;
	}
	if (offset == APIC_REG_LVT_LINT0)
		fx->what |= VLAPIC_LINT_CHANGED;
	if (offset == APIC_REG_LVT_LINT0 && !(value & APIC_LVT_LEVEL))
		value &= ~(u32)APIC_LVT_REMOTE_IRR;
	*vlapic_reg(v, offset) = value;
	vlapic_sync_lints(v);
}

static void store_route(struct vlapic *v, u32 offset, u32 value, struct vlapic_effects *fx)
{
	if (vlapic_get(v, offset) == value)
		return;
	*vlapic_reg(v, offset) = value;
	fx->what |= VLAPIC_ROUTE_CHANGED;
}

/* offset: a writable register; value: its writable bits only. Not for x2APIC's 64-bit ICR. */
static void write_register(struct vlapic *v, u32 offset, u32 value, u64 now,
			   struct vlapic_effects *fx)
{
	switch (offset) {
	case APIC_REG_ID:
	case APIC_REG_LDR:
		store_route(v, offset, value, fx);
		break;
	case APIC_REG_DFR:
		store_route(v, offset, value | 0x0fffffff, fx);
		break;
	case APIC_REG_TPR:
		*vlapic_reg(v, offset) = value;
		vlapic_sync_ppr(v);
		break;
	case APIC_REG_EOI:
		vlapic_end_interrupt(v, fx);
		break;
	case APIC_REG_SVR:
		write_svr(v, value, fx);
		break;
	case APIC_REG_ESR:
		*vlapic_reg(v, offset) = v->errors;
		v->errors = 0;
		break;
	case APIC_REG_ICR:
		*vlapic_reg(v, offset) = value;
		send_ipi(v, value, vlapic_get(v, APIC_REG_ICR_HIGH) >> 24, fx);
		break;
	case APIC_REG_SELF_IPI:
		send_ipi(v, (u32)APIC_TO_SELF << 18 | value, 0, fx);
		break;
	case APIC_REG_TIMER_INITIAL:
		vlapic_timer_write_initial(v, value, now, fx);
		break;
	case APIC_REG_TIMER_DIVIDE:
		vlapic_timer_write_divide(v, value, now, fx);
		break;
	case APIC_REG_ICR_HIGH:
		*vlapic_reg(v, offset) = value;
		break;
	default:
		write_lvt(v, offset, value, now, fx);
	}
}

/* --- The xAPIC page --- */

/* The access that the register at offset allows. A reserved register is an error in the ESR. */
static enum access page_access(struct vlapic *v, u32 offset)
{
	u32 slot = offset >> 4;
	enum access access = slot < SLOTS ? (enum access)rows[slot].xapic : NO;
	if (access == NO)
		vlapic_raise_error(v, APIC_ESR_ILLEGAL_REGISTER);
	return access;
}

u64 vlapic_regs_mmio_read(struct vlapic *v, u32 offset, unsigned size, u64 now)
{
	if (offset >= sizeof(v->regs) || !(page_access(v, offset) & RO))
		return 0;
	u32 byte = offset & 0xf;
	if (byte >= sizeof(u32))
		return 0;
	u64 value = read_register(v, offset & ~0xfU, now);
	value >>= byte * 8;
	return size < sizeof(u64) ? value & BITS(size * 8 - 1, 0) : value;
}

void vlapic_regs_mmio_write(struct vlapic *v, u32 offset, unsigned size, u64 value, u64 now,
			    struct vlapic_effects *fx)
{
	*fx = (struct vlapic_effects){0};
	if (offset >= sizeof(v->regs) || !(page_access(v, offset) & WO))
		return;
	if (size != sizeof(u32) || offset & 0xf)
		return;
	write_register(v, offset, (u32)value & writable_bits(v, offset), now, fx);
}

/* --- The x2APIC MSRs --- */

/*
 * The offset of an MSR's register; -1: not in x2APIC mode, or the register does not allow `access`.
 */
static int msr_offset(const struct vlapic *v, u32 msr, enum access access)
{
	u32 slot = msr - MSR_X2APIC_FIRST;
	if (vlapic_mode(v) != APIC_MODE_X2APIC || slot >= SLOTS || !(rows[slot].x2apic & access))
		return -1;
	return (int)(slot << 4);
}

bool vlapic_regs_msr_read(struct vlapic *v, u32 msr, u64 now, u64 *value)
{
	int offset = msr_offset(v, msr, RO);
	if (offset < 0)
		return false;
	*value = read_register(v, (u32)offset, now);
	if (offset == APIC_REG_ICR)
		*value |= (u64)vlapic_get(v, APIC_REG_ICR_HIGH) << 32;
	return true;
}

static bool write_x2apic_icr(struct vlapic *v, u64 value, struct vlapic_effects *fx)
{
	const struct register_row *row = &rows[APIC_REG_ICR >> 4];
	u32 low = (u32)value;
	if (low & ~(row->writable | row->read_only))
		return false;
	*vlapic_reg(v, APIC_REG_ICR) = low & row->writable;
	*vlapic_reg(v, APIC_REG_ICR_HIGH) = (u32)(value >> 32);
	send_ipi(v, low & row->writable, (u32)(value >> 32), fx);
	return true;
}

bool vlapic_regs_msr_write(struct vlapic *v, u32 msr, u64 value, u64 now, struct vlapic_effects *fx)
{
	*fx = (struct vlapic_effects){0};
	int offset = msr_offset(v, msr, WO);
	if (offset < 0)
		return false;
	if (offset == APIC_REG_ICR)
		return write_x2apic_icr(v, value, fx);
	u32 writable = writable_bits(v, (u32)offset);
	if (value & ~(u64)(writable | rows[offset >> 4].read_only))
		return false;
	write_register(v, (u32)offset, (u32)value & writable, now, fx);
	return true;
}

/*
 * --- Writes that hardware has only stored in the page: SDM 3C "APIC-Write VM
 * Exits", APM2 "AVIC Access to un-accelerated vAPIC Register" ---
 */

/* The registers whose writes hardware may store and leave to software, in the order of
 * vlapic.saved. */
static const u16 saved[] = {
	APIC_REG_ID,	      APIC_REG_EOI,	      APIC_REG_RRD,	     APIC_REG_LDR,
	APIC_REG_DFR,	      APIC_REG_SVR,	      APIC_REG_ESR,	     APIC_REG_LVT_TIMER,
	APIC_REG_LVT_THERMAL, APIC_REG_LVT_PERF,      APIC_REG_LVT_LINT0,    APIC_REG_LVT_LINT1,
	APIC_REG_LVT_ERROR,   APIC_REG_TIMER_INITIAL, APIC_REG_TIMER_DIVIDE,
};
static_assert(ARRAY_SIZE(saved) == VLAPIC_SAVED, "a place for each");

void vlapic_regs_save(struct vlapic *v)
{
	for (unsigned i = 0; i < ARRAY_SIZE(saved); i++)
		v->saved[i] = vlapic_get(v, saved[i]);
}

void vlapic_regs_finish_write(struct vlapic *v, u32 offset, u64 now, struct vlapic_effects *fx)
{
	u32 slot = offset & ~0xfU;
	u64 value = vlapic_get(v, slot);

	*fx = (struct vlapic_effects){0};
	/* Restores the old value, on which the effects of a write may depend. */
	for (unsigned i = 0; i < ARRAY_SIZE(saved); i++)
		if (saved[i] == slot)
			*vlapic_reg(v, slot) = v->saved[i];
	if (slot == APIC_REG_ICR && vlapic_mode(v) == APIC_MODE_X2APIC)
		value |= (u64)vlapic_get(v, APIC_REG_ICR_HIGH) << 32;
	if (vlapic_mode(v) == APIC_MODE_X2APIC)
		(void)!vlapic_regs_msr_write(v, MSR_X2APIC_FIRST + slot / 0x10, value, now, fx);
	else
		vlapic_regs_mmio_write(v, offset, sizeof(u32), value, now, fx);
}

bool vlapic_regs_are_in_page(u32 offset)
{
	switch (offset) {
	case APIC_REG_ID:
	case APIC_REG_VERSION:
	case APIC_REG_TPR:
	case APIC_REG_PPR:
	case APIC_REG_LDR:
	case APIC_REG_SVR ... APIC_REG_ESR: /* ISR, TMR and IRR between */
	case APIC_REG_LVT_TIMER ... APIC_REG_TIMER_INITIAL:
	case APIC_REG_TIMER_DIVIDE:
		return true;
	default:
		return false;
	}
}
