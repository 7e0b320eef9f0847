/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words that several CPUs read and write without a lock. `at` points to an
 * integer, a bool, an enum or a pointer. Macros, since each operation is the
 * same for every width. Pure, header only.
 *
 * Orders. A store that publishes what was written before it is a release; the
 * load that finds it is an acquire. Both are plain moves on x86 and bind the
 * compiler alone. A read-modify-write is in order with everything before and
 * after it, because LOCK makes it so whatever order is asked for. Only
 * atomic_store_full costs something (an XCHG): use it where a store must be seen
 * before a later load of another word is made, and say there which word.
 */
#pragma once

/* No order: a counter, a flag of its own, or something else that gives the order. */
#define atomic_get(at)	      __atomic_load_n(at, __ATOMIC_RELAXED)
#define atomic_set(at, value) __atomic_store_n(at, value, __ATOMIC_RELAXED)

#define atomic_load_acquire(at)		__atomic_load_n(at, __ATOMIC_ACQUIRE)
#define atomic_store_release(at, value) __atomic_store_n(at, value, __ATOMIC_RELEASE)
#define atomic_store_full(at, value)	__atomic_store_n(at, value, __ATOMIC_SEQ_CST)

/* Each returns the value before. */
#define atomic_add(at, value)  __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST)
#define atomic_sub(at, value)  __atomic_fetch_sub(at, value, __ATOMIC_SEQ_CST)
#define atomic_or(at, bits)    __atomic_fetch_or(at, bits, __ATOMIC_SEQ_CST)
#define atomic_and(at, bits)   __atomic_fetch_and(at, bits, __ATOMIC_SEQ_CST)
#define atomic_swap(at, value) __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST)

/* Stores value if *at is *expected. False: it is not, and *expected is what it is instead. */
#define atomic_compare_swap(at, expected, value)                                                   \
	__atomic_compare_exchange_n(at, expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

/* Loads before an acquire fence, and stores after a release fence, stay on their side of it. */
#define atomic_fence_acquire() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define atomic_fence_release() __atomic_thread_fence(__ATOMIC_RELEASE)
