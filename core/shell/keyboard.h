/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the answer to where a typed key goes: to the shell, or to the one guest
 * that has the keyboard. Ctrl-] takes the keyboard from a guest. The
 * administrator's thread only.
 */
#pragma once

struct vm;

/* Gives vm the keyboard and shows what it has printed meanwhile; NULL: gives it to the shell. */
void keyboard_attach(struct vm *vm);

/* Passes on what was typed, for as long as the shell or the guest takes it. */
void keyboard_dispatch(void);
