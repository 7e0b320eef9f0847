# SPDX-License-Identifier: BSD-2-Clause
# Test guests: each tests/guest/NAME.c (and NAME.asm and NAME/*, where there are
# such) with the library becomes $(BUILD)/guest/NAME.elf, a multiboot 1 ELF32
# image that runs bare and under the hypervisor. bootinfo is linked in the other
# forms too. Included by the Makefile: BUILD, CC, WARN.
GUESTS       := $(patsubst tests/guest/%.c,%,$(wildcard tests/guest/*.c))
GUEST_ELFS   := $(GUESTS:%=$(BUILD)/guest/%.elf)
GUEST_CFLAGS := -std=gnu11 -O2 -g $(WARN) -I. -Itests/guest -ffreestanding -fno-pic -mcmodel=small \
                -mgeneral-regs-only -mno-red-zone -fno-stack-protector -fno-strict-aliasing \
                -fno-asynchronous-unwind-tables -fcf-protection=none -fno-omit-frame-pointer

# Files that guests and hypervisor share are compiled again with the guests' flags.
GUEST_SHARED := core/base/format.c core/base/string.c
GUEST_LIB    := $(patsubst %,$(BUILD)/guest/%.o,$(wildcard tests/guest/lib/*.c tests/guest/lib/*.asm) \
                $(GUEST_SHARED))

GUEST_LINK   := $(LD) -nostdlib -static --no-warn-rwx-segments -z noexecstack -z max-page-size=0x1000 \
                -T tests/guest/lib/guest.ld
GUEST_FORMS  := $(patsubst %,$(BUILD)/guest/bootinfo-%.elf,multiboot2 pvh)

guests: $(GUEST_ELFS) $(GUEST_FORMS)

$(BUILD)/guest/%.c.o: %.c | $(BUILD)/.need-build
	@mkdir -p $(@D)
	@$(CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/guest/%.asm.o: %.asm | $(BUILD)/.need-build
	@mkdir -p $(@D)
	@nasm -f elf64 -Itests/guest/ -g -F dwarf -o $@ $<

# GRUB and QEMU take a 32-bit image only; the code in it is 64-bit all the same.
.SECONDEXPANSION:
$(GUEST_ELFS): $(BUILD)/guest/%.elf: \
		$$(addprefix $(BUILD)/guest/,$$(addsuffix .o,$$(wildcard tests/guest/$$*.c tests/guest/$$*.asm \
			tests/guest/$$*/*.c tests/guest/$$*/*.asm))) \
		$(BUILD)/guest/tests/guest/headers/multiboot.asm.o $(GUEST_LIB) tests/guest/lib/guest.ld
	@echo "  GUEST $@"
	@$(GUEST_LINK) -o $@.64 $(filter %.o,$^)
	@objcopy -O elf32-i386 $@.64 $@

# 64-bit images.
$(GUEST_FORMS): $(BUILD)/guest/bootinfo-%.elf: $(BUILD)/guest/tests/guest/bootinfo.c.o \
		$(BUILD)/guest/tests/guest/headers/%.asm.o $(GUEST_LIB) tests/guest/lib/guest.ld
	@echo "  GUEST $@"
	@$(GUEST_LINK) -o $@ $(filter %.o,$^)

-include $(shell find $(BUILD)/guest -name '*.d' 2>/dev/null)
.PHONY: guests
