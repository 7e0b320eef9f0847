/* SPDX-License-Identifier: BSD-2-Clause */
/* The token table of page-not-present events. Never accesses guest memory. Pure. */
#include "pv/pnp.h"

#include "core/base/bits.h"

enum { INDEX_BITS = 8 };
static_assert(PNP_RING_MAX <= 1 << INDEX_BITS, "an index fits into a token");

bool pnp_size_valid(u64 size)
{
	return size >= 2 && size <= PNP_RING_MAX && !(size & (size - 1));
}

void pnp_set_ring(struct pnp *pnp, u64 gpa, u32 size)
{
	u32 serial = pnp->serial; /* kept, so that new tokens differ from old ones */

	*pnp = (struct pnp){.ring = gpa, .size = size, .serial = serial};
}

enum pnp_result pnp_take(struct pnp *pnp, u32 tail, u64 gpa, u32 vcpu, u32 *value)
{
	struct pnp_token *token = pnp->token;

	if (!pnp_tail_valid(pnp->head, tail, pnp->size))
		return PNP_BROKEN;
	if (pnp->out + (pnp->head - tail) + 1 >= pnp->size)
		return PNP_BUSY;
	while (token->out)
		token++;
	*value = pnp->serial++ << INDEX_BITS | (u32)(token - pnp->token);
	*token = (struct pnp_token){{.gpa = gpa}, *value, (u16)vcpu, true};
	pnp->out++;
	return PNP_OK;
}

enum pnp_result pnp_put(struct pnp *pnp, u32 tail, unsigned index, u32 *event)
{
	if (!pnp_tail_valid(pnp->head, tail, pnp->size) || pnp->head - tail == pnp->size)
		return PNP_BROKEN;
	pnp->token[index].out = false;
	pnp->out--;
	*event = pnp->head++ % pnp->size;
	return PNP_OK;
}

void pnp_cancel(struct pnp *pnp, u32 vcpu)
{
	for (int i = pnp_next(pnp, 0); i >= 0; i = pnp_next(pnp, (unsigned)i + 1)) {
		if (pnp->token[i].vcpu != vcpu)
			continue;
		pnp->token[i].out = false;
		pnp->out--;
	}
}

int pnp_next(const struct pnp *pnp, unsigned from)
{
	for (; from < PNP_RING_MAX; from++)
		if (pnp->token[from].out)
			return (int)from;
	return -1;
}
