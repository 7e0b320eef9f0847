/* SPDX-License-Identifier: BSD-2-Clause */
/* test-libs: -lpthread */
#include "core/trace/trace_text.h"

#include "core/base/bits.h"
#include "core/guest/exit.h"
#include "core/host/sched.h"

#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "test.h"

static struct trace_ring rings[3];

static int setup(void **state)
{
	(void)state;
	memset(rings, 0, sizeof(rings));
	return 0;
}

static void put(unsigned ring, u64 tsc)
{
	struct trace_event event = {
		.tsc = tsc, .who = trace_ring_who(ring, 1), .a = ~tsc, .b = tsc};

	trace_ring_put(&rings[ring], &event);
}

static void all_events_come_back_in_order_of_time(void **state)
{
	static const u64 times[3][4] = {{1, 5, 6, 12}, {2, 3, 11, 13}, {4, 7, 8, 10}};
	struct trace_reader readers[3];
	struct trace_event event;
	u64 last = 0;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		for (unsigned k = 0; k < 4; k++)
			put(i, times[i][k]);
	for (unsigned i = 0; i < 3; i++)
		trace_ring_open(&readers[i], &rings[i], UINT64_MAX);
	for (unsigned k = 0; k < 12; k++) {
		int from = trace_ring_next(readers, 3, &event);

		assert_in_range(from, 0, 2);
		assert_int_equal(event.who, trace_ring_who((u32)from, 1));
		assert_true(event.tsc > last);
		last = event.tsc;
	}
	assert_int_equal(trace_ring_next(readers, 3, &event), -1);
}

/* A full ring has lost its oldest events, and the slot for the next one. */
static void a_full_ring_keeps_the_newest(void **state)
{
	struct trace_reader reader;
	struct trace_event event;
	u64 count = 0;

	(void)state;
	for (u64 i = 1; i <= 3 * TRACE_RING_EVENTS; i++)
		put(0, i);
	trace_ring_open(&reader, &rings[0], UINT64_MAX);
	while (trace_ring_next(&reader, 1, &event) >= 0)
		assert_int_equal(event.tsc, 2 * TRACE_RING_EVENTS + 1 + ++count);
	assert_int_equal(count, TRACE_RING_EVENTS - 1);
	trace_ring_open(&reader, &rings[0], 5);
	assert_int_equal(trace_ring_next(&reader, 1, &event), 0);
	assert_int_equal(event.tsc, 3 * TRACE_RING_EVENTS - 4);
}

static void a_reader_ends_where_the_ring_was_and_skips_what_is_lost(void **state)
{
	struct trace_reader readers[2] = {0};
	struct trace_event event;

	(void)state;
	put(0, 1);
	put(0, 2);
	trace_ring_open(&readers[1], &rings[0], UINT64_MAX);
	put(0, 3);
	assert_int_equal(trace_ring_next(readers, 2, &event), 1);
	assert_int_equal(event.tsc, 1);
	for (u64 i = 0; i < TRACE_RING_EVENTS; i++)
		put(0, 4 + i);
	assert_int_equal(trace_ring_next(readers, 2, &event), -1);
}

static bool stop;

static int write_on(void *unused)
{
	for (u64 i = 1; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++)
		put(0, i);
	(void)unused;
	return 0;
}

/* A reader never sees half an event while the owner writes. */
static void a_reader_sees_whole_events(void **state)
{
	struct trace_reader reader;
	struct trace_event event;
	thrd_t writer;
	bool whole = true;
	u64 seen = 0;

	(void)state;
	assert_int_equal(thrd_create(&writer, write_on, NULL), thrd_success);
	while (seen < 2000000) {
		trace_ring_open(&reader, &rings[0], UINT64_MAX);
		while (trace_ring_next(&reader, 1, &event) >= 0) {
			whole &= event.a == ~event.tsc && event.b == event.tsc;
			seen++;
		}
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	thrd_join(writer, NULL);
	assert_true(whole);
}

static void events_in_words(void **state)
{
	static const struct {
		struct trace_event event;
		const char *text;
	} rows[] = {
		{{.what = TRACE_EXIT, .kind = EXIT_KIND_CPUID, .code = 0x72, .a = 0x1000},
		 "cpuid rip 0x1000 code 0x72 info 0x0"},
		{{.what = TRACE_EXIT, .kind = 200, .a = 1}, "? rip 0x1 code 0x0 info 0x0"},
		{{.what = TRACE_INJECT, .kind = 3, .code = 14, .a = 2},
		 "exception vector 14 error 0x2"},
		{{.what = TRACE_INJECT, .kind = 0, .code = 236}, "interrupt vector 236 error 0x0"},
		{{.what = TRACE_IPI, .kind = 6, .code = 9, .a = 3}, "SIPI vector 9 to 0x3"},
		{{.what = TRACE_SWITCH, .a = 0}, "to idle"},
		{{.what = TRACE_SWITCH, .a = (u64) "web"}, "to web"},
		{{.what = TRACE_WAKE, .code = PENDING_IRQ | PENDING_STOP}, "irq stop"},
		{{.what = TRACE_WAKE, .code = PENDING_MOVE | PENDING_APIC}, "move apic"},
		{{.what = TRACE_HYPERCALL, .a = 7, .b = UINT64_MAX},
		 "number 7 result 0xffffffffffffffff"},
		{{.what = 99, .a = 1, .b = 2}, "what 99 a 0x1 b 0x2"},
	};
	char text[96];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		trace_text_describe(&rows[i].event, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
	}
	assert_string_equal(trace_text_what(TRACE_WAKE), "wake");
	assert_string_equal(trace_text_what(TRACE_WHAT_COUNT), "?");
}

/* The text of every event fits into the buffer and ends. */
static void any_event_in_any_buffer(void **state)
{
	(void)state;
	srand(1);
	for (unsigned i = 0; i < 20000; i++) {
		struct trace_event event = {
			.what = (u8)(rand() % 8),
			.kind = (u8)rand(),
			.code = (u16)rand(),
			.b = (u64)rand(),
		};
		size_t size = 1 + (size_t)rand() % 40;
		char *text = malloc(size);

		trace_text_describe(&event, text, size);
		assert_true(strnlen(text, size) < size);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(all_events_come_back_in_order_of_time, setup),
		cmocka_unit_test_setup(a_full_ring_keeps_the_newest, setup),
		cmocka_unit_test_setup(a_reader_ends_where_the_ring_was_and_skips_what_is_lost,
				       setup),
		cmocka_unit_test_setup(a_reader_sees_whole_events, setup),
		cmocka_unit_test(events_in_words),
		cmocka_unit_test(any_event_in_any_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
