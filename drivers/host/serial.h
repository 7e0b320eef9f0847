/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host 16550 UART, polled in both directions. No lock: core/log.c holds its
 * own around output; input belongs to the one CPU that polls it.
 */
#pragma once

#include "core/types.h"

enum { SERIAL_COM1 = 0x3f8, SERIAL_DEFAULT_BAUD = 115200 };

/*
 * Sets 8N1 and FIFOs at baud (which divides 115200). False when no UART
 * answers at port; output then goes nowhere.
 */
bool serial_init(u16 port, u32 baud);

/* Is there a UART? */
bool serial_is_open(void);

/* Waits while the FIFO is full, but for a bounded time: a dead line cannot stop the hypervisor. */
void serial_write(const char *text, size_t size);

/* The next received byte, or -1. Never waits. */
int serial_read(void);
