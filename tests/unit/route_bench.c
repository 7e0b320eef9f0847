/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * route_bench VCPUS KIND: looks up ROUNDS destinations among VCPUS APICs. tests/bench
 * counts the instructions of route_find. KIND: physical, logical or cluster, the last in
 * x2APIC mode; aliased is physical with one ID for all.
 */
#include <stdlib.h>
#include <string.h>

#include "apic/virt/route.h"

enum { ROUNDS = 1000 };

static struct route_table table;

static struct route_apic describe(unsigned index, const char *kind)
{
	bool x2apic = strcmp(kind, "cluster") == 0;

	return (struct route_apic){
		.id = strcmp(kind, "aliased") == 0 ? 7 : index,
		.ldr = x2apic ? apic_x2apic_ldr(index) : 1U << index % 8,
		.mode = x2apic ? APIC_MODE_X2APIC : APIC_MODE_XAPIC,
		.dfr = APIC_DFR_FLAT,
		.software_enabled = true,
	};
}

int main(int argc, char **argv)
{
	unsigned count = argc == 3 ? (unsigned)atoi(argv[1]) : 0, found = 0;

	if (count < 1 || count > MAX_VCPUS)
		return 2;
	route_init(&table, count);
	for (unsigned i = 0; i < count; i++) {
		struct route_apic apic = describe(i, argv[2]);

		route_update(&table, i, &apic);
	}
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct route_apic apic = describe(i % count, argv[2]);
		struct apic_message message = {
			.destination =
				strcmp(argv[2], "physical") == 0 || strcmp(argv[2], "aliased") == 0
					? apic.id
					: apic.ldr,
			.vector = 0x40,
			.logical =
				strcmp(argv[2], "logical") == 0 || strcmp(argv[2], "cluster") == 0,
		};
		struct vcpu_set targets;

		route_find(&table, &message, 0, &targets);
		found += vcpu_set_count(&targets) > 0;
	}
	return found == ROUNDS ? 0 : 1;
}
