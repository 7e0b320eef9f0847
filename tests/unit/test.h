/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every unit test includes this header: cmocka, without its name fail, which is a function
 * of Ashlar's.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#undef fail
