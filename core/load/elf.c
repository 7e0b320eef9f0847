/* SPDX-License-Identifier: BSD-2-Clause */
/* Owns the layout of ELF headers and of their program headers. Pure. */
#include "core/load/elf.h"

#include "core/base/bytes.h"

enum {
	IDENT_CLASS = 4,
	IDENT_DATA = 5,
	CLASS_32 = 1,
	CLASS_64 = 2,
	DATA_LITTLE = 1,
	HEADER_TYPE = 16,
	HEADER_MACHINE = 18,
	HEADER_ENTRY = 24,
	TYPE_EXECUTABLE = 2,
	MACHINE_386 = 3,
	MACHINE_X86_64 = 62,
	HEADER_MAX = 64,
	PROGRAM_MAX = 56,
};

/* Where the two classes differ. */
static const struct layout {
	u8 phoff, phentsize, phnum;
	u8 program_size, offset, vaddr, paddr, filesz, memsz, align;
} layout_32 = {28, 42, 44, 32, 4, 8, 12, 16, 20, 28},
  layout_64 = {32, 54, 56, 56, 8, 16, 24, 32, 40, 48};

/* An address, offset or size: as wide as the class. */
static u64 get_word(const struct load_elf *elf, const u8 *at)
{
	return elf->wide ? bytes_get64(at) : bytes_get32(at);
}

bool load_elf_matches(const struct load_request *request)
{
	static const u8 magic[] = {0x7f, 'E', 'L', 'F'};

	return request->head_size >= sizeof(magic) &&
	       memcmp(request->head, magic, sizeof(magic)) == 0;
}

static bool is_x86_executable(const u8 *header)
{
	u16 machine = bytes_get16(header + HEADER_MACHINE);

	return (header[IDENT_CLASS] == CLASS_32 || header[IDENT_CLASS] == CLASS_64) &&
	       header[IDENT_DATA] == DATA_LITTLE &&
	       bytes_get16(header + HEADER_TYPE) == TYPE_EXECUTABLE &&
	       (machine == MACHINE_386 || machine == MACHINE_X86_64);
}

enum status load_elf_open(const struct load_request *request, const char *name,
			  struct load_elf *elf, struct error *err)
{
	const u8 *header = request->head;
	const struct layout *layout;

	if (!load_elf_matches(request) || request->head_size < HEADER_MAX)
		return fail(err, ERR_UNSUPPORTED,
			    "%s: neither ELF nor address fields in the header", name);
	if (!is_x86_executable(header))
		return fail(err, ERR_UNSUPPORTED,
			    "%s: ELF class %u, data %u, type %u, machine %u: only an x86 "
			    "executable (type 2) can be started",
			    name, header[IDENT_CLASS], header[IDENT_DATA],
			    bytes_get16(header + HEADER_TYPE),
			    bytes_get16(header + HEADER_MACHINE));
	*elf = (struct load_elf){.request = request, .name = name};
	elf->wide = header[IDENT_CLASS] == CLASS_64;
	layout = elf->wide ? &layout_64 : &layout_32;
	elf->entry = get_word(elf, header + HEADER_ENTRY);
	elf->programs = get_word(elf, header + layout->phoff);
	elf->stride = bytes_get16(header + layout->phentsize);
	elf->count = bytes_get16(header + layout->phnum);
	if (elf->stride < layout->program_size ||
	    !range_fits(elf->programs, (u64)elf->stride * elf->count, request->kernel_size))
		return fail(err, ERR_INVALID,
			    "%s: %u program headers of %u bytes at 0x%llx are not within the "
			    "file's 0x%llx bytes",
			    name, elf->count, elf->stride, elf->programs, request->kernel_size);
	return OK;
}

void load_elf_read_program(const struct load_elf *elf, u32 index, struct load_program *program)
{
	const struct layout *layout = elf->wide ? &layout_64 : &layout_32;
	u8 bytes[PROGRAM_MAX];

	elf->request->read(elf->request, elf->programs + (u64)index * elf->stride, bytes,
			   layout->program_size);
	*program = (struct load_program){
		.type = bytes_get32(bytes),
		.offset = get_word(elf, bytes + layout->offset),
		.vaddr = get_word(elf, bytes + layout->vaddr),
		.paddr = get_word(elf, bytes + layout->paddr),
		.file_size = get_word(elf, bytes + layout->filesz),
		.mem_size = get_word(elf, bytes + layout->memsz),
		.align = get_word(elf, bytes + layout->align),
	};
}
