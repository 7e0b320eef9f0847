/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stress SECONDS: sends interrupts between all CPUs of a Linux guest, and waits for each of
 * them. In one round every other CPU is woken from sleep by a message and answers
 * (reschedule IPIs); sleeps by its own timer and answers; and spins while the first CPU
 * sends it barriers and waits for each (function-call IPIs). If an interrupt is lost, a
 * round does not end, and the output stops. Prints one line per second, and the counts in
 * the last one.
 */
#define _GNU_SOURCE // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { CPUS_MAX = 64, BARRIERS = 50, SLEEPS = 3, SLEEP_NS = 300000 };

struct worker {
	int cpu;
	int orders[2]; /* a pipe: one byte per order */
	pthread_t thread;
};

static struct worker workers[CPUS_MAX];
static int answers[2];
static int count; /* of workers: CPUs 1 to count */
static atomic_int spinning;
static atomic_bool stop_spinning;
static unsigned long sent, received, barriers, sleeps;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static void obey(char order)
{
	const struct timespec nap = {.tv_nsec = SLEEP_NS};

	if (order == 't')
		for (int i = 0; i < SLEEPS; i++)
			nanosleep(&nap, NULL);
	if (order != 's')
		return;
	spinning++;
	while (!stop_spinning)
		;
	spinning--;
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	char order;

	pin(worker->cpu);
	while (read(worker->orders[0], &order, 1) == 1) {
		obey(order);
		if (write(answers[1], &order, 1) != 1)
			die("answer");
	}
	return NULL;
}

static void tell_all(char order)
{
	for (int i = 0; i < count; i++, sent++)
		if (write(workers[i].orders[1], &order, 1) != 1)
			die("order");
}

static void hear_all(void)
{
	char answer;

	for (int i = 0; i < count; i++, received++)
		if (read(answers[0], &answer, 1) != 1)
			die("answer");
}

static void send_barriers(void)
{
	stop_spinning = false;
	tell_all('s');
	while (spinning < count)
		;
	for (int i = 0; i < BARRIERS; i++, barriers++)
		if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
			die("membarrier");
	stop_spinning = true;
	hear_all();
}

static void do_round(void)
{
	tell_all('p');
	hear_all();
	tell_all('t');
	hear_all();
	sleeps += (unsigned long)count * SLEEPS;
	send_barriers();
}

/* The sum over all CPUs of a line of /proc/interrupts. */
static unsigned long interrupts(const char *name)
{
	FILE *file = fopen("/proc/interrupts", "r");
	char line[4096];
	unsigned long sum = 0;

	while (file && fgets(line, sizeof(line), file)) {
		char *at = strstr(line, name), *next;

		for (at = at ? at + strlen(name) : NULL; at; at = next) {
			unsigned long n = strtoul(at, &next, 10);

			if (next == at)
				break;
			sum += n;
		}
	}
	if (file)
		(void)fclose(file);
	return sum;
}

static void start_workers(void)
{
	count = (int)sysconf(_SC_NPROCESSORS_ONLN) - 1;
	if (count < 1 || count > CPUS_MAX || pipe(answers))
		die("workers");
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0))
		die("membarrier");
	for (int i = 0; i < count; i++) {
		workers[i].cpu = i + 1;
		if (pipe(workers[i].orders) ||
		    pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			die("worker");
	}
	pin(0);
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? strtol(argv[1], NULL, 10) : 5), shown = 0;
	unsigned long calls;

	start_workers();
	calls = interrupts("CAL:");
	do {
		do_round();
		if (time(NULL) == shown)
			continue;
		shown = time(NULL);
		printf("stress: %lu barriers, %lu sleeps\n", barriers, sleeps);
		(void)fflush(stdout);
	} while (time(NULL) < end);
	printf("stress: %d cpus, %lu messages, %lu answers, %lu barriers, %lu calls received, "
	       "%lu sleeps, %lu timer interrupts\n",
	       count + 1, sent, received, barriers * (unsigned long)count,
	       interrupts("CAL:") - calls, sleeps, interrupts("LOC:"));
	return 0;
}
