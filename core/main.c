/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot order as a plain list of calls. This file decides only what to do when a step fails.
 */
#include "apic/host/ioapic.h"
#include "apic/host/lapic.h"
#include "boot/cmdline.h"
#include "boot/config.h"
#include "boot/host/platform.h"
#include "boot/host/smp.h"
#include "boot/multiboot2.h"
#include "core/base/bits.h"
#include "core/base/image.h"
#include "core/base/log.h"
#include "core/base/string.h"
#include "core/base/vectors.h"
#include "core/base/version.h"
#include "core/console/console.h"
#include "core/guest/vm.h"
#include "core/host/boot_modules.h"
#include "core/host/bringup.h"
#include "core/host/cpu.h"
#include "core/host/panic.h"
#include "core/host/sched.h"
#include "core/host/traps.h"
#include "core/host/virt.h"
#include "core/shell/shell.h"
#include "core/vm/life.h"
#include "drivers/host/clock.h"
#include "drivers/host/power.h"
#include "drivers/host/screen.h"
#include "drivers/host/serial.h"
#include "drivers/host/wallclock.h"
#include "mm/host/heap.h"
#include "mm/host/hostmap.h"
#include "mm/host/ram.h"

_Noreturn void main(u64 info_pa, u64 image_pa);

static struct boot_info info;
static struct boot_options options;
static struct platform platform;
static struct config *config; /* until every VM has its own copy */
static struct error error;

/* For a step without which nothing works: ends with its error. */
static void require(enum status status)
{
	if (status != OK)
		panic("%s", error.text);
}

static void log_problems(const struct problems *problems)
{
	for (u32 i = 0; i < problems->count; i++)
		log_write(LOG_WARN, "%s", problems->text[i]);
	if (problems->missed)
		log_write(LOG_WARN, "and %u more of this kind", problems->missed);
}

/* Opens the serial line and repeats there what was logged before. */
static void open_console(u16 port, u32 baud)
{
	bool open = serial_init(port, baud);

	if (open)
		log_replay(serial_write);
	log_set_output(serial_write);
	if (!open && port)
		log_write(LOG_WARN, "console: no UART answers at port 0x%x: %s", port,
			  serial_is_open() ? "it stays where it is" : "console= names another");
}

/* As early as possible: a step that fails must be seen without a serial line too. */
static void open_screen(void)
{
	if (screen_init(&info, &error) != OK) {
		log_write(error.status == ERR_NOT_FOUND ? LOG_INFO : LOG_WARN, "%s", error.text);
		return;
	}
	log_replay(screen_write);
	log_set_screen(screen_write, LOG_DEBUG);
}

/* From here on a screen beside a serial line shows only errors, unless an option says otherwise. */
static void end_boot(void)
{
	bool quiet = !options.console.framebuffer && serial_is_open();

	if (quiet && screen_is_present())
		log_write(LOG_INFO, "screen: errors only after this; console=...,fb shows all");
	log_write(LOG_INFO, "boot: done");
	if (quiet)
		log_set_screen(screen_write, LOG_ERROR);
}

/*
 * Parses the loader's information twice: in place, to learn which memory there is, and then
 * for good from a copy in the hypervisor's own memory.
 */
static void read_boot_info(u64 info_pa, u64 image_pa)
{
	struct ram_range image = {image_pa, image_pa + image_size()};
	static struct problems problems;
	const void *mapped = hostmap_map_boot(hpa_make(info_pa), MULTIBOOT2_HEADER_SIZE);
	u32 size = mapped ? multiboot2_size(mapped) : 0;
	void *copy;

	hostmap_unmap_boot();
	mapped = hostmap_map_boot(hpa_make(info_pa), size);
	if (!mapped)
		panic("boot information of %u bytes at 0x%llx cannot be mapped", size, info_pa);
	require(multiboot2_parse(mapped, size, &info, &problems, &error));
	open_screen();
	log_write(LOG_INFO, "boot: by %s, image at 0x%llx, %u modules, %u memory ranges",
		  info.loader, image_pa, info.module_count, info.memory_count);
	log_problems(&problems);
	require(ram_init(&info, image, (struct ram_range){info_pa, info_pa + size}, &error));
	copy = heap_alloc_pages(pages_of(size));
	if (!copy)
		panic("no memory for %u bytes of boot information", size);
	memcpy(copy, mapped, size);
	hostmap_unmap_boot();
	problems = (struct problems){0};
	require(multiboot2_parse(copy, size, &info, &problems, &error));
}

static void read_options(void)
{
	static struct problems problems;

	cmdline_parse(info.cmdline, &options, &problems);
	log_set_level((enum log_level)options.log);
	if (options.console.port != SERIAL_COM1 || options.console.baud != SERIAL_DEFAULT_BAUD)
		open_console(options.console.port, options.console.baud);
	log_problems(&problems);
}

/* The firmware's serial console (SPCR), unless the command line names one. */
static void use_firmware_console(void)
{
	if (!options.console.given && platform.serial_port &&
	    platform.serial_port != options.console.port)
		open_console(platform.serial_port, options.console.baud);
}

static void start_apic(void)
{
	require(lapic_init(platform.lapic, options.x2apic == X2APIC_AUTO, &error));
	lapic_enable();
	cpu_this()->apic_id = lapic_id();
	log_write(LOG_INFO, "apic: %s mode, boot CPU has ID %u",
		  lapic_is_x2apic() ? "x2APIC" : "xAPIC", lapic_id());
	ioapic_init(platform.ioapics, platform.ioapic_count);
	require(clock_calibrate(&platform.clock, &error));
	lapic_timer_init();
}

/* Without virtualization the shell still runs, and says what is missing. */
static void start_boot_cpu(void)
{
	const struct virt_ops *backend = virt_select(&error);

	if (!backend)
		log_write(LOG_ERROR, "%s", error.text);
	require(bringup_boot_cpu(backend, &options, &error));
	if (virt)
		log_write(LOG_INFO, "virt: %s on", virt->name);
}

static void start_cpus(void)
{
	struct smp_result result;

	if (smp_start(platform.cpus, platform.cpu_count, bringup_cpu, &result, &error) != OK)
		log_write(LOG_ERROR, "%s", error.text);
	log_write(LOG_INFO, "smp: %u CPUs, %u silent, %u disabled by firmware", result.answered,
		  result.silent, result.disabled);
}

/* The config module, or without one a guest from the first two modules. */
static void read_config(void)
{
	const struct module *module;
	const void *text;

	config = heap_alloc_pages(pages_of(sizeof(*config)));
	if (!config)
		panic("no memory to read the configuration");
	require(boot_modules_init(&info, &error));
	module = boot_modules_find(options.config);
	text = module ? hostmap_map_boot(hpa_make(module->start), module->size) : NULL;
	if (text) {
		config_parse(options.config, text, module->size, config);
	} else if (module || options.config_given) {
		log_write(LOG_ERROR,
			  "config: no module is named '%s' and can be read (modules: %s)",
			  options.config, boot_modules_names());
	} else if (info.module_count) {
		config_default(info.modules[0].string,
			       info.module_count > 1 ? info.modules[1].string : NULL, config);
	}
	hostmap_unmap_boot();
	log_problems(&config->problems);
	log_write(LOG_INFO, "config: %u guests, from %s", config->count,
		  module ? module->name : "the modules themselves");
}

/* The line's interrupt: as the firmware says for its own console, otherwise as on every PC. */
static void connect_console(void)
{
	int irq = serial_isa_irq(serial_port());
	struct ioapic_line line;

	if (platform.serial_gsi && platform.serial_port == serial_port()) {
		line = platform_line(&platform, platform.serial_gsi);
	} else if (irq >= 0) {
		line = platform.isa[irq];
	} else {
		log_write(LOG_INFO, "console: polled, for nobody says where it interrupts");
		return;
	}
	if (ioapic_route(line, VECTOR_SERIAL, lapic_id(), &error) == OK)
		console_use_interrupt(VECTOR_SERIAL);
	else
		log_write(LOG_WARN, "console: polled: %s", error.text);
}

static void start_threads(void)
{
	static struct thread shell, keeper;

	console_init();
	connect_console();
	require(sched_create(&keeper, "keeper", 0, vm_life_keeper, NULL, &error));
	require(sched_create(&shell, "shell", 0, shell_thread, NULL, &error));
	sched_start(&keeper);
	sched_start(&shell);
}

_Noreturn void main(u64 info_pa, u64 image_pa)
{
	clock_init();
	cpu_init_boot();
	traps_init();
	log_set_clock(clock_uptime_ns);
	log_write(LOG_INFO, "ashlar %s", version_text);
	open_console(SERIAL_COM1, SERIAL_DEFAULT_BAUD);
	cpu_init_pat();
	cpu_init_control();
	hostmap_init(hpa_make(image_pa));
	read_boot_info(info_pa, image_pa);
	read_options();
	require(cpu_init_boot_stacks(&error));
	require(platform_read(&info, &platform, &error));
	use_firmware_console();
	power_init(&platform.fadt);
	if (options.panic == PANIC_REBOOT)
		panic_set_reset(power_reset);
	start_apic();
	wallclock_init();
	start_boot_cpu();
	start_cpus();
	read_config();
	require(vm_init_all(config, &error));
	heap_free_pages(config, pages_of(sizeof(*config)));
	start_threads();
	end_boot();
	bringup_serve();
}
