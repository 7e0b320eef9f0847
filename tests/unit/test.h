/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every unit test includes this header: cmocka, without its name fail, because Ashlar has a
 * function fail.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#undef fail
