/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One inline function for each privileged or special instruction, named after
 * the instruction. Owns no state and makes no decision.
 */
#pragma once

#include "core/base/types.h"

struct cpuid_result {
	u32 eax, ebx, ecx, edx;
};

struct __attribute__((packed)) x86_table_pointer {
	u16 limit;
	u64 base;
};

static inline struct cpuid_result x86_cpuid(u32 leaf, u32 subleaf)
{
	struct cpuid_result r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(subleaf));
	return r;
}

static inline u64 x86_rdmsr(u32 msr)
{
	u32 low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (u64)high << 32 | low;
}

static inline void x86_wrmsr(u32 msr, u64 value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

static inline u64 x86_rdtsc(void)
{
	u32 low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (u64)high << 32 | low;
}

static inline u64 x86_xgetbv(u32 index)
{
	u32 low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(index));
	return (u64)high << 32 | low;
}

static inline void x86_xsetbv(u32 index, u64 value)
{
	__asm__ volatile("xsetbv" : : "c"(index), "a"((u32)value), "d"((u32)(value >> 32)));
}

static inline u8 x86_in8(u16 port)
{
	u8 value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline u16 x86_in16(u16 port)
{
	u16 value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline u32 x86_in32(u16 port)
{
	u32 value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void x86_out8(u16 port, u8 value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void x86_out16(u16 port, u16 value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline void x86_out32(u16 port, u32 value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline u64 x86_read_cr0(void)
{
	u64 value;

	__asm__ volatile("mov %%cr0, %0" : "=r"(value));
	return value;
}

static inline void x86_write_cr0(u64 value)
{
	__asm__ volatile("mov %0, %%cr0" : : "r"(value) : "memory");
}

static inline u64 x86_read_cr2(void)
{
	u64 value;

	__asm__ volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

static inline u64 x86_read_cr8(void)
{
	u64 value;

	__asm__ volatile("mov %%cr8, %0" : "=r"(value));
	return value;
}

static inline void x86_write_cr8(u64 value)
{
	__asm__ volatile("mov %0, %%cr8" : : "r"(value) : "memory");
}

static inline void x86_write_cr2(u64 value)
{
	__asm__ volatile("mov %0, %%cr2" : : "r"(value));
}

static inline u64 x86_read_cr3(void)
{
	u64 value;

	__asm__ volatile("mov %%cr3, %0" : "=r"(value));
	return value;
}

static inline void x86_write_cr3(u64 value)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

static inline u64 x86_read_cr4(void)
{
	u64 value;

	__asm__ volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

static inline void x86_write_cr4(u64 value)
{
	__asm__ volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

static inline u64 x86_read_dr(unsigned number)
{
	u64 value = 0;

	switch (number) {
	case 0:
		__asm__ volatile("mov %%dr0, %0" : "=r"(value));
		break;
	case 1:
		__asm__ volatile("mov %%dr1, %0" : "=r"(value));
		break;
	case 2:
		__asm__ volatile("mov %%dr2, %0" : "=r"(value));
		break;
	case 3:
		__asm__ volatile("mov %%dr3, %0" : "=r"(value));
		break;
	case 6:
		__asm__ volatile("mov %%dr6, %0" : "=r"(value));
		break;
	case 7:
		__asm__ volatile("mov %%dr7, %0" : "=r"(value));
		break;
	}
	return value;
}

static inline void x86_write_dr(unsigned number, u64 value)
{
	switch (number) {
	case 0:
		__asm__ volatile("mov %0, %%dr0" : : "r"(value));
		break;
	case 1:
		__asm__ volatile("mov %0, %%dr1" : : "r"(value));
		break;
	case 2:
		__asm__ volatile("mov %0, %%dr2" : : "r"(value));
		break;
	case 3:
		__asm__ volatile("mov %0, %%dr3" : : "r"(value));
		break;
	case 6:
		__asm__ volatile("mov %0, %%dr6" : : "r"(value));
		break;
	case 7:
		__asm__ volatile("mov %0, %%dr7" : : "r"(value));
		break;
	}
}

static inline void x86_lgdt(const struct x86_table_pointer *pointer)
{
	__asm__ volatile("lgdt %0" : : "m"(*pointer));
}

static inline void x86_lidt(const struct x86_table_pointer *pointer)
{
	__asm__ volatile("lidt %0" : : "m"(*pointer));
}

static inline void x86_sidt(struct x86_table_pointer *pointer)
{
	__asm__ volatile("sidt %0" : "=m"(*pointer));
}

/* Empties the CPU's buffers where it says so (MD_CLEAR); the selector is of writable data. */
static inline void x86_verw(u16 selector)
{
	__asm__ volatile("verw %0" : : "m"(selector) : "cc");
}

static inline void x86_ltr(u16 selector)
{
	__asm__ volatile("ltr %0" : : "r"(selector));
}

/* The word at the GS base: every CPU's pointer to its own struct. */
static inline void *x86_read_gs_self(void)
{
	void *value;

	__asm__ volatile("movq %%gs:0, %0" : "=r"(value));
	return value;
}

static inline u64 x86_read_rbp(void)
{
	u64 value;

	__asm__ volatile("mov %%rbp, %0" : "=r"(value));
	return value;
}

static inline void x86_invlpg(const void *va)
{
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

static inline void x86_wbinvd(void)
{
	__asm__ volatile("wbinvd" : : : "memory");
}

static inline void x86_pause(void)
{
	__asm__ volatile("pause");
}

static inline void x86_sti(void)
{
	__asm__ volatile("sti" : : : "memory");
}

static inline void x86_cli(void)
{
	__asm__ volatile("cli" : : : "memory");
}

/* Opens interrupts for exactly as long as the CPU sleeps; returns with them off. */
static inline void x86_sti_hlt_cli(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}

/* Opens interrupts for one instruction, so that what is pending is delivered. */
static inline void x86_sti_nop_cli(void)
{
	__asm__ volatile("sti; nop; cli" : : : "memory");
}

static inline void x86_hlt(void)
{
	__asm__ volatile("hlt" : : : "memory");
}

static inline void x86_lfence(void)
{
	__asm__ volatile("lfence" : : : "memory");
}

static inline void x86_mfence(void)
{
	__asm__ volatile("mfence" : : : "memory");
}

static inline void x86_fxsave(void *area)
{
	__asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

static inline void x86_fxrstor(const void *area)
{
	__asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

static inline void x86_xsave(void *area, u64 mask)
{
	__asm__ volatile("xsave64 (%0)"
			 :
			 : "r"(area), "a"((u32)mask), "d"((u32)(mask >> 32))
			 : "memory");
}

static inline void x86_xrstor(const void *area, u64 mask)
{
	__asm__ volatile("xrstor64 (%0)"
			 :
			 : "r"(area), "a"((u32)mask), "d"((u32)(mask >> 32))
			 : "memory");
}

/* As if an NMI came: its handler runs, and its IRET lets the next one in. */
static inline void x86_int_nmi(void)
{
	__asm__ volatile("int $2" : : : "memory");
}

/* False when the CPU refuses: there is no such field, or no current structure. */
static inline bool x86_vmread(u64 field, u64 *value)
{
	bool done;

	__asm__ volatile("vmread %2, %1" : "=@cca"(done), "=r"(*value) : "r"(field) : "memory");
	return done;
}

static inline bool x86_vmwrite(u64 field, u64 value)
{
	bool done;

	__asm__ volatile("vmwrite %2, %1" : "=@cca"(done) : "r"(field), "r"(value) : "memory");
	return done;
}

/* Each of these takes the address of a physical address; false when the CPU refuses. */
static inline bool x86_vmxon(const u64 *region)
{
	bool done;

	__asm__ volatile("vmxon %1" : "=@cca"(done) : "m"(*region) : "memory");
	return done;
}

static inline bool x86_vmclear(const u64 *structure)
{
	bool done;

	__asm__ volatile("vmclear %1" : "=@cca"(done) : "m"(*structure) : "memory");
	return done;
}

static inline bool x86_vmptrld(const u64 *structure)
{
	bool done;

	__asm__ volatile("vmptrld %1" : "=@cca"(done) : "m"(*structure) : "memory");
	return done;
}

static inline void x86_vmxoff(void)
{
	__asm__ volatile("vmxoff" : : : "cc", "memory");
}

/* INVEPT's operand is 16 bytes: a root and zeros. False when the CPU refuses. */
static inline bool x86_invept(u64 type, const u64 operand[2])
{
	bool done;

	__asm__ volatile("invept %1, %2"
			 : "=@cca"(done)
			 : "m"(*(const u64(*)[2])operand), "r"(type)
			 : "memory");
	return done;
}

/* Stores what VMLOAD restores into the page at this physical address. */
static inline void x86_vmsave(u64 page)
{
	__asm__ volatile("vmsave" : : "a"(page) : "memory");
}

/* Raises #UD; nothing that follows runs. */
_Noreturn static inline void x86_ud2(void)
{
	__asm__ volatile("ud2");
	__builtin_unreachable();
}

/* Leaves the x87 pointers of a load of its own in place of the last guest's (APM5 "FXRSTOR"). */
static inline void x86_forget_x87_pointers(void)
{
	static const u32 operand;

	__asm__ volatile("fnclex; emms; fildl %0" : : "m"(operand));
}
