/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test guest includes this header: the whole library, and the one function that the guest
 * must define.
 */
#pragma once

#include "core/base/bits.h"
#include "core/base/string.h"
#include "lib/apic.h"
#include "lib/machine.h"
#include "lib/paging.h"
#include "lib/report.h"
#include "lib/smp.h"
#include "lib/timer.h"
#include "lib/trap.h"

/* The test. Runs on the first CPU, interrupts off; when it returns, DONE is printed. */
void guest_main(void);
