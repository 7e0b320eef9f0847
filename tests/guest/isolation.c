/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses everything that does not belong to this guest. The guest must survive with its
 * memory unchanged. A test checks from outside that the other guests are unchanged too. The
 * guest does not access what would end its own machine (reset, power-off, debug exit).
 * Without Ashlar below it, it makes no writes.
 */
#include "lib/guest.h"

enum {
	COM1 = 0x3f8,
	COM1_END = 0x3ff,
	DEBUG_EXIT = 0xf4,
	DEBUG_EXIT_END = 0xf7,
	RESET_FAST = 0x92,
	RESET_KEYBOARD = 0x64,
	RESET_PCI = 0xcf9,
	PCI_ADDRESS = 0xcf8,
	PCI_DATA = 0xcfc,
	SMI_COMMAND = 0xb2,
	CANARY_SIZE = 4096,
};

static u8 canary[CANARY_SIZE];

static void fill_canary(void)
{
	for (u32 i = 0; i < CANARY_SIZE; i++)
		canary[i] = (u8)(i * 7 + 3);
}

static void check_canary(const char *after)
{
	u32 wrong = 0;

	for (u32 i = 0; i < CANARY_SIZE; i++)
		wrong += canary[i] != (u8)(i * 7 + 3);
	check_equal(wrong, 0, "own memory unchanged after %s", after);
}

struct touch {
	volatile u32 *at;
	u32 value;
};

static void read_at(void *argument)
{
	struct touch *touch = argument;

	touch->value = *touch->at;
}

static void write_at(void *argument)
{
	struct touch *touch = argument;

	*touch->at = touch->value;
}

/* Unused addresses read as ones and drop writes, without an exception. */
static void check_hole(u64 physical)
{
	u32 *page = window_map(0, physical & ~BITS(11, 0), PTE_P | PTE_W);
	struct touch touch = {page + (physical & BITS(11, 0)) / 4, 0};

	check_trap(trap_run(read_at, &touch), TRAP_NONE, 0, "reading 0x%llx", physical);
	if (!machine.ashlar)
		return;
	check_equal(touch.value, 0xffffffff, "0x%llx reads as ones", physical);
	touch.value = 0x12345678;
	check_trap(trap_run(write_at, &touch), TRAP_NONE, 0, "writing 0x%llx", physical);
	trap_run(read_at, &touch);
	check_equal(touch.value, 0xffffffff, "0x%llx dropped the write", physical);
}

static void check_holes(void)
{
	static const u64 holes[] = {
		0xc0000000,   0xd0000000,   0xe0000000, /* hosts have PCI windows there */
		0xfec10000,   0xfed00000,   0xfed40000, /* a second IOAPIC, HPET, TPM */
		0xfee01000,   0xfef00000,		/* after the LAPIC */
		0x2000000000, 0xfd00000000,		/* far above any RAM */
	};
	u32 width = x86_cpuid(0x80000008, 0).eax & 0xff;

	for (u32 i = 0; i < ARRAY_SIZE(holes); i++) {
		if (holes[i] >> width == 0)
			check_hole(holes[i]);
	}
	check_hole((1ULL << width) - 4096);
	check_canary("touching holes");
}

/*
 * Reads one word every 2 MiB from the end of RAM upwards: no other guest's memory may be
 * visible.
 */
static void check_beyond_memory(void)
{
	u64 readable = 0;

	if (!machine.ashlar)
		return skip("not under Ashlar", "beyond the end of memory");
	for (u64 at = align_up(machine.memory_end, 2 * MIB); at < 0xfec00000; at += 2 * MIB) {
		struct touch touch = {(volatile u32 *)at, 0};

		readable += trap_run(read_at, &touch).vector != TRAP_NONE || touch.value != ~0u;
	}
	check_equal(readable, 0, "places beyond the end of memory that hold anything");
}

static bool port_ends_machine(u32 port)
{
	return (port >= COM1 && port <= COM1_END) ||
	       (port >= DEBUG_EXIT && port <= DEBUG_EXIT_END) || port == RESET_FAST ||
	       port == RESET_KEYBOARD || port == RESET_PCI ||
	       (machine.pm1a_control && port >= machine.pm1a_control - 4u &&
		port <= machine.pm1a_control + 1u);
}

static void check_ports(void)
{
	for (u32 port = 0; port < 0x10000; port += port < 0x1000 ? 1 : 17) {
		if (port_ends_machine(port))
			continue;
		x86_in8((u16)port);
		if (machine.ashlar)
			x86_out8((u16)port, 0xff);
	}
	check_canary("touching ports");
	if (!machine.ashlar)
		return skip("not under Ashlar", "ports answer as nothing");
	check_equal(x86_in32(0x2000), 0xffffffff, "a port of nobody reads as ones");
	x86_out8(SMI_COMMAND, 1);
	check(true, "alive after the SMI command port");
}

static void check_pci(void)
{
	u32 devices = 0;

	if (!machine.ashlar)
		return skip("not under Ashlar", "PCI configuration space");
	for (u32 device = 0; device < 32 * 256; device++) {
		x86_out32(PCI_ADDRESS, BIT(31) | device << 11);
		devices += x86_in32(PCI_DATA) != 0xffffffff;
		x86_out32(PCI_DATA, 0xffffffff);
	}
	check_equal(devices, 0, "PCI devices");
}

struct sweep {
	u32 first, last;
};

/* RDMSR of every MSR must either fault or return a value. */
static void check_msrs(void)
{
	static const struct sweep sweeps[] = {
		{0, 0x1fff},
		{0x40000000, 0x400000ff},
		{0xc0000000, 0xc0001fff},
		{0xc0010000, 0xc0011fff},
	};
	u64 value;
	u32 reads = 0;

	for (u32 i = 0; i < ARRAY_SIZE(sweeps); i++) {
		for (u32 msr = sweeps[i].first; msr <= sweeps[i].last; msr++)
			reads += trap_rdmsr(msr, &value);
	}
	check(reads > 0, "sweep over all MSRs (%u answered)", reads);
	if (!machine.ashlar)
		return;
	for (u32 msr = 0xc0010000; msr <= 0xc0010200; msr++)
		trap_wrmsr(msr, ~0ULL);
	check_canary("writing the host's kind of MSRs");
}

static void run_vmrun(void *unused)
{
	(void)unused;
	__asm__ volatile("vmrun" : : "a"(canary));
}

static void run_vmload(void *unused)
{
	(void)unused;
	__asm__ volatile("vmload" : : "a"(canary));
}

static void run_vmsave(void *unused)
{
	(void)unused;
	__asm__ volatile("vmsave" : : "a"(canary));
}

static void run_stgi(void *unused)
{
	(void)unused;
	__asm__ volatile("stgi");
}

static void run_clgi(void *unused)
{
	(void)unused;
	__asm__ volatile("clgi");
}

static void run_skinit(void *unused)
{
	(void)unused;
	__asm__ volatile("skinit" : : "a"(0));
}

static void run_invlpga(void *unused)
{
	(void)unused;
	__asm__ volatile("invlpga" : : "a"(0), "c"(0));
}

static void run_vmcall(void *unused)
{
	(void)unused;
	__asm__ volatile("vmcall" : : "a"(~0ULL));
}

static void run_vmmcall(void *unused)
{
	(void)unused;
	__asm__ volatile("vmmcall" : : "a"(~0ULL));
}

static void run_vmxon(void *unused)
{
	u64 region = 0;

	(void)unused;
	__asm__ volatile("vmxon %0" : : "m"(region));
}

static void run_rsm(void *unused)
{
	(void)unused;
	__asm__ volatile("rsm");
}

static void check_instructions(void)
{
	static const struct {
		const char *name;
		void (*code)(void *);
	} rows[] = {
		{"VMRUN", run_vmrun},	  {"VMLOAD", run_vmload}, {"VMSAVE", run_vmsave},
		{"STGI", run_stgi},	  {"CLGI", run_clgi},	  {"SKINIT", run_skinit},
		{"INVLPGA", run_invlpga}, {"VMXON", run_vmxon},	  {"RSM", run_rsm},
	};

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		check_trap(trap_run(rows[i].code, NULL), EXC_UD, 0, "%s", rows[i].name);
	check_trap(trap_run(machine.vmcall ? run_vmmcall : run_vmcall, NULL), EXC_UD, 0,
		   "the hypercall instruction that is not this machine's");
}

/* Hypercalls of any number, in ring 0 and ring 3, must return or raise an exception. */
static void run_hypercall(void *argument)
{
	u64 *number = argument, result = *number;

	if (machine.vmcall)
		__asm__ volatile("vmcall"
				 : "+a"(result)
				 : "b"(~0ULL), "c"(~0ULL), "d"(~0ULL)
				 : "memory");
	else
		__asm__ volatile("vmmcall"
				 : "+a"(result)
				 : "b"(~0ULL), "c"(~0ULL), "d"(~0ULL)
				 : "memory");
}

static void check_hypercalls(void)
{
	if (!machine.ashlar)
		return skip("not under Ashlar", "hypercalls");
	for (u64 i = 0; i < 64; i++) {
		u64 number = i < 32 ? ~i : 1ULL << i;

		trap_run(run_hypercall, &number);
		trap_run_user(run_hypercall, &number);
	}
	check_canary("hypercalls that do not exist");
}

void guest_main(void)
{
	fill_canary();
	check_instructions();
	check_holes();
	check_beyond_memory();
	check_msrs();
	check_pci();
	check_hypercalls();
	check_ports();
}
