/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses the IOAPICs by their index and data registers (82093AA "I/O APIC Register Description").
 */
#include "apic/host/ioapic.h"

#include "apic/virt/ioapic_regs.h"
#include "core/base/lock.h"
#include "core/base/log.h"
#include "core/base/x86.h"
#include "mm/host/hostmap.h"

enum {
	APIC_ID_MAX = 0xfe, /* 255 addresses all CPUs */
	APIC_ID_SHIFT = 24, /* in the high half of an entry */
	PIC_MASTER_MASK = 0x21,
	PIC_SLAVE_MASK = 0xa1,
};

static struct ioapic {
	volatile u8 *registers;
	u32 gsi_base, pins;
} ioapics[IOAPIC_MAX];
static u32 ioapic_count;
static struct spinlock lock; /* held from the write of an index to the access of its data */

static u32 read_register(const struct ioapic *ioapic, u32 index)
{
	*(volatile u32 *)(ioapic->registers + IOAPIC_INDEX) = index;
	return *(volatile u32 *)(ioapic->registers + IOAPIC_DATA);
}

static void write_register(const struct ioapic *ioapic, u32 index, u32 value)
{
	*(volatile u32 *)(ioapic->registers + IOAPIC_INDEX) = index;
	*(volatile u32 *)(ioapic->registers + IOAPIC_DATA) = value;
}

void ioapic_init(const struct ioapic_place *places, u32 count)
{
	/* Devices interrupt through the IOAPICs alone (8259A "Operation Command Word 1 (OCW1)"). */
	x86_out8(PIC_MASTER_MASK, 0xff);
	x86_out8(PIC_SLAVE_MASK, 0xff);
	for (u32 i = 0; i < count && ioapic_count < IOAPIC_MAX; i++) {
		struct ioapic *ioapic = &ioapics[ioapic_count];
		u64 offset = places[i].address.addr % PAGE_SIZE;
		u8 *page = hostmap_map_device(hpa_make(places[i].address.addr - offset), PAGE_SIZE,
					      MEMTYPE_UC);

		if (!page) {
			log_write(LOG_WARN, "ioapic: no room to map the one at 0x%llx",
				  places[i].address.addr);
			continue;
		}
		ioapic->registers = page + offset;
		ioapic->gsi_base = places[i].gsi_base;
		ioapic->pins = (u32)bits_get(read_register(ioapic, IOAPIC_REG_VERSION),
					     IOAPIC_VERSION_LAST_PIN) +
			       1;
		for (u32 pin = 0; pin < ioapic->pins; pin++)
			write_register(ioapic, IOAPIC_REG_ENTRIES + 2 * pin, IOAPIC_ENTRY_MASKED);
		ioapic_count++;
	}
}

enum status ioapic_route(struct ioapic_line line, u8 vector, u32 apic_id, struct error *err)
{
	u32 low = vector | (line.level ? IOAPIC_ENTRY_LEVEL : 0) |
		  (line.active_low ? IOAPIC_ENTRY_ACTIVE_LOW : 0);

	if (apic_id > APIC_ID_MAX)
		return fail(err, ERR_UNSUPPORTED, "ioapic: no interrupt reaches APIC ID %u",
			    apic_id);
	for (u32 i = 0; i < ioapic_count; i++) {
		const struct ioapic *ioapic = &ioapics[i];
		u32 pin = line.gsi - ioapic->gsi_base;

		if (line.gsi < ioapic->gsi_base || pin >= ioapic->pins)
			continue;
		spin_lock(&lock);
		write_register(ioapic, IOAPIC_REG_ENTRIES + 2 * pin, IOAPIC_ENTRY_MASKED);
		write_register(ioapic, IOAPIC_REG_ENTRIES + 2 * pin + 1, apic_id << APIC_ID_SHIFT);
		write_register(ioapic, IOAPIC_REG_ENTRIES + 2 * pin, low);
		spin_unlock(&lock);
		return OK;
	}
	return fail(err, ERR_NOT_FOUND, "ioapic: none has interrupt line %u", line.gsi);
}
