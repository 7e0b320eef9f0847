/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owns the choice of where typed keys go: to the shell, or to the one guest that
 * has the keyboard. Ctrl-] takes the keyboard from a guest. Never reads the UART.
 * The administrator's thread only.
 */
#pragma once

struct vm;

/* Gives vm the keyboard, and shows the text that it has printed meanwhile. NULL: the shell. */
void keyboard_attach(struct vm *vm);

/* Passes on typed keys until none is left, or the guest cannot receive the next one. */
void keyboard_dispatch(void);
