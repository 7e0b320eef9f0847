/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the ACPI tables, maps one at a time, and stores the facts in struct platform. Boot CPU
 * only. */
#include "boot/host/platform.h"

#include "apic/virt/apic_regs.h"
#include "core/base/log.h"
#include "core/base/string.h"
#include "mm/host/heap.h"
#include "mm/host/hostmap.h"

enum {
	/* ACPI Specification 6.4, "Finding the RSDP on IA-PC Systems". */
	EBDA_POINTER = 0x40e,
	EBDA_SIZE = KIB,
	BIOS_AREA = 0xe0000,
	BIOS_AREA_SIZE = 0x20000,
	RSDP_ALIGN = 16,
	RSDP_SIZE = 36,
	ROOT_ENTRIES_MAX = 64,
	SPCR_16550 = 0, /* interface types whose registers are a 16550's */
	SPCR_16450 = 1,
	SPCR_16550_GAS = 18,
};

struct reader {
	const char *signature;
	enum status (*read)(const struct acpi_table *table, struct platform *out,
			    struct error *err);
};

/* Maps and verifies the table at pa. After success the caller calls hostmap_unmap_boot. */
static enum status table_open(u64 pa, const char *signature, struct acpi_table *table,
			      struct error *err)
{
	const void *bytes = hostmap_map_boot(hpa_make(pa), ACPI_HEADER_SIZE);
	enum status status;
	u32 size = 0;

	if (!bytes)
		return fail(err, ERR_NO_MEMORY, "acpi: cannot map 0x%llx", pa);
	status = acpi_table_size(bytes, &size, err);
	hostmap_unmap_boot();
	if (status != OK)
		return status;
	bytes = hostmap_map_boot(hpa_make(pa), size);
	if (!bytes)
		return fail(err, ERR_NO_MEMORY, "acpi: cannot map %u bytes at 0x%llx", size, pa);
	status = acpi_table_check(bytes, size, signature, table, err);
	if (status != OK)
		hostmap_unmap_boot();
	return status;
}

/* Searches [start, start + size) for a valid RSDP. */
static bool rsdp_scan(u64 start, u32 size, struct acpi_rsdp *rsdp)
{
	const u8 *bytes = hostmap_map_boot(hpa_make(start), size);
	bool found = false;

	if (!bytes)
		return false;
	for (u32 at = 0; at + RSDP_SIZE <= size && !found; at += RSDP_ALIGN)
		found = memcmp(bytes + at, "RSD PTR ", 8) == 0 &&
			acpi_rsdp_parse(bytes + at, size - at, rsdp, NULL) == OK;
	hostmap_unmap_boot();
	return found;
}

static bool rsdp_scan_bios(struct acpi_rsdp *rsdp)
{
	const u8 *pointer = hostmap_map_boot(hpa_make(EBDA_POINTER), sizeof(u16));
	u64 ebda = pointer ? (u64)(pointer[0] | pointer[1] << 8) << 4 : 0;

	hostmap_unmap_boot();
	return (ebda && rsdp_scan(ebda, EBDA_SIZE, rsdp)) ||
	       rsdp_scan(BIOS_AREA, BIOS_AREA_SIZE, rsdp);
}

/* Tries the loader's copies, the newer version first; then, if firmware is a BIOS, its memory. */
static enum status rsdp_find(const struct boot_info *info, struct acpi_rsdp *rsdp,
			     struct error *err)
{
	const struct boot_bytes *copies[] = {&info->rsdp_new, &info->rsdp_old};

	for (size_t i = 0; i < ARRAY_SIZE(copies); i++) {
		if (!copies[i]->data)
			continue;
		if (acpi_rsdp_parse(copies[i]->data, copies[i]->size, rsdp, err) == OK)
			return OK;
		log_write(LOG_WARN, "%s", err->text);
	}
	if (!info->efi64 && !info->efi32 && rsdp_scan_bios(rsdp))
		return OK;
	return fail(err, ERR_NOT_FOUND, "acpi: no RSDP: neither from the loader nor in the BIOS");
}

/* Calls visit for each entry that acpi_madt_next decodes. Returns OK at the end of the table. */
static enum status madt_walk(const struct acpi_table *table, struct platform *out,
			     void (*visit)(struct platform *, const struct acpi_madt_entry *),
			     struct error *err)
{
	struct acpi_madt_entry entry;
	struct acpi_madt madt;
	enum status status = acpi_madt_open(table, &madt, err);

	if (status != OK)
		return status;
	out->lapic = hpa_make(madt.lapic_address);
	while ((status = acpi_madt_next(&madt, &entry, err)) == OK)
		visit(out, &entry);
	return status == ERR_NOT_FOUND ? OK : status;
}

static void count_cpu(struct platform *out, const struct acpi_madt_entry *entry)
{
	if (acpi_madt_is_cpu(entry))
		out->cpu_count++;
}

static void add_ioapic(struct platform *out, const struct acpi_madt_entry *entry)
{
	if (out->ioapic_count == IOAPIC_MAX)
		return;
	out->ioapics[out->ioapic_count++] =
		(struct ioapic_place){hpa_make(entry->ioapic.address), entry->ioapic.gsi_base};
}

/* ACPI "MPS INTI Flags"; 0 means as the ISA bus: edge-triggered, active high. */
static void add_override(struct platform *out, const struct acpi_madt_entry *entry)
{
	u16 inti = entry->override.inti;

	if (entry->override.irq >= PLATFORM_ISA_LINES)
		return;
	out->isa[entry->override.irq] = (struct ioapic_line){
		.gsi = entry->override.gsi,
		.level = (inti >> ACPI_INTI_TRIGGER_SHIFT & 3) == 3,
		.active_low = (inti & ACPI_INTI_POLARITY_MASK) == 3,
	};
}

struct ioapic_line platform_line(const struct platform *platform, u32 gsi)
{
	for (u32 irq = 0; irq < PLATFORM_ISA_LINES; irq++)
		if (platform->isa[irq].gsi == gsi)
			return platform->isa[irq];
	return (struct ioapic_line){.gsi = gsi, .level = true, .active_low = true};
}

/* Adds each CPU once: firmware may list a CPU as a LAPIC and as an x2APIC. */
static void add_entry(struct platform *out, const struct acpi_madt_entry *entry)
{
	if (entry->type == ACPI_MADT_LAPIC_ADDRESS)
		out->lapic = hpa_make(entry->lapic_address);
	else if (entry->type == ACPI_MADT_IOAPIC)
		add_ioapic(out, entry);
	else if (entry->type == ACPI_MADT_OVERRIDE)
		add_override(out, entry);
	if (!acpi_madt_is_cpu(entry))
		return;
	for (u32 i = 0; i < out->cpu_count; i++)
		if (out->cpus[i].apic_id == entry->cpu.apic_id &&
		    out->cpus[i].enabled >= entry->cpu.enabled)
			return;
	out->cpus[out->cpu_count++] = (struct smp_cpu){entry->cpu.apic_id, entry->cpu.enabled};
}

/* Reads the MADT twice: first to count the CPUs, then to fill an array of that size. */
static enum status read_madt(const struct acpi_table *table, struct platform *out,
			     struct error *err)
{
	enum status status = madt_walk(table, out, count_cpu, err);
	size_t size = align_up((u64)out->cpu_count * sizeof(*out->cpus), PAGE_SIZE);

	if (status != OK)
		log_write(LOG_WARN, "%s: entries after this one are lost", err->text);
	if (out->cpu_count == 0)
		return fail(err, ERR_NOT_FOUND, "acpi: the MADT names no CPU");
	out->cpus = heap_alloc_pages(size / PAGE_SIZE);
	if (!out->cpus)
		return fail(err, ERR_NO_MEMORY, "acpi: no memory for %u CPUs", out->cpu_count);
	out->cpu_count = 0;
	(void)!madt_walk(table, out, add_entry, err);
	return OK;
}

static enum status read_fadt(const struct acpi_table *table, struct platform *out,
			     struct error *err)
{
	enum status status = acpi_fadt_parse(table, &out->fadt, err);

	if (status != OK)
		return status;
	out->has_fadt = true;
	if (out->fadt.pm_timer.space == ACPI_SPACE_IO)
		out->clock.pm_timer_port = (u16)out->fadt.pm_timer.address;
	out->clock.pm_timer_32bit = out->fadt.flags & ACPI_FADT_TMR_VAL_EXT;
	return OK;
}

static enum status read_hpet(const struct acpi_table *table, struct platform *out,
			     struct error *err)
{
	struct acpi_hpet hpet;
	enum status status = acpi_hpet_parse(table, &hpet, err);

	if (status == OK && out->clock.hpet.addr == 0)
		out->clock.hpet = hpa_make(hpet.address);
	return status;
}

static enum status read_spcr(const struct acpi_table *table, struct platform *out,
			     struct error *err)
{
	struct acpi_spcr spcr;
	enum status status = acpi_spcr_parse(table, &spcr, err);

	if (status != OK)
		return status;
	if (spcr.address.space == ACPI_SPACE_IO &&
	    (spcr.interface == SPCR_16550 || spcr.interface == SPCR_16450 ||
	     spcr.interface == SPCR_16550_GAS))
		out->serial_port = (u16)spcr.address.address;
	out->serial_gsi = out->serial_port ? spcr.gsi : 0;
	return OK;
}

static const struct reader readers[] = {
	{"APIC", read_madt},
	{"FACP", read_fadt},
	{"HPET", read_hpet},
	{"SPCR", read_spcr},
};

static void read_table(u64 pa, struct platform *out)
{
	struct acpi_table table;
	struct error err;

	if (pa == 0)
		return;
	if (table_open(pa, NULL, &table, &err) != OK) {
		log_write(LOG_WARN, "%s", err.text);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		if (acpi_table_is(&table, readers[i].signature) &&
		    readers[i].read(&table, out, &err) != OK)
			log_write(LOG_WARN, "%s", err.text);
	hostmap_unmap_boot();
}

/* Copies the addresses in the root table: only one table can be mapped at a time. */
static enum status root_read(const struct acpi_rsdp *rsdp, u64 *entries, u32 *count,
			     struct error *err)
{
	struct acpi_table root;
	enum status status = ERR_NOT_FOUND;

	if (rsdp->xsdt)
		status = table_open(rsdp->xsdt, "XSDT", &root, err);
	if (status != OK && rsdp->rsdt)
		status = table_open(rsdp->rsdt, "RSDT", &root, err);
	if (status != OK)
		return status;
	*count = acpi_root_count(&root);
	if (*count > ROOT_ENTRIES_MAX) {
		log_write(LOG_WARN, "acpi: %u tables, only the first %u are read", *count,
			  ROOT_ENTRIES_MAX);
		*count = ROOT_ENTRIES_MAX;
	}
	for (u32 i = 0; i < *count; i++)
		entries[i] = acpi_root_entry(&root, i);
	hostmap_unmap_boot();
	return OK;
}

enum status platform_read(const struct boot_info *info, struct platform *out, struct error *err)
{
	u64 entries[ROOT_ENTRIES_MAX];
	struct acpi_rsdp rsdp = {0};
	enum status status;
	u32 count = 0;

	*out = (struct platform){.lapic = hpa_make(APIC_BASE_DEFAULT)};
	for (u32 irq = 0; irq < PLATFORM_ISA_LINES; irq++)
		out->isa[irq].gsi = irq;
	status = rsdp_find(info, &rsdp, err);
	if (status == OK)
		status = root_read(&rsdp, entries, &count, err);
	if (status != OK)
		return status;
	for (u32 i = 0; i < count; i++)
		read_table(entries[i], out);
	if (out->cpu_count == 0)
		return fail(err, ERR_NOT_FOUND, "acpi: no usable MADT, so no CPU is known");
	log_write(LOG_INFO, "acpi: revision %u, %u tables, %u CPUs", rsdp.revision, count,
		  out->cpu_count);
	return OK;
}
