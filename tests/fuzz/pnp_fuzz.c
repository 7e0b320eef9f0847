/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page-not-present tokens, with a guest that writes any tail and registers any ring at any
 * time: no event lies outside the ring, no token comes twice, and all counts are right.
 */
#include <stdlib.h>

#include "pv/pnp.h"

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_all(const struct pnp *pnp)
{
	u32 out = 0;

	for (int i = pnp_next(pnp, 0); i >= 0; i = pnp_next(pnp, (unsigned)i + 1)) {
		out++;
		check((pnp->token[i].value & 0xff) == (u32)i);
	}
	check(out == pnp->out);
	check(out < pnp->size || (out == 0 && pnp->size == 0));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pnp pnp = {0};
	u32 value, event;

	for (; size >= 6; data += 6, size -= 6) {
		u32 tail = data[2] | (u32)data[3] << 8 | (u32)data[4] << 16 | (u32)data[5] << 24;
		int index = pnp_next(&pnp, data[1] % PNP_RING_MAX);

		switch (data[0] % 5) {
		case 0:
			if (pnp_size_valid(data[1]) || data[1] == 0)
				pnp_set_ring(&pnp, tail, data[1]);
			break;
		case 1: /* a plausible tail, or any */
			tail = data[5] & 1 ? tail : pnp.head - data[1] % 4;
			if (pnp.size)
				(void)pnp_take(&pnp, tail, tail, data[1], &value);
			break;
		case 2:
			tail = data[5] & 1 ? tail : pnp.head - data[1] % 4;
			if (index >= 0 && pnp_put(&pnp, tail, (unsigned)index, &event) == PNP_OK)
				check(event < pnp.size);
			break;
		case 3:
			pnp_cancel(&pnp, data[1]);
			break;
		case 4: /* after many events */
			pnp.head += tail;
			pnp.serial += tail;
			break;
		}
		check_all(&pnp);
	}
	return 0;
}
