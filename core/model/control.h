/* SPDX-License-Identifier: BSD-2-Clause */
/* The checks on a guest's writes to control registers. Pure: decides, never writes. */
#pragma once

#include "core/base/regs.h"
#include "core/model/cpu_model.h"

/* Fills model->cr4 and model->efer from model->features. */
void control_derive(struct cpu_model *model);

/* True if linear is canonical: sign-extended from bit model->linear_bits - 1. */
bool control_canonical(const struct cpu_model *model, u64 linear);

/*
 * The following return whether the guest, in the given state, may write value. False:
 * the write raises #GP(0). Comments say where the register then differs from value.
 */

/* The register keeps ET set and ignores undefined bits. Uses cr0, cr4, efer, seg[SEG_CS]. */
bool control_cr0_valid(const struct control_state *state, u64 value);

/* Uses cr3, cr4, efer. */
bool control_cr4_valid(const struct cpu_model *model, const struct control_state *state, u64 value);

/* EFER.LMA in value is ignored, the register keeps its own. Uses cr0, efer. */
bool control_efer_valid(const struct cpu_model *model, const struct control_state *state,
			u64 value);

/* XSETBV with ECX = 0; supported = cpu_model.xcr0. The caller checks CPL and CR4.OSXSAVE. */
bool control_xcr0_valid(u64 value, u64 supported);

/* Returns the XSAVE components that a guest may have if the host has these; 0: no XSAVE. */
u64 control_xcr0_offered(u64 host);
