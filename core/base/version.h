/* SPDX-License-Identifier: BSD-2-Clause */
/* The name of this build. The Makefile makes the text. */
#pragma once

/* "0.1 (commit)" */
extern const char version_text[];
