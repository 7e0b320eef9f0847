/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers of all MSRs that code names, of the machine and of guests alike
 * (SDM 4 "Architectural MSRs", APM2 "MSR Cross-Reference"). Header only.
 */
#pragma once

#define MSR_TSC		      0x10u
#define MSR_APIC_BASE	      0x1bu
#define MSR_FEATURE_CONTROL   0x3au
#define MSR_TSC_ADJUST	      0x3bu
#define MSR_PRED_CMD	      0x49u
#define PRED_CMD_IBPB	      1u
#define MSR_MTRRCAP	      0xfeu
#define MSR_ARCH_CAPABILITIES 0x10au
#define MSR_FLUSH_CMD	      0x10bu
#define MSR_SYSENTER_CS	      0x174u
#define MSR_SYSENTER_ESP      0x175u
#define MSR_SYSENTER_EIP      0x176u
#define MSR_MCG_STATUS	      0x17au
#define MSR_MTRR_PHYSBASE0    0x200u /* base and mask in turn */
#define MSR_PAT		      0x277u
#define MSR_MTRR_DEF_TYPE     0x2ffu
#define MSR_TSC_DEADLINE      0x6e0u
#define MSR_X2APIC_FIRST      0x800u /* the xAPIC's offset 0; one MSR for each 0x10 of offset */
#define MSR_X2APIC_LAST	      0x8ffu
#define MSR_EFER	      0xc0000080u
#define MSR_STAR	      0xc0000081u
#define MSR_LSTAR	      0xc0000082u
#define MSR_CSTAR	      0xc0000083u
#define MSR_SFMASK	      0xc0000084u
#define MSR_FS_BASE	      0xc0000100u
#define MSR_GS_BASE	      0xc0000101u
#define MSR_KERNEL_GS_BASE    0xc0000102u
#define MSR_TSC_AUX	      0xc0000103u
#define MSR_VM_CR	      0xc0010114u
#define MSR_VM_HSAVE_PA	      0xc0010117u
#define MSR_DE_CFG	      0xc0011029u
