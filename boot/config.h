/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the descriptions of the guests, and reads them from the config module.
 * Pure.
 *
 * Lines end in LF or CRLF. "[vm NAME]" begins a guest, "key = value" describes
 * the guest; blanks around key and value are dropped. '#' begins a comment at the
 * start of a line or after a blank; in the value of cmdline '#' is an ordinary
 * character. A guest has each key at most once, and must have kernel and memory.
 * A guest with an error stays in the list, with valid = false, so that operators
 * see it; other guests stay valid. The table of keys is in boot/config_keys.c.
 */
#pragma once

#include "boot/problems.h"
#include "core/base/types.h"

enum {
	CONFIG_VMS_MAX = 32,
	CONFIG_SIZE_MAX = 256 * 1024, /* bytes of text */
	CONFIG_RANGES_MAX = 16,
	CONFIG_CPUS_MAX = 255,		  /* vCPUs a guest */
	CONFIG_CPU_NUMBER_MAX = 65535,	  /* in affinity */
	VM_NAME_SIZE = 32,		  /* with NUL */
	VM_MODULE_SIZE = 64,		  /* with NUL */
	CONFIG_PAGER_TIMEOUT_MAX = 86400, /* seconds */
	VM_CMDLINE_SIZE = 2048,		  /* with NUL; Linux's own limit on x86 */
};

enum vm_apic { VM_APIC_AUTO, VM_APIC_EMULATE, VM_APIC_ACCELERATE };
enum vm_memtype { VM_MEMTYPE_PAT, VM_MEMTYPE_WB, VM_MEMTYPE_MTRR };
enum vm_lazy { VM_LAZY_OFF, VM_LAZY_ZERO, VM_LAZY_PAGER };
enum vm_restart { VM_RESTART_NEVER, VM_RESTART_ON_FAILURE, VM_RESTART_ALWAYS };

/* first <= last, both included. */
struct config_range {
	u32 first, last;
};

struct config_ranges {
	u32 count;
	struct config_range at[CONFIG_RANGES_MAX];
};

struct vm_config {
	bool valid;
	u32 line; /* number of the line "[vm NAME]"; 0: made by config_default */
	char name[VM_NAME_SIZE];
	char kernel[VM_MODULE_SIZE]; /* module names */
	char initrd[VM_MODULE_SIZE]; /* "": none */
	char cmdline[VM_CMDLINE_SIZE];
	u64 memory;		       /* bytes, a multiple of 4 KiB; 0: all free memory */
	u32 cpus;		       /* vCPUs; 0: as many as physical CPUs */
	struct config_ranges affinity; /* physical CPUs; count 0: all */
	struct config_ranges ports;    /* host I/O ports passed through */
	u32 apic;		       /* enum vm_apic */
	u32 memtype;		       /* enum vm_memtype */
	u32 restart;		       /* enum vm_restart */
	u32 lazy;		       /* enum vm_lazy */
	char pager[VM_NAME_SIZE];      /* a guest's name, for VM_LAZY_PAGER */
	u32 pager_timeout;	       /* seconds that the pager has to bring a page; 0: no limit */
	u32 x2apic, autostart, privileged; /* 0 or 1 */
};

struct config {
	u32 count;
	struct vm_config vms[CONFIG_VMS_MAX];
	struct problems problems;
};

/*
 * Reads size bytes of text into *config. A problem begins with file and line:
 * "guests.conf:7: memory: bad value '12Q' (want a number with K, M or G)".
 * *config is always usable, but all its guests may be invalid.
 */
void config_parse(const char *file, const char *text, size_t size, struct config *config);

/*
 * Fills *config when there is no config module: one guest named "guest" with all
 * free memory and all CPUs. kernel and initrd are the strings of the first and
 * second module; initrd may be NULL. The words of kernel after the first are the
 * guest's command line.
 */
void config_default(const char *kernel, const char *initrd, struct config *config);

/* True if number is in one of the ranges. */
bool config_ranges_contain(const struct config_ranges *ranges, u32 number);
