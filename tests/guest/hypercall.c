/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls the hypercall "version", and calls that do not exist. */
#include "lib/hypercall.h"
#include "lib/guest.h"

void guest_main(void)
{
	check(hypercall(ASHLAR_CALL_VERSION, (struct hypercall){0}) == ASHLAR_ABI_VERSION,
	      "the version of the hypercalls");
	check(hypercall(~0ULL, (struct hypercall){0}) == ASHLAR_ENOSYS,
	      "a call that does not exist");
	check(hypercall(1, (struct hypercall){0}) == ASHLAR_ENOSYS, "a call in a gap");
	check(hypercall(ASHLAR_CALL_VERSION, (struct hypercall){{1}}) == ASHLAR_EINVAL,
	      "an argument that is not there");
}
