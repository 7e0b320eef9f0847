# Which files are pure (see docs/design.md): they compile unchanged for the
# build machine, under sanitizers, and are what unit tests and fuzzers link.
PURE := \
	apic/accel.c apic/route.c apic/vioapic.c apic/vlapic.c apic/vlapic_hardware.c \
	apic/vlapic_icr.c apic/vlapic_lvt.c apic/vlapic_post.c apic/vlapic_regs.c \
	apic/vlapic_timer.c \
	boot/acpi.c boot/acpi_devices.c boot/acpi_sleep.c boot/cmdline.c boot/config.c \
	boot/config_keys.c boot/multiboot2.c boot/problems.c boot/span.c \
	core/bus.c core/caps.c core/caps_cpuid.c core/control.c core/cpuid.c core/cpuid_build.c \
	core/cpuid_policy.c core/decode.c core/decode_known.c core/decode_operands.c \
	core/decode_tables.c core/emulate.c core/emulate_alu.c core/emulate_memory.c \
	core/emulate_string.c core/event.c core/exit_kinds.c core/format.c core/guest_acpi.c \
	core/guest_bda.c core/guest_map.c core/guest_walk.c core/load.c core/load_elf.c \
	core/load_image.c core/load_linux.c core/load_multiboot.c core/load_multiboot2.c \
	core/load_multiboot2_header.c core/load_place.c core/load_pvh.c core/msr.c \
	core/restart.c core/run_queue.c core/status.c core/trace_ring.c core/trace_text.c core/tsc_ratio.c \
	core/shell/command.c core/shell/complete.c core/shell/keys.c core/shell/line.c core/shell/mux.c \
	core/shell/report.c \
	drivers/host/canvas.c drivers/host/font.c drivers/host/grid.c \
	drivers/virt/debugexit.c drivers/virt/fwcfg.c drivers/virt/machine.c \
	drivers/virt/pci_none.c drivers/virt/pic.c drivers/virt/pit.c drivers/virt/pit_channel.c \
	drivers/virt/pm.c drivers/virt/rtc.c drivers/virt/rtc_calendar.c drivers/virt/uart.c \
	mm/absent.c mm/frames.c mm/memtype.c mm/pt.c mm/pt_formats.c mm/pt_overlay.c mm/pt_run.c mm/pt_store.c mm/pt_tables.c mm/retype.c \
	pv/pnp.c \
	svm/avic_tables.c svm/caps.c \
	vmx/caps.c vmx/caps_table.c vmx/check.c vmx/errors.c

# Files that touch the machine.
HARDWARE := \
	apic/ioapic.c apic/lapic.c \
	boot/platform.c boot/smp.c \
	core/alarm.c core/apic_page.c core/boot_modules.c core/bringup.c core/caps_read.c core/cpu.c \
	core/exit.c core/exit_emulate.c core/guest_mem.c core/guest_memtype.c core/guest_pages.c core/hotplug.c core/log.c core/main.c \
	core/mtrr.c core/page_events.c core/pager.c core/panic.c core/sched.c core/string.c core/symbols.c core/trace.c \
	core/traps.c core/vcpu.c core/vcpu_accel.c core/vcpu_apic.c core/vcpu_record.c core/vcpu_reset.c \
	core/vcpu_trace.c \
	core/virt.c core/vm.c core/vm_build.c core/vm_devices.c core/vm_life.c core/vm_load.c \
	core/vm_place.c core/xstate.c \
	core/shell/commands.c core/shell/console.c core/shell/console_commands.c \
	core/shell/cpu_commands.c core/shell/life_commands.c core/shell/machine_commands.c \
	core/shell/mem_commands.c core/shell/page_commands.c core/shell/shell.c core/shell/trace_commands.c \
	core/shell/vcpu_commands.c core/shell/vm_commands.c \
	drivers/host/clock.c drivers/host/pic8259.c drivers/host/power.c drivers/host/screen.c \
	drivers/host/serial.c drivers/host/wallclock.c \
	mm/heap.c mm/hostmap.c mm/nested.c mm/ram.c mm/stack.c mm/window.c \
	pv/hypercall.c \
	svm/avic.c svm/caps_read.c svm/exit.c svm/failure.c svm/inject.c svm/msr.c svm/selftest.c svm/state.c \
	svm/svm.c svm/trace.c \
	vmx/apicv.c vmx/caps_read.c vmx/control.c vmx/cpu.c vmx/exit.c vmx/failure.c \
	vmx/inject.c vmx/msr.c vmx/selftest.c vmx/state.c vmx/switch.c vmx/trace.c vmx/vmcs.c \
	vmx/vmx.c

ASM := \
	boot/start.asm boot/trampoline.asm \
	core/dsdt.asm core/switch.asm core/traps.asm \
	svm/entry.asm \
	vmx/entry.asm

# Of these, what stands between an ordinary exit and the next entry: compiled
# for speed, all else for size.
HOT := \
	core/cpuid.c core/decode_known.c core/exit.c core/guest_walk.c core/msr.c \
	pv/hypercall.c \
	svm/exit.c \
	vmx/exit.c
