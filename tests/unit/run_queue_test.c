/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads join the queue, wait for their turn, and leave from any place. */
#include <string.h>

#include "tests/unit/test.h"

#include "core/sched/run_queue.h"

enum { THREADS = 5 };

static struct run_queue queue;
static struct thread threads[THREADS];

static int setup(void **state)
{
	(void)state;
	memset(&queue, 0, sizeof(queue));
	memset(threads, 0, sizeof(threads));
	for (int i = 0; i < THREADS; i++)
		run_queue_join(&queue, &threads[i]);
	return 0;
}

/* Checks that the threads with these digits are ready, in this order, and then none. */
static void expect_order(const char *digits)
{
	for (; *digits; digits++)
		assert_ptr_equal(run_queue_take(&queue), &threads[*digits - '0']);
	assert_null(run_queue_take(&queue));
}

static unsigned count_home(void)
{
	unsigned count = 0;

	for (const struct thread *t = queue.home; t; t = t->next_home)
		count++;
	return count;
}

static void first_come_first_served(void **state)
{
	(void)state;
	assert_int_equal(count_home(), THREADS);
	assert_ptr_equal(run_queue_take(&queue), &threads[0]);
	run_queue_add(&queue, &threads[0]);
	assert_int_equal(threads[0].state, THREAD_READY);
	expect_order("12340");
	run_queue_add(&queue, &threads[3]);
	expect_order("3");
}

static void an_urgent_one_comes_first(void **state)
{
	(void)state;
	expect_order("01234");
	run_queue_add_first(&queue, &threads[1]);
	run_queue_add(&queue, &threads[2]);
	run_queue_add_first(&queue, &threads[3]);
	assert_int_equal(threads[3].state, THREAD_READY);
	expect_order("312");
}

static void ready_ones_leave(void **state)
{
	static const char *const left[THREADS] = {"1234", "0234", "0134", "0124", "0123"};

	for (int i = 0; i < THREADS; i++) {
		setup(state);
		run_queue_leave(&queue, &threads[i], THREAD_MOVING);
		assert_int_equal(threads[i].state, THREAD_MOVING);
		assert_int_equal(count_home(), THREADS - 1);
		run_queue_join(&queue, &threads[i]); /* after the last one */
		assert_int_equal(count_home(), THREADS);
		for (const char *digit = left[i]; *digit; digit++)
			assert_ptr_equal(run_queue_take(&queue), &threads[*digit - '0']);
		assert_ptr_equal(run_queue_take(&queue), &threads[i]);
		expect_order("");
	}
}

static void one_that_runs_leaves(void **state)
{
	(void)state;
	run_queue_take(&queue)->state = THREAD_RUNNING;
	run_queue_leave(&queue, &threads[0], THREAD_LEAVING);
	assert_int_equal(count_home(), THREADS - 1);
	expect_order("1234");
}

static void all_leave(void **state)
{
	(void)state;
	for (int i = THREADS - 1; i >= 0; i--)
		run_queue_leave(&queue, &threads[i], THREAD_MOVING);
	assert_null(queue.home);
	expect_order("");
	run_queue_join(&queue, &threads[2]);
	run_queue_join(&queue, &threads[1]);
	expect_order("21");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(first_come_first_served, setup),
		cmocka_unit_test_setup(an_urgent_one_comes_first, setup),
		cmocka_unit_test_setup(ready_ones_leave, setup),
		cmocka_unit_test_setup(one_that_runs_leaves, setup),
		cmocka_unit_test_setup(all_leave, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
