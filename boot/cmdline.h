/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the options of the hypervisor's command line. A new option is a field in
 * struct boot_options and a row of the table in boot/cmdline.c. Pure.
 */
#pragma once

#include "boot/problems.h"
#include "core/base/log.h"
#include "core/base/types.h"

enum { OPTION_TEXT_SIZE = 64 };

enum option_cpu_mismatch { CPU_MISMATCH_PARK, CPU_MISMATCH_COMMON };
enum option_x2apic { X2APIC_AUTO, X2APIC_OFF };
enum option_panic { PANIC_HALT, PANIC_REBOOT };

struct boot_options {
	struct {
		u16 port;	  /* first I/O port of a 16550; 0: no serial console */
		u32 baud;	  /* bits per second; 115200 is a multiple of it */
		bool given;	  /* given there, so the firmware's SPCR table is ignored */
		bool framebuffer; /* the whole log goes to the screen too */
	} console;
	u32 log;	  /* enum log_level */
	u32 cpu_mismatch; /* enum option_cpu_mismatch */
	u32 x2apic;	  /* enum option_x2apic */
	u32 panic;	  /* enum option_panic */
	struct {
		u32 cpu;
		char field[OPTION_TEXT_SIZE]; /* a name of core/cpus/caps.h; "": no test */
		bool later; /* only when the CPU comes online again after it was offline */
	} test_mismatch;    /* that CPU pretends to differ in that field */
	char config[OPTION_TEXT_SIZE]; /* name of the config module; "config" by default */
	bool config_given;	       /* named on the command line: it must exist */
};

/*
 * Sets options to the defaults, then applies the words of text. An unknown word or
 * a bad value is added to problems and changes no option.
 */
void cmdline_parse(const char *text, struct boot_options *options, struct problems *problems);
