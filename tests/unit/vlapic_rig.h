/* SPDX-License-Identifier: BSD-2-Clause */
/* One virtual LAPIC and short accessors of its registers, for the vlapic tests. */
#pragma once

#include "tests/unit/test.h"

#include "apic/virt/vlapic.h"

static struct vlapic v;
static struct vlapic_effects fx;
static u64 now;

static const struct vlapic_config full = {
	.x2apic_id = 0x123,
	.physical_bits = 40,
	.bsp = true,
	.x2apic = true,
	.tsc_deadline = true,
	.suppress_eoi = true,
};

static inline u32 rd(u32 offset)
{
	return (u32)vlapic_regs_mmio_read(&v, offset, 4, now);
}

static inline void wr(u32 offset, u32 value)
{
	vlapic_regs_mmio_write(&v, offset, 4, value, now, &fx);
}

static inline bool wrmsr_ok(u32 msr, u64 value)
{
	return vlapic_regs_msr_write(&v, msr, value, now, &fx);
}

static inline bool rdmsr_ok(u32 msr, u64 *value)
{
	return vlapic_regs_msr_read(&v, msr, now, value);
}

static inline u64 rdmsr(u32 msr)
{
	u64 value = 0;
	assert_true(rdmsr_ok(msr, &value));
	return value;
}

static inline bool base_ok(u64 bits)
{
	return vlapic_write_base(&v, APIC_BASE_DEFAULT | bits, &fx);
}

/* A software-enabled xAPIC, at time 1000. */
static inline void fresh(void)
{
	now = 1000;
	vlapic_reset(&v, &full);
	wr(APIC_REG_SVR, 0x1ff);
}

static inline void fresh_x2apic(void)
{
	fresh();
	assert_true(base_ok(APIC_BASE_EN | APIC_BASE_EXTD));
}

static inline enum vlapic_notify post(u8 delivery, u8 vector, bool level)
{
	return vlapic_post(
		&v.posted,
		&(struct apic_message){.delivery = delivery, .vector = vector, .level = level});
}

/* Posts and syncs one vector. */
static inline void receive(u8 vector, bool level)
{
	post(APIC_FIXED, vector, level);
	assert_int_equal(vlapic_sync_posted(&v), 0);
}

/* The processor takes the highest interrupt. Returns -1 if there is none. */
static inline int take(void)
{
	int vector = vlapic_highest_pending(&v);
	if (vector >= 0)
		vlapic_acknowledge(&v, (u8)vector);
	return vector;
}

static inline void eoi(void)
{
	wr(APIC_REG_EOI, 0);
}
