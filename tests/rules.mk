# SPDX-License-Identifier: BSD-2-Clause
# Unit tests and fuzzers: each names the pure files it links, and libraries, in
# "test-sources:" and "test-libs:" lines of its own. Included by the Makefile.
HOSTCC     ?= gcc
HOSTFLAGS  := -std=gnu11 -O1 -g $(WARN) -Wno-missing-prototypes -I. -fno-strict-aliasing \
              -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_TESTS := $(patsubst tests/unit/%_test.c,%,$(wildcard tests/unit/*_test.c))
FUZZERS    := $(patsubst tests/fuzz/%_fuzz.c,%,$(wildcard tests/fuzz/*_fuzz.c))
FUZZ_TIME  ?= 20
HEADERS    := $(wildcard */*.h */*/*.h)

test_sources = $(shell sed -n 's/.*test-sources: *\([^*]*\).*/\1/p' $(1))
test_libs    = $(shell sed -n 's/.*test-libs: *\([^*]*\).*/\1/p' $(1))

define unit_rule
$(BUILD)/unit/$(1): tests/unit/$(1)_test.c $(call test_sources,tests/unit/$(1)_test.c) | $(BUILD)/.need-build $(BUILD)/.need-test
	@mkdir -p $$(@D)
	@echo "  UNIT  $(1)"
	@$(HOSTCC) -I. -MM -MP -MT $$@ $$(filter %.c,$$^) >$$@.d
	@$(HOSTCC) $(HOSTFLAGS) -o $$@ $$(filter %.c,$$^) -lcmocka $(call test_libs,tests/unit/$(1)_test.c)
unit-$(1): $(BUILD)/unit/$(1)
	$$<
endef
$(foreach t,$(UNIT_TESTS),$(eval $(call unit_rule,$(t))))
-include $(wildcard $(BUILD)/unit/*.d)

define fuzz_rule
$(BUILD)/fuzz/$(1): tests/fuzz/$(1)_fuzz.c $(call test_sources,tests/fuzz/$(1)_fuzz.c) $(HEADERS) | $(BUILD)/.need-build $(BUILD)/.need-test
	@mkdir -p $$(@D)
	@echo "  FUZZ  $(1)"
	@clang $(HOSTFLAGS) -fsanitize=fuzzer -o $$@ $$(filter %.c,$$^) $(call test_libs,tests/fuzz/$(1)_fuzz.c)
fuzz-$(1): $(BUILD)/fuzz/$(1)
	$$< -max_total_time=$(FUZZ_TIME) -verbosity=0 -print_final_stats=1
endef
$(foreach t,$(FUZZERS),$(eval $(call fuzz_rule,$(t))))

# What tests/bench counts in: no sanitizer, and route_find a function of its own.
$(BUILD)/bench/route: tests/unit/route_bench.c apic/virt/route.c $(HEADERS) | $(BUILD)/.need-build $(BUILD)/.need-bench
	@mkdir -p $(@D)
	@$(HOSTCC) -std=gnu11 -O2 -g $(WARN) -Wno-missing-prototypes -I. -o $@ $(filter %.c,$^)

unit-binaries: $(addprefix $(BUILD)/unit/,$(UNIT_TESTS))
fuzz-binaries: $(addprefix $(BUILD)/fuzz/,$(FUZZERS))
unit: $(addprefix unit-,$(UNIT_TESTS))
fuzz: $(addprefix fuzz-,$(FUZZERS))

.PHONY: unit fuzz unit-binaries fuzz-binaries
