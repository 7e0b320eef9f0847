/* SPDX-License-Identifier: BSD-2-Clause */
/* Does VMX work on the CPU that runs this? */
#include "vmx/vmx.h"

enum status vmx_test_cpu(struct error *err)
{
	(void)err;
	return OK;
}
