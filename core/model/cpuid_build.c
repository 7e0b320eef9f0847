/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Applies the CPUID policy to the host's leaves, once for each VM. Computes the fields
 * that are not the host's: topology, frequencies, maxima. Never fills bits that depend
 * on the state of a vCPU: core/model/cpuid.c adds them.
 */
#include "core/base/addr.h"
#include "core/base/cpuid_bits.h"
#include "core/base/string.h"
#include "core/model/control.h"
#include "core/model/cpuid_policy.h"

enum {
	HYPERVISOR_MAX = 0x40000010,
	KVM_MAX = 0x40000101,
	MAX_BASIC_INTEL = 0x16, /* the frequency leaf; extended topology is in 0xB alone */
	MAX_BASIC_AMD = 0x0d,
	XAPIC_COUNT_MAX = 255, /* largest count of CPUs in an 8-bit field */
	TOPOLOGY_TYPE_THREAD = 1 << 8,
	TOPOLOGY_TYPE_CORE = 2 << 8,
	LINEAR_BITS = 48,
	RATIO_DENOMINATOR_MAX = 8192,
	PHYS_BITS_DEFAULT = 36, /* SDM 3A "Determining MAXPHYADDR", without leaf 8000_0008 */
};

static const u32 max_extended_intel = CPUID_LEAF_ADDRESS_SIZES;
static const u32 max_extended_amd = 0x80000021;

/* The state while one table is built. */
struct build {
	struct cpuid_table *table;
	cpuid_read_fn *read;
	const struct cpuid_config *config;
	u32 host_max_basic, host_max_extended;
	u8 id_bits; /* number of APIC ID bits that distinguish the cores */
};

/* The host's leaf, or zeros: above its maximum a CPU may answer with another leaf's data. */
static struct cpuid_regs host_leaf(const struct build *b, u32 leaf, u32 subleaf)
{
	u32 max = leaf >= CPUID_LEAF_EXTENDED_MAX ? b->host_max_extended : b->host_max_basic;
	struct cpuid_regs regs = {{0}};

	if (leaf <= max && leaf >> 30 != CPUID_HYPERVISOR)
		b->read(leaf, subleaf, &regs);
	return regs;
}

static u8 ceil_log2(u32 value)
{
	return value <= 1 ? 0 : (u8)(32 - __builtin_clz(value - 1));
}

/*
 * Returns the number of APIC IDs for the vCPUs, at most max. Intel counts all IDs of id_bits bits,
 * AMD only those in use.
 */
static u32 id_count(const struct build *b, u32 max)
{
	bool intel = b->table->model.vendor == CPU_VENDOR_INTEL;
	u64 count = intel ? BIT(b->id_bits) : b->config->vcpus;

	return (u32)min_u64(count, max);
}

/* A component of size 0 is absent, even if its bit is set, because it cannot be placed. */
static u64 host_xcr0(const struct build *b)
{
	struct cpuid_regs identity = host_leaf(b, CPUID_LEAF_FEATURES, 0);
	u64 xcr0 = host_leaf(b, CPUID_LEAF_XSTATE, 0).reg[CPUID_EAX] & XCR0_OFFERED;

	for (u32 i = CPUID_XSAVE_EXTENDED; XCR0_OFFERED >> i; i++)
		xcr0 &= host_leaf(b, CPUID_LEAF_XSTATE, i).reg[CPUID_EAX] ? ~0ULL : ~BIT(i);
	return control_xcr0_offered(identity.reg[CPUID_ECX] & CPUID_1_ECX_XSAVE ? xcr0 : 0);
}

static bool bit_is_on(const struct build *b, enum cpuid_rule rule, bool host)
{
	const struct cpu_model *model = &b->table->model;

	switch (rule) {
	case RULE_HOST:
		return host;
	case RULE_ON:
		return true;
	case RULE_AMD_ON:
		return model->vendor == CPU_VENDOR_AMD;
	case RULE_X2APIC:
		return b->config->x2apic;
	case RULE_MULTI:
		return b->config->vcpus > 1;
	case RULE_XSAVE:
		return host && model->xcr0;
	case RULE_AVX:
		return host && (model->xcr0 & XCR0_AVX);
	case RULE_AVX512:
		return host && (model->xcr0 & XCR0_AVX512);
	case RULE_PKRU:
		return host && (model->xcr0 & XCR0_PKRU);
	}
	return false;
}

/* Sets the feature bits of one leaf, and records their features in the model. */
static void apply_bits(struct build *b, u32 leaf, u32 subleaf, const struct cpuid_regs *host,
		       struct cpuid_regs *regs)
{
	for (size_t i = 0; i < cpuid_bit_count; i++) {
		const struct cpuid_bit_policy *row = &cpuid_bits[i];
		u32 bit = (u32)BIT(row->bit);

		if (row->leaf != leaf || row->subleaf != subleaf)
			continue;
		if (!bit_is_on(b, row->rule, host->reg[row->reg] & bit))
			continue;
		regs->reg[row->reg] |= bit;
		b->table->model.features |= BIT(row->feature);
	}
}

/* Every core has one thread and its own L1 and L2; the package shares the other caches. */
static void fill_cache(const struct build *b, struct cpuid_regs *regs)
{
	u32 *eax = &regs->reg[CPUID_EAX];
	unsigned type = bits_get(*eax, 4, 0), level = bits_get(*eax, 7, 5);

	if (type == 0) {
		*regs = (struct cpuid_regs){{0}};
		return;
	}
	if (level >= 3)
		*eax |= (id_count(b, 0x1000) - 1) << 14;
	if (b->table->model.vendor == CPU_VENDOR_INTEL)
		*eax |= (id_count(b, 0x40) - 1) << 26;
}

static void fill_topology(const struct build *b, bool core, struct cpuid_regs *regs)
{
	if (!core) {
		regs->reg[CPUID_EBX] = 1;
		regs->reg[CPUID_ECX] = TOPOLOGY_TYPE_THREAD;
		return;
	}
	regs->reg[CPUID_EAX] = b->id_bits;
	regs->reg[CPUID_EBX] = (u32)min_u64(b->config->vcpus, 0xffff);
	regs->reg[CPUID_ECX] = TOPOLOGY_TYPE_CORE;
}

static void fill_xsave_component(const struct build *b, u32 component, struct cpuid_regs *regs)
{
	if (b->table->model.xcr0 & BIT(component))
		regs->reg[CPUID_ECX] &= CPUID_XSAVE_ALIGNED;
	else
		*regs = (struct cpuid_regs){{0}};
}

struct ratio {
	u32 numerator, denominator; /* 0 and 1: no ratio that a guest can use */
};

/*
 * TSC rate over crystal rate: the nearest fraction with a small denominator.
 * Guests multiply crystal_khz by the numerator in 32 bits, so it is bounded.
 */
static struct ratio tsc_ratio(u64 tsc_khz, u64 crystal_khz)
{
	u64 best_p = 0, best_q = 1, best_error = tsc_khz;

	for (u64 q = 1; q <= RATIO_DENOMINATOR_MAX; q++) {
		u64 scaled = tsc_khz * q;
		u64 p = (scaled + crystal_khz / 2) / crystal_khz;
		u64 error = p * crystal_khz > scaled ? p * crystal_khz - scaled
						     : scaled - p * crystal_khz;

		/* The fractions' errors are error / q and best_error / best_q: compare products. */
		if (p > UINT32_MAX / crystal_khz || error * best_q >= best_error * q)
			continue;
		best_p = p;
		best_q = q;
		best_error = error;
	}
	return (struct ratio){(u32)best_p, (u32)best_q};
}

/* The ratio is an approximation; leaf 0x40000010 has the exact rate. */
static void fill_tsc_ratio(const struct cpuid_config *config, struct cpuid_regs *regs)
{
	struct ratio ratio = tsc_ratio(config->tsc_khz, config->apic_khz);

	if (ratio.numerator == 0)
		return; /* zeros: no ratio */
	regs->reg[CPUID_EAX] = ratio.denominator;
	regs->reg[CPUID_EBX] = ratio.numerator;
	regs->reg[CPUID_ECX] = config->apic_khz * 1000;
}

static void fill_address_sizes(const struct build *b, struct cpuid_regs *regs)
{
	const struct cpu_model *model = &b->table->model;

	regs->reg[CPUID_EAX] = model->phys_bits | (u32)model->linear_bits << 8;
	if (model->vendor == CPU_VENDOR_AMD)
		regs->reg[CPUID_ECX] =
			(id_count(b, XAPIC_COUNT_MAX + 1) - 1) | (u32)min_u64(b->id_bits, 15) << 12;
}

static void fill_amd_mirror(const struct build *b, struct cpuid_regs *regs)
{
	const struct cpuid_table *table = b->table;
	const struct cpuid_entry *identity = &table->entry[table->first[CPUID_BASIC][1] - 1];

	if (table->model.vendor == CPU_VENDOR_AMD)
		regs->reg[CPUID_EDX] |= identity->regs.reg[CPUID_EDX] & CPUID_AMD_MIRROR;
	else
		regs->reg[CPUID_EBX] = 0;
}

static void fill_name(struct cpuid_regs *regs, u32 max_leaf, const char *name)
{
	regs->reg[CPUID_EAX] = max_leaf;
	memcpy(&regs->reg[CPUID_EBX], name, 12);
}

/*
 * KVM's name, without any feature of KVM (its feature leaf reads zeros): Linux
 * uses x2APIC mode without interrupt remapping only if it knows the hypervisor's name.
 */
static void fill_kvm(const struct cpuid_config *config, struct cpuid_regs *regs)
{
	if (config->x2apic)
		fill_name(regs, KVM_MAX, "KVMKVMKVM\0\0");
}

static void fill(const struct build *b, const struct cpuid_leaf_policy *row,
		 const struct cpuid_regs *host, struct cpuid_regs *regs)
{
	const struct cpuid_config *config = b->config;
	const struct cpuid_table *table = b->table;

	switch ((enum cpuid_fill)row->fill) {
	case FILL_NOTHING:
		break;
	case FILL_MAX_BASIC:
		regs->reg[CPUID_EAX] = table->max_basic;
		break;
	case FILL_IDENTITY:
		regs->reg[CPUID_EBX] |= id_count(b, XAPIC_COUNT_MAX) << 16;
		break;
	case FILL_CACHE:
		fill_cache(b, regs);
		break;
	case FILL_MAX_SUBLEAF:
		regs->reg[CPUID_EAX] = host->reg[CPUID_EAX] != 0;
		break;
	case FILL_TOPOLOGY_THREAD:
	case FILL_TOPOLOGY_CORE:
		fill_topology(b, row->fill == FILL_TOPOLOGY_CORE, regs);
		break;
	case FILL_XSAVE_MAIN:
		regs->reg[CPUID_EAX] = (u32)table->model.xcr0;
		break;
	case FILL_XSAVE_COMPONENT:
		fill_xsave_component(b, (u32)row->subleaf, regs);
		break;
	case FILL_TSC_RATIO:
		fill_tsc_ratio(config, regs);
		break;
	case FILL_FREQUENCY:
		regs->reg[CPUID_EAX] = config->tsc_khz / 1000 & 0xffff;
		regs->reg[CPUID_EBX] = config->tsc_khz / 1000 & 0xffff;
		break;
	case FILL_HYPERVISOR:
		fill_name(regs, HYPERVISOR_MAX, "AshlarAshlar");
		break;
	case FILL_HYPERCALL:
		regs->reg[CPUID_EAX] = config->hypercall;
		regs->reg[CPUID_EBX] = config->abi_version;
		regs->reg[CPUID_ECX] = config->abi_features;
		break;
	case FILL_CLOCKS:
		regs->reg[CPUID_EAX] = config->tsc_khz;
		regs->reg[CPUID_EBX] = config->apic_khz;
		break;
	case FILL_KVM:
		fill_kvm(config, regs);
		break;
	case FILL_MAX_EXTENDED:
		regs->reg[CPUID_EAX] = table->max_extended;
		break;
	case FILL_AMD_MIRROR:
		fill_amd_mirror(b, regs);
		break;
	case FILL_ADDRESS_SIZES:
		fill_address_sizes(b, regs);
		break;
	}
}

static void add_entry(struct build *b, const struct cpuid_leaf_policy *row)
{
	struct cpuid_table *table = b->table;
	u32 subleaf = row->subleaf == CPUID_EVERY_SUBLEAF ? 0 : (u32)row->subleaf;
	struct cpuid_regs host = host_leaf(b, row->leaf, subleaf);
	struct cpuid_entry *entry = &table->entry[table->count];
	u8 *first = &table->first[row->leaf >> 30][row->leaf & BITS(29, 0)];

	*entry = (struct cpuid_entry){.leaf = row->leaf, .subleaf = (u32)row->subleaf};
	for (unsigned reg = 0; reg < CPUID_REGISTERS; reg++)
		entry->regs.reg[reg] = host.reg[reg] & row->pass[reg];
	apply_bits(b, row->leaf, subleaf, &host, &entry->regs);
	fill(b, row, &host, &entry->regs);
	table->count++;
	if (*first == 0)
		*first = (u8)table->count;
}

/* True if the CPU of this guest has the leaf. */
static bool has_leaf(const struct cpuid_table *table, const struct cpuid_leaf_policy *row)
{
	if (!(row->vendors & table->model.vendor))
		return false;
	return row->leaf < CPUID_LEAF_EXTENDED_MAX || row->leaf <= table->max_extended;
}

static enum status find_vendor(struct build *b, struct error *err)
{
	struct cpuid_regs regs;
	char name[13];
	u8 vendor;

	b->read(0, 0, &regs);
	b->host_max_basic = regs.reg[CPUID_EAX];
	vendor = cpuid_policy_vendor(&regs);
	cpuid_policy_vendor_name(&regs, name);
	if (!vendor)
		return fail(err, ERR_UNSUPPORTED, "CPU vendor '%s' is not known", name);
	b->table->model.vendor = (enum cpu_vendor)vendor;
	return OK;
}

static void find_maxima(struct build *b)
{
	struct cpuid_table *table = b->table;
	struct cpuid_regs regs;

	b->read(CPUID_LEAF_EXTENDED_MAX, 0, &regs);
	b->host_max_extended = regs.reg[CPUID_EAX];
	if (table->model.vendor == CPU_VENDOR_INTEL) {
		table->max_basic = MAX_BASIC_INTEL;
		table->max_extended = max_extended_intel;
		return;
	}
	table->max_basic = MAX_BASIC_AMD;
	table->max_extended = (u32)min_u64(b->host_max_extended, max_extended_amd);
	table->max_extended = (u32)max_u64(table->max_extended, max_extended_intel);
}

static void find_model(struct build *b)
{
	struct cpu_model *model = &b->table->model;
	struct cpuid_regs sizes = host_leaf(b, CPUID_LEAF_ADDRESS_SIZES, 0);
	u32 phys_bits = sizes.reg[CPUID_EAX] & 0xff;

	model->phys_bits = (u8)min_u64(phys_bits ? phys_bits : PHYS_BITS_DEFAULT, PHYS_BITS_MAX);
	model->linear_bits = LINEAR_BITS;
	model->features = BIT(FEATURE_ALWAYS);
	model->xcr0 = host_xcr0(b);
}

enum status cpuid_build(struct cpuid_table *table, cpuid_read_fn *read,
			const struct cpuid_config *config, struct error *err)
{
	struct build b = {.table = table, .read = read, .config = config};
	enum status status;

	if (config->vcpus == 0 || config->tsc_khz == 0 || config->apic_khz == 0)
		return fail(err, ERR_INVALID, "CPUID: no vCPUs, or a clock of 0 kHz");
	if (config->apic_khz > UINT32_MAX / 1000)
		return fail(err, ERR_INVALID, "CPUID: APIC clock of %u kHz", config->apic_khz);
	if (config->vcpus > XAPIC_COUNT_MAX && !config->x2apic)
		return fail(err, ERR_INVALID, "CPUID: %u vCPUs need x2APIC", config->vcpus);
	*table = (struct cpuid_table){0};
	status = find_vendor(&b, err);
	if (status != OK)
		return status;
	find_maxima(&b);
	find_model(&b);
	b.id_bits = ceil_log2(config->vcpus);
	for (size_t i = 0; i < cpuid_leaf_count; i++) {
		if (has_leaf(table, &cpuid_leaves[i]))
			add_entry(&b, &cpuid_leaves[i]);
	}
	control_derive(&table->model);
	cpuid_index_plain(table);
	return OK;
}
