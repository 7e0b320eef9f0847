/* SPDX-License-Identifier: BSD-2-Clause */
/* Units of time. Header only. */
#pragma once

#define NS_PER_US 1000ULL
#define NS_PER_MS 1000000ULL
#define NS_PER_S  1000000000ULL
#define US_PER_S  1000000U
