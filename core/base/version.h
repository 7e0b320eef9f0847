/* SPDX-License-Identifier: BSD-2-Clause */
/* What this build is called; the text is made by the Makefile. */
#pragma once

/* "0.1 (commit)" */
extern const char version_text[];
