/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's two 8259s, which the hypervisor does not use. */
#pragma once

/* Masks all their inputs, whatever firmware left open. */
void pic8259_mask(void);
