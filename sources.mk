# SPDX-License-Identifier: BSD-2-Clause
# Which folders hold what (see docs/design.md, "Floors"). A new file is in the
# program, and in the right list, by the folder that it is in.

# Pure: no privileged instruction, no mutable global, no log, no allocation. These
# files compile unchanged for the build machine, under sanitizers, and are what
# unit tests and fuzzers link.
PURE_FOLDERS := \
	core/base core/cpus core/insn core/load core/model core/sched core/terminal core/trace \
	apic/virt boot drivers/canvas drivers/virt mm pv

# Files that touch the machine.
HARDWARE_FOLDERS := \
	core core/console core/guest core/host core/memory core/shell core/vm \
	apic/host boot/host drivers/host mm/host svm vmx

# The log has mutable globals. string.c would replace functions of the build machine's C library.
NOT_PURE := core/base/log.c core/base/string.c

# A backend stays in one folder, but these files of it are pure: snapshots, rules, hardware's tables.
PURE_IN_BACKENDS := svm/avic.c svm/caps.c vmx/caps.c vmx/check.c

# Compiled to assembly text only: the Makefile takes offsets for the .asm files from it.
OFFSET_SOURCES := core/guest/offsets.c svm/offsets.c vmx/offsets.c

PURE     := $(filter-out $(NOT_PURE),$(wildcard $(PURE_FOLDERS:%=%/*.c))) $(PURE_IN_BACKENDS)
HARDWARE := $(NOT_PURE) $(filter-out $(OFFSET_SOURCES) $(PURE_IN_BACKENDS),$(wildcard $(HARDWARE_FOLDERS:%=%/*.c)))
ASM      := $(wildcard $(addsuffix /*.asm,$(PURE_FOLDERS) $(HARDWARE_FOLDERS)))

# The files between an ordinary exit and the next entry: compiled for speed, all others for size.
HOT := \
	core/guest/exit.c core/guest/hypercall.c \
	core/insn/decode_known.c core/insn/walk.c \
	core/model/cpuid.c core/model/msr.c \
	svm/exit.c \
	vmx/exit.c
