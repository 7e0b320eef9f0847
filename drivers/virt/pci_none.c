/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI configuration mechanism #1 with nothing behind it. Pure. */
#include "drivers/virt/pci_none.h"

/* PCI Local Bus Specification "Software Generation of Configuration Transactions". */
enum { CONFIG_ADDRESS = 0, CONFIG_ADDRESS_SIZE = 4 };

#define CONFIG_ADDRESS_BITS 0x80fffffcU

static bool is_address(unsigned reg, unsigned size)
{
	return reg == CONFIG_ADDRESS && size == CONFIG_ADDRESS_SIZE;
}

void pci_none_reset(struct pci_none *pci)
{
	pci->address = 0;
}

u32 pci_none_read(const struct pci_none *pci, unsigned reg, unsigned size)
{
	return is_address(reg, size) ? pci->address : UINT32_MAX;
}

void pci_none_write(struct pci_none *pci, unsigned reg, unsigned size, u32 value)
{
	if (is_address(reg, size))
		pci->address = value & CONFIG_ADDRESS_BITS;
}
