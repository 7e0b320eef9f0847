/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the program headers of an ELF executable of either class, one at a time.
 * Never reads outside the file. Pure. For core/load/ only.
 *
 * Source: Tool Interface Standard, "Executable and Linking Format"; System V
 * ABI, "Object Files".
 */
#pragma once

#include "core/load/load.h"

struct load_elf {
	const struct load_request *request;
	const char *name; /* of the image's kind, for errors */
	bool wide;	  /* ELF64 */
	u64 entry;	  /* e_entry: a virtual address */
	u64 programs;	  /* offset in the file */
	u32 stride, count;
};

enum load_program_type { LOAD_PT_LOAD = 1, LOAD_PT_NOTE = 4 };

struct load_program {
	u32 type; /* enum load_program_type, or another */
	u64 offset, vaddr, paddr, file_size, mem_size, align;
};

/* True if the image begins with the ELF magic number. */
bool load_elf_matches(const struct load_request *request);

/*
 * Reads the header. ERR_UNSUPPORTED: not an x86 executable. ERR_INVALID: the
 * program headers are not in the file.
 */
enum status load_elf_open(const struct load_request *request, const char *name,
			  struct load_elf *elf, struct error *err) must_check;

/* Reads program header index, which is less than elf->count. */
void load_elf_read_program(const struct load_elf *elf, u32 index, struct load_program *program);
