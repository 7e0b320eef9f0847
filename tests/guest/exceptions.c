/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks that each exception arrives with its vector and its error code, and a page fault
 * with CR2.
 */
#include "lib/guest.h"

enum {
	PF_P = BIT(0),
	PF_W = BIT(1),
	PF_U = BIT(2),
	PF_RSVD = BIT(3),
	PF_I = BIT(4),
};

#define MSR_EFER 0xc0000080u
#define PTE_RSVD BIT(51)

void raise_de(void *), raise_of(void *), raise_ss(void *), raise_np(void *);
void raise_gp_selector(void *), raise_double(void *), raise_ac(void *);
void raise_jump_noncanonical(void *);

static void raise_ud(void *unused)
{
	(void)unused;
	__asm__ volatile("ud2");
}

static void raise_bp(void *unused)
{
	(void)unused;
	__asm__ volatile("int3");
}

static void raise_gp(void *unused)
{
	(void)unused;
	(void)*(volatile u8 *)0x8000000000000000;
}

static void raise_nm(void *unused)
{
	(void)unused;
	x86_write_cr0(x86_read_cr0() | CR0_TS);
	__asm__ volatile("fninit");
}

/* Unmasks the x87's divide by zero, and divides. */
static void raise_mf(void *unused)
{
	u16 control = 0x37b;

	(void)unused;
	__asm__ volatile("fninit; fldcw %0; fld1; fldz; fdivrp; fwait" : : "m"(control));
}

static void raise_xm(void *unused)
{
	u32 mxcsr = 0x1d80, one = 0x3f800000, zero = 0;

	(void)unused;
	__asm__ volatile("ldmxcsr %0; movss %1, %%xmm0; movss %2, %%xmm1; divss %%xmm1, %%xmm0"
			 :
			 : "m"(mxcsr), "m"(one), "m"(zero));
}

static void user_cli(void *unused)
{
	(void)unused;
	x86_cli();
}

static void user_int3(void *unused)
{
	(void)unused;
	__asm__ volatile("int3");
}

/* A software interrupt through a gate of ring 0 (SDM 3A "Error Code": IDT bit). */
static void user_int_80(void *unused)
{
	(void)unused;
	__asm__ volatile("int $0x80");
}

static void read_word(void *at)
{
	(void)*(volatile u32 *)at;
}

static void write_word(void *at)
{
	*(volatile u32 *)at = 1;
}

static void execute(void *at)
{
	((void (*)(void))at)();
}

static void check_simple(void)
{
	static const struct {
		const char *name;
		void (*code)(void *);
		int vector;
		u64 error;
	} rows[] = {
		{"divide by zero", raise_de, EXC_DE, 0},
		{"INT3", raise_bp, EXC_BP, 0},
		{"INT 4", raise_of, EXC_OF, 0},
		{"UD2", raise_ud, EXC_UD, 0},
		{"non-canonical data access", raise_gp, EXC_GP, 0},
		{"selector beyond the GDT", raise_gp_selector, EXC_GP, 0x1000},
		{"segment not present", raise_np, EXC_NP, SEL_NOT_PRESENT},
		{"non-canonical stack access", raise_ss, EXC_SS, 0},
		{"non-canonical jump", raise_jump_noncanonical, EXC_GP, 0},
		{"x87 with CR0.TS", raise_nm, EXC_NM, 0},
	};

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		check_trap(trap_run(rows[i].code, NULL), rows[i].vector, rows[i].error, "%s",
			   rows[i].name);
	x86_write_cr0(x86_read_cr0() & ~CR0_TS);
	check_trap(trap_run(raise_mf, NULL), EXC_MF, 0, "x87 divide by zero");
	__asm__ volatile("fninit");
	check_trap(trap_run(raise_xm, NULL), EXC_XM, 0, "SSE divide by zero");
}

static void check_user(void)
{
	check_trap(trap_run_user(user_cli, NULL), EXC_GP, 0, "CLI in ring 3");
	check_trap(trap_run_user(user_int3, NULL), EXC_BP, 0, "INT3 in ring 3");
	check_trap(trap_run_user(user_int_80, NULL), EXC_GP, 0x80 * 8 + 2, "INT 0x80 in ring 3");
	x86_write_cr0(x86_read_cr0() | CR0_AM);
	check_trap(trap_run_user(raise_ac, NULL), EXC_AC, 0, "unaligned in ring 3");
	x86_write_cr0(x86_read_cr0() & ~CR0_AM);
}

static void check_page_fault(struct trap trap, const void *at, u64 error, const char *name)
{
	check_trap(trap, EXC_PF, error, "#PF %s", name);
	check_equal(trap.cr2, (u64)at, "#PF %s: CR2", name);
}

static void check_page_faults(void)
{
	static u32 target[PAGE_SIZE / 4] __attribute__((aligned(PAGE_SIZE)));
	u64 physical = (u64)target;
	u8 *page = window_map(1, physical, 0);

	check_page_fault(trap_run(read_word, page + 8), page + 8, 0, "read, not present");
	check_page_fault(trap_run(write_word, page + 12), page + 12, PF_W, "write, not present");
	check_page_fault(trap_run_user(read_word, page), page, PF_U, "read in ring 3, not present");
	window_map(1, physical, PTE_P);
	x86_write_cr0(x86_read_cr0() | CR0_WP);
	check_page_fault(trap_run(write_word, page), page, PF_W | PF_P, "write, read-only");
	check_page_fault(trap_run_user(read_word, page), page, PF_U | PF_P, "ring 3, supervisor's");
	window_map(1, physical, PTE_P | PTE_W | PTE_RSVD);
	if ((x86_cpuid(0x80000008, 0).eax & 0xff) <= 51)
		check_page_fault(trap_run(read_word, page), page, PF_RSVD | PF_P, "reserved bit");
	x86_wrmsr(MSR_EFER, x86_rdmsr(MSR_EFER) | EFER_NXE);
	window_map(1, physical, PTE_P | PTE_W | PTE_NX);
	check_page_fault(trap_run(execute, page), page, PF_I | PF_P, "execute, NX");
	window_map(1, physical, PTE_P | PTE_W);
	check_trap(trap_run(read_word, page), TRAP_NONE, 0, "the page, present again");
}

/* The #UD's frame cannot be pushed: #PF during its delivery is a double fault. */
static void check_double_fault(void)
{
	u8 *hole = window_map(2, 0, 0);

	x86_write_cr2(0);
	check_trap(trap_run(raise_double, hole + PAGE_SIZE), EXC_DF, 0, "#PF while delivering #UD");
	check_equal(align_down(x86_read_cr2(), PAGE_SIZE), (u64)hole, "CR2 of that #PF");
}

void guest_main(void)
{
	check_simple();
	check_user();
	check_page_faults();
	check_double_fault();
}
