/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens and their ring, with a guest that keeps the rules and one that does not; absent pages. */
#include <stdlib.h>

#include "tests/unit/test.h"

#include "mm/absent.h"
#include "pv/pnp.h"

static struct pnp pnp;

static void start(u32 size)
{
	pnp = (struct pnp){0};
	pnp_set_ring(&pnp, 0x1000, size);
}

static void sizes(void **state)
{
	(void)state;
	for (u64 size = 0; size < 1000; size++)
		assert_int_equal(pnp_size_valid(size), size == 2 || size == 4 || size == 8 ||
							       size == 16 || size == 32 ||
							       size == 64 || size == 128);
	assert_false(pnp_size_valid(1ULL << 32));
}

/* In every order of events, resolutions and reads no token is lost, doubled or added. */
static void random_orders(void **state)
{
	(void)state;
	srand(6);
	for (u32 size = 2; size <= PNP_RING_MAX; size *= 2) {
		u32 ring[PNP_RING_MAX] = {0}, tail = (u32)rand(), told = 0, read = 0;
		u32 seen[64] = {0};

		start(size);
		pnp.head = tail;
		for (unsigned step = 0; step < 20000; step++) {
			u32 value, event, vcpu = (u32)rand() % 64;
			int index = pnp_next(&pnp, (unsigned)rand() % PNP_RING_MAX);

			switch (rand() % 3) {
			case 0:
				if (pnp_take(&pnp, tail, step, vcpu, &value) != PNP_OK) {
					assert_int_equal(pnp.out + (pnp.head - tail), size - 1);
					break;
				}
				for (int i = pnp_next(&pnp, 0), same = 0; i >= 0;
				     i = pnp_next(&pnp, (unsigned)i + 1))
					assert_true(pnp.token[i].value != value || !same++);
				seen[vcpu]++;
				told++;
				break;
			case 1:
				if (index < 0)
					break;
				value = pnp.token[index].value;
				seen[pnp.token[index].vcpu]--;
				assert_int_equal(pnp_put(&pnp, tail, (unsigned)index, &event),
						 PNP_OK);
				assert_true(event < size);
				ring[event] = value;
				break;
			case 2:
				if (tail == pnp.head)
					break;
				assert_int_not_equal(ring[tail % size], ~0U);
				ring[tail++ % size] = ~0U;
				read++;
			}
			assert_true(pnp.out + (pnp.head - tail) < size);
			assert_int_equal(told, read + pnp.out + (pnp.head - tail));
		}
		for (u32 i = 0; i < 64; i++) {
			u32 out = pnp.out;

			pnp_cancel(&pnp, i);
			assert_int_equal(out - pnp.out, seen[i]);
		}
		assert_int_equal(pnp_next(&pnp, 0), -1);
	}
}

static void impossible_tails(void **state)
{
	u32 value, event;

	(void)state;
	start(4);
	assert_int_equal(pnp_take(&pnp, 0, 0, 0, &value), PNP_OK);
	assert_int_equal(pnp_take(&pnp, 1, 0, 0, &value), PNP_BROKEN); /* ahead of head */
	assert_int_equal(pnp_put(&pnp, 0x80000000, 0, &event), PNP_BROKEN);
	assert_int_equal(pnp_put(&pnp, (u32)-5, 0, &event), PNP_BROKEN); /* too far behind */
	assert_int_equal(pnp_put(&pnp, (u32)-4, 0, &event), PNP_BROKEN); /* full */
	assert_int_equal(pnp_put(&pnp, (u32)-3, 0, &event), PNP_OK); /* set back, but possible */
	assert_int_equal(pnp.out, 0);
	assert_int_equal(pnp_take(&pnp, (u32)-3, 0, 0, &value), PNP_BUSY);
}

/* A token that was dropped with its ring does not belong to the new ring. */
static void new_ring(void **state)
{
	u32 old, new;

	(void)state;
	start(8);
	assert_int_equal(pnp_take(&pnp, 0, 0, 3, &old), PNP_OK);
	pnp_set_ring(&pnp, 0x2000, 8);
	assert_int_equal(pnp_next(&pnp, 0), -1);
	assert_int_equal(pnp_take(&pnp, 0, 0, 3, &new), PNP_OK);
	assert_int_not_equal(old, new);
}

static void absent_pages(void **state)
{
	static struct absent_page room[64];
	struct absent absent = {room, 0, 64};
	u8 model[128] = {0};
	struct hpa host;

	(void)state;
	srand(7);
	for (unsigned step = 0; step < 20000; step++) {
		unsigned page = (unsigned)rand() % 128, size = 1 + (unsigned)rand() % 20;
		enum absent_why why = rand() % 2 ? ABSENT_EVICTED : ABSENT_FAILED;
		bool any = false;

		if (rand() % 2) {
			bool room_left = absent.count < absent.max || model[page];

			assert_int_equal(
				absent_add(&absent, page * 4096, hpa_make((page + 7) * 4096), why),
				room_left);
			if (room_left)
				model[page] = why;
		} else {
			absent_remove(&absent, page * 4096);
			model[page] = ABSENT_NOT;
		}
		page = (unsigned)rand() % 128;
		assert_int_equal(absent_find(&absent, page * 4096 + 5, &host), model[page]);
		if (model[page])
			assert_int_equal(host.addr, (page + 7) * 4096);
		for (unsigned i = page; i < page + size && i < 128; i++)
			any |= model[i] != ABSENT_NOT;
		assert_int_equal(absent_any(&absent, page * 4096, size * 4096), any);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(random_orders),
		cmocka_unit_test(impossible_tails),
		cmocka_unit_test(new_ring),
		cmocka_unit_test(absent_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
