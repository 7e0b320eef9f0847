# SPDX-License-Identifier: BSD-2-Clause
# `make help` lists the targets.
BUILD ?= build
ifeq ($(origin CC),default)
CC := gcc
endif
include sources.mk

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --jobs=$(shell nproc)

WARN   := -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wundef
# For size, but for HOT (sources.mk).
OPTIMIZE = -Oz -fno-jump-tables
CFLAGS  = -std=gnu11 $(OPTIMIZE) -g $(WARN) -I. -ffreestanding -fno-pic -mcmodel=kernel \
          -mgeneral-regs-only -mno-red-zone -fno-stack-protector -fno-strict-aliasing \
          -ffunction-sections -fno-omit-frame-pointer -fno-asynchronous-unwind-tables -fcf-protection=none

all: $(BUILD)/ashlar.elf

# --- Debian packages, by what needs them.
NEED_build := gcc binutils nasm acpica-tools gawk
NEED_iso   := grub-common grub-pc-bin grub-efi-amd64-bin xorriso mtools cpio gzip busybox-static libc6-dev
NEED_run   := qemu-system-x86 ovmf python3
NEED_test  := libc6-dev clang libclang-rt-14-dev libcmocka-dev libzydis-dev libzycore-dev \
              lz4 xz-utils zstd \
              python3-pytest python3-pytest-xdist python3-pytest-rerunfailures python3-pexpect
NEED_bench := valgrind libc6-dev
NEED_bochs := bochs bochs-term bochsbios vgabios python3
NEED_lint  := clang-format clang-tidy cppcheck python3

$(BUILD)/.need-%: Makefile
	@mkdir -p $(@D)
	@tools/need $(NEED_$*)
	@touch $@

# --- The image. It carries the names of its own functions for the panic trace:
# it is linked once without them, to learn addresses, and once with them. The
# table comes last in the read-only data, so that it moves no code.
VERSION := 0.1$(addprefix -,$(shell git describe --always --dirty 2>/dev/null))
LDFLAGS := -static --gc-sections -z max-page-size=4096 -z noexecstack --build-id=none -T linker.ld
OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(PURE) $(HARDWARE)) \
           $(patsubst %.asm,$(BUILD)/obj/%.asm.o,$(ASM)) $(BUILD)/obj/version.o

# GCC optimises all C as one program, which saves 8 KiB, but for HOT, where what is
# inlined must not depend on size; warnings are each file's own.
LTO := $(if $(findstring clang,$(CC)),,-flto=auto)
HOT_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(HOT))
$(HOT_OBJECTS): OPTIMIZE = -O2 -falign-functions=1
$(HOT_OBJECTS): COMPILE_LTO =
COMPILE_LTO = $(LTO)
LINK = $(if $(LTO),$(CC) $(CFLAGS) $(LTO) -w -no-pie $(LDFLAGS:%=-Wl,%),$(LD) $(LDFLAGS))

$(BUILD)/ashlar.elf: $(OBJECTS) $(BUILD)/symbols-full.o linker.ld
	@echo "  LD    $@"
	@$(LINK) -nostdlib -o $@ $(filter %.o,$^)

$(BUILD)/ashlar-unnamed.elf: $(OBJECTS) $(BUILD)/symbols-none.o linker.ld
	@$(LINK) -nostdlib -o $@ $(filter %.o,$^)

$(BUILD)/symbols-full.asm: $(BUILD)/ashlar-unnamed.elf tools/symbols.awk
	@nm -n $< | awk -f tools/symbols.awk >$@

$(BUILD)/symbols-none.asm: tools/symbols.awk | $(BUILD)/.need-build
	@mkdir -p $(@D)
	@awk -f tools/symbols.awk </dev/null >$@

$(BUILD)/symbols-%.o: $(BUILD)/symbols-%.asm
	@nasm -f elf64 -o $@ $<

# Written anew only when the version has changed.
$(BUILD)/version.c: FORCE
	@mkdir -p $(@D)
	@printf '#include "core/base/version.h"\nconst char version_text[] = "%s";\n' '$(VERSION)' >$@.new
	@cmp -s $@ $@.new && rm $@.new || mv $@.new $@

$(BUILD)/obj/version.o: $(BUILD)/version.c | $(BUILD)/.need-build
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -c -o $@ $<

# Offsets of C structures for assembly, taken from the compiler's own output.
OFFSETS := $(OFFSET_SOURCES:%.c=$(BUILD)/%.inc)

$(BUILD)/%/offsets.inc: %/offsets.c | $(BUILD)/.need-build
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -MMD -MP -MT $@ -MF $(@:.inc=.d) -S -o $@.s $<
	@sed -n 's/^.*OFFSET \([A-Z0-9_]*\) [$$]*\([0-9]*\).*/%define \1 \2/p' $@.s >$@

$(BUILD)/offsets.inc: $(OFFSETS)
	@cat $^ >$@
-include $(OFFSETS:.inc=.d)
$(BUILD)/obj/boot/host/start.asm.o $(BUILD)/obj/boot/host/trampoline.asm.o \
$(BUILD)/obj/svm/entry.asm.o $(BUILD)/obj/vmx/entry.asm.o: $(BUILD)/offsets.inc

$(BUILD)/dsdt.aml: core/load/dsdt.asl | $(BUILD)/.need-build
	@mkdir -p $(@D)
	@iasl -we -p $@ $< >$(BUILD)/iasl.log 2>&1 || { cat $(BUILD)/iasl.log; exit 1; }
$(BUILD)/obj/core/load/dsdt.asm.o: $(BUILD)/dsdt.aml

# Each file compiles alone, freestanding, for the target.
$(BUILD)/obj/%.o: %.c | $(BUILD)/.need-build
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CFLAGS) $(COMPILE_LTO) -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.asm.o: %.asm | $(BUILD)/.need-build
	@mkdir -p $(@D)
	@echo "  ASM   $<"
	@nasm -f elf64 -g -F dwarf -Wall -Werror -I $(BUILD)/ -MD $(@:.o=.d) -MP -o $@ $<
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# --- The demo: a Debian kernel and a busybox initramfs as the one guest.
PAYLOAD    := $(BUILD)/payload
GUEST_ARGS ?= console=ttyS0 quiet

$(PAYLOAD)/vmlinuz: tools/fetch-payload | $(BUILD)/.need-iso
	@tools/fetch-payload linux-image-cloud-amd64 'boot/vmlinuz-*' $@

$(PAYLOAD)/initrd.img: tools/make-initramfs $(wildcard tools/initramfs/*) | $(BUILD)/.need-iso
	@tools/make-initramfs $@

$(BUILD)/guests.conf: examples/demo.conf
	@mkdir -p $(@D)
	@sed 's|@CMDLINE@|$(GUEST_ARGS)|' $< >$@

$(BUILD)/ashlar.iso: $(BUILD)/ashlar.elf $(BUILD)/guests.conf $(PAYLOAD)/vmlinuz $(PAYLOAD)/initrd.img tools/make-iso
	@echo "  ISO   $@"
	@tools/make-iso --module $(PAYLOAD)/vmlinuz vmlinuz --module $(PAYLOAD)/initrd.img initrd.img \
		--module $(BUILD)/guests.conf config $@ $(BUILD)/ashlar.elf

iso: $(BUILD)/ashlar.iso

# Which emulator: QEMU for SVM; for VMX, Bochs, which is slower.
BACKEND    ?= svm
RUNNER_svm := tools/qemu
RUNNER_vmx := tools/bochs
RUN_NEEDS_svm := run
RUN_NEEDS_vmx := bochs

run: $(BUILD)/ashlar.iso | $(BUILD)/.need-$(RUN_NEEDS_$(BACKEND))
	@echo "  RUN   Ctrl-] is the hypervisor's prompt; 'poweroff' there ends the machine"
	@$(RUNNER_$(BACKEND)) $(RUN_ARGS) $<

include tests/rules.mk
include tests/guest/rules.mk

# --- Guests that nobody here wrote, for tests only.
PAYLOADS := $(addprefix $(PAYLOAD)/,vmlinuz-full vmlinux memtest.bin ipxe.lkrn xen)

$(PAYLOAD)/vmlinuz-full: tools/fetch-payload | $(BUILD)/.need-iso
	@tools/fetch-payload linux-image-amd64 'boot/vmlinuz-*' $@

$(PAYLOAD)/memtest.bin: tools/fetch-payload | $(BUILD)/.need-iso
	@tools/fetch-payload memtest86+ boot/memtest86+x64.bin $@

$(PAYLOAD)/ipxe.lkrn: tools/fetch-payload | $(BUILD)/.need-iso
	@tools/fetch-payload ipxe boot/ipxe.lkrn $@

$(PAYLOAD)/xen: tools/fetch-payload | $(BUILD)/.need-iso
	@tools/fetch-payload xen-hypervisor-4.17-amd64 'boot/xen-*-amd64.gz' $@

$(PAYLOAD)/vmlinux: tools/extract-vmlinux $(PAYLOAD)/vmlinuz | $(BUILD)/.need-test
	@tools/extract-vmlinux $(PAYLOAD)/vmlinuz $@

payloads: $(PAYLOADS)

# --- Tests.
TESTED := $(BUILD)/ashlar.elf unit-binaries fuzz-binaries guests

check: $(TESTED) $(PAYLOADS) $(PAYLOAD)/vmlinuz $(PAYLOAD)/initrd.img | $(BUILD)/.need-run $(BUILD)/.need-test $(BUILD)/.need-bochs
	@BUILD=$(BUILD) tests/run

check-fast: $(BUILD)/ashlar.elf unit-binaries guests $(PAYLOAD)/vmlinuz $(PAYLOAD)/initrd.img | $(BUILD)/.need-run $(BUILD)/.need-test
	@BUILD=$(BUILD) tests/run --fast

bench: $(BUILD)/ashlar.elf $(BUILD)/bench/route guests | $(BUILD)/.need-run $(BUILD)/.need-iso $(BUILD)/.need-bochs $(BUILD)/.need-bench
	@BUILD=$(BUILD) tests/bench

lint: | $(BUILD)/.need-lint $(BUILD)/.need-build
	@tools/lint

clean:
	rm -rf $(BUILD)

help:
	@echo 'make            build $(BUILD)/ashlar.elf'
	@echo 'make run        boot a Debian Linux guest under Ashlar under GRUB in QEMU, here'
	@echo '                BACKEND=vmx: on Intel VMX, in Bochs, which takes minutes'
	@echo '                RUN_ARGS="--uefi --smp 2": see tools/qemu --help'
	@echo '                GUEST_ARGS="console=ttyS0": the kernel command line of the guest'
	@echo 'make iso        $(BUILD)/ashlar.iso, for a CD, a stick or an emulator'
	@echo 'make check      every test; ends with "N passed, N failed"'
	@echo 'make check-fast units and a few boots, under a minute'
	@echo 'make bench      instructions per exit, of the boot, of routing'
	@echo 'make lint       style, floors, static analysis'
	@echo 'make clean      remove $(BUILD)/'
	@echo 'CC=clang        the other compiler; BUILD=dir: another place'

FORCE:
.PHONY: all iso run payloads check check-fast bench lint clean help FORCE
