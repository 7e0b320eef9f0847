/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations on words that several CPUs read and write without a lock. `at` points
 * to an integer, a bool, an enum or a pointer. Macros, since each operation is the
 * same for every width. Pure, header only.
 *
 * Orders. A store that publishes earlier writes is a release; the load that reads
 * its value is an acquire. Both are plain moves on x86, and only restrict the
 * compiler. A read-modify-write is ordered with all accesses before and after it,
 * because the LOCK prefix has that effect anyway. Only atomic_store_full has a
 * cost (an XCHG): use it where a store must be visible before a later load of
 * another word, and name that word in a comment.
 */
#pragma once

/* No order: for counters, independent flags, and words ordered by something else. */
#define atomic_get(at)	      __atomic_load_n(at, __ATOMIC_RELAXED)
#define atomic_set(at, value) __atomic_store_n(at, value, __ATOMIC_RELAXED)

#define atomic_load_acquire(at)		__atomic_load_n(at, __ATOMIC_ACQUIRE)
#define atomic_store_release(at, value) __atomic_store_n(at, value, __ATOMIC_RELEASE)
#define atomic_store_full(at, value)	__atomic_store_n(at, value, __ATOMIC_SEQ_CST)

/* Each returns the old value. */
#define atomic_add(at, value)  __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST)
#define atomic_sub(at, value)  __atomic_fetch_sub(at, value, __ATOMIC_SEQ_CST)
#define atomic_or(at, bits)    __atomic_fetch_or(at, bits, __ATOMIC_SEQ_CST)
#define atomic_and(at, bits)   __atomic_fetch_and(at, bits, __ATOMIC_SEQ_CST)
#define atomic_swap(at, value) __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST)

/*
 * Stores value if *at equals *expected. False: it differs, and *expected is now the value of
 * *at.
 */
#define atomic_compare_swap(at, expected, value)                                                   \
	__atomic_compare_exchange_n(at, expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

/* Loads before an acquire fence, and stores after a release fence, stay on their side of it. */
#define atomic_fence_acquire() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define atomic_fence_release() __atomic_thread_fence(__ATOMIC_RELEASE)
