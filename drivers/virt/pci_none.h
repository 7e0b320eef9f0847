/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI configuration mechanism #1 of a machine without PCI devices: the
 * address register remembers, the data register reads all ones. Pure.
 */
#pragma once

#include "core/base/types.h"

struct pci_none {
	u32 address; /* 0xCF8 */
};

void pci_none_reset(struct pci_none *pci);
/* reg: offset from 0xCF8, 0 to 7; size 1, 2 or 4. The address takes 4-byte accesses only. */
u32 pci_none_read(const struct pci_none *pci, unsigned reg, unsigned size);
void pci_none_write(struct pci_none *pci, unsigned reg, unsigned size, u32 value);
