/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One 8254 counter that is clocked pulse by pulse, written from the mode diagrams of the
 * Intel 8254 data sheet. The results of drivers/virt/pit.c are compared with it.
 * Counts of 1 in modes 2 and 3 are excluded, as in the data sheet.
 */
#pragma once

#include "core/base/types.h"

struct reference {
	unsigned mode;
	u32 range;  /* 65536 or 10000 */
	u32 cr, ce; /* count register (0: the whole range) and counting element */
	bool gate, out;
	bool written; /* cr has been written since the control word */
	bool load;    /* the next pulse loads ce */
	bool running; /* ce has been loaded since the control word */
	bool odd;     /* mode 3: the loaded count was odd */
	bool strobe;  /* modes 4 and 5: the low pulse is still to come */
};

static void reference_program(struct reference *ref, unsigned mode, bool bcd)
{
	*ref = (struct reference){
		.mode = mode,
		.range = bcd ? 10000 : 65536,
		.gate = ref->gate,
		.out = mode != 0,
	};
}

/* The first of two bytes of a count. */
static void reference_half_write(struct reference *ref)
{
	if (ref->mode != 0)
		return;
	ref->running = false;
	ref->load = false;
	ref->out = false;
}

static void reference_write(struct reference *ref, u32 count)
{
	bool first = !ref->written;

	ref->cr = count % ref->range;
	ref->written = true;
	if (ref->mode == 0)
		ref->out = false;
	if (ref->mode == 4)
		ref->out = true;
	if (ref->mode == 0 || ref->mode == 4 || ((ref->mode == 2 || ref->mode == 3) && first))
		ref->load = true;
}

static void reference_gate(struct reference *ref, bool gate)
{
	bool rise = gate && !ref->gate;

	ref->gate = gate;
	if ((ref->mode == 2 || ref->mode == 3) && !gate)
		ref->out = true;
	if (!rise || !ref->written || ref->mode == 0 || ref->mode == 4)
		return;
	ref->load = true;
	if (ref->mode == 1)
		ref->out = false; /* the chip waits for the pulse */
}

static void reference_reload(struct reference *ref)
{
	ref->ce = ref->mode == 3 ? ref->cr & ~1U : ref->cr;
	ref->odd = ref->cr & 1;
}

static void reference_count(struct reference *ref, u32 step)
{
	ref->ce = (ref->ce + ref->range - step) % ref->range;
}

static void reference_square_clock(struct reference *ref)
{
	if (ref->odd && ref->out && ref->ce == 0) { /* an odd count has one more pulse */
		ref->out = false;
		reference_reload(ref);
		return;
	}
	reference_count(ref, 2);
	if (ref->ce == 0 && !(ref->odd && ref->out)) {
		ref->out = !ref->out;
		reference_reload(ref);
	}
}

static void reference_rate_clock(struct reference *ref)
{
	reference_count(ref, 1);
	if (ref->ce == 0) {
		ref->out = true;
		reference_reload(ref);
	} else if (ref->ce == 1) {
		ref->out = false;
	}
}

static void reference_clock(struct reference *ref)
{
	bool gated = ref->mode != 1 && ref->mode != 5;

	if (ref->load) {
		ref->load = false;
		ref->running = true;
		ref->strobe = true;
		reference_reload(ref);
		if (ref->mode == 5)
			ref->out = true;
		return;
	}
	if (!ref->running || (gated && !ref->gate))
		return;
	if (ref->mode == 3) {
		reference_square_clock(ref);
		return;
	}
	if (ref->mode == 2) {
		reference_rate_clock(ref);
		return;
	}
	reference_count(ref, 1);
	if (ref->mode <= 1 && ref->ce == 0)
		ref->out = true;
	if (ref->mode >= 4) {
		ref->out = !(ref->strobe && ref->ce == 0);
		if (ref->ce == 0)
			ref->strobe = false;
	}
}
