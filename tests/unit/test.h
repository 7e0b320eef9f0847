/* SPDX-License-Identifier: BSD-2-Clause */
/* What every unit test includes: cmocka, without its name fail, which is ours. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#undef fail
