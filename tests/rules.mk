# SPDX-License-Identifier: BSD-2-Clause
# Unit tests and fuzzers: each links the pure files that it calls. It names files that
# are not pure in a line "test-sources:" (units only), and libraries in a line
# "test-libs:". Included by the Makefile.
HOSTCC     ?= gcc
HOSTFLAGS  := -std=gnu11 -O1 -g $(WARN) -Wno-missing-prototypes -I. -fno-strict-aliasing \
              -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_TESTS := $(patsubst tests/unit/%_test.c,%,$(wildcard tests/unit/*_test.c))
FUZZERS    := $(patsubst tests/fuzz/%_fuzz.c,%,$(wildcard tests/fuzz/*_fuzz.c))
FUZZ_TIME  ?= 20
HEADERS    := $(wildcard */*.h */*/*.h)

test_sources = $(shell sed -n 's/.*test-sources: *\([^*]*\).*/\1/p' $(1))
test_libs    = $(shell sed -n 's/.*test-libs: *\([^*]*\).*/\1/p' $(1))

# Two libraries of all pure files, one for units and one for fuzzers: a test
# takes the files that it calls.
$(BUILD)/host/%.o: %.c | $(BUILD)/.need-build $(BUILD)/.need-test
	@mkdir -p $(@D)
	@$(HOSTCC) $(HOSTFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/host-fuzz/%.o: %.c | $(BUILD)/.need-build $(BUILD)/.need-test
	@mkdir -p $(@D)
	@clang $(HOSTFLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(BUILD)/host.a: $(PURE:%.c=$(BUILD)/host/%.o)
$(BUILD)/host-fuzz.a: $(PURE:%.c=$(BUILD)/host-fuzz/%.o)
$(BUILD)/%.a:
	@rm -f $@ && ar rcs $@ $^
-include $(shell find $(BUILD)/host $(BUILD)/host-fuzz -name '*.d' 2>/dev/null)

define unit_rule
$(BUILD)/unit/$(1): tests/unit/$(1)_test.c $(call test_sources,tests/unit/$(1)_test.c) $(BUILD)/host.a
	@mkdir -p $$(@D)
	@echo "  UNIT  $(1)"
	@$(HOSTCC) -I. -MM -MP -MT $$@ $$(filter %.c,$$^) >$$@.d
	@$(HOSTCC) $(HOSTFLAGS) -o $$@ $$(filter %.c %.a,$$^) -lcmocka $(call test_libs,tests/unit/$(1)_test.c)
unit-$(1): $(BUILD)/unit/$(1)
	$$<
endef
$(foreach t,$(UNIT_TESTS),$(eval $(call unit_rule,$(t))))
-include $(wildcard $(BUILD)/unit/*.d)

define fuzz_rule
$(BUILD)/fuzz/$(1): tests/fuzz/$(1)_fuzz.c $(BUILD)/host-fuzz.a $(HEADERS)
	@mkdir -p $$(@D)
	@echo "  FUZZ  $(1)"
	@clang $(HOSTFLAGS) -fsanitize=fuzzer -o $$@ $$(filter %.c %.a,$$^) $(call test_libs,tests/fuzz/$(1)_fuzz.c)
fuzz-$(1): $(BUILD)/fuzz/$(1)
	$$< -max_total_time=$(FUZZ_TIME) -verbosity=0 -print_final_stats=1
endef
$(foreach t,$(FUZZERS),$(eval $(call fuzz_rule,$(t))))

# tests/bench counts instructions in this program: no sanitizer, and route_find is not inlined.
$(BUILD)/bench/route: tests/unit/route_bench.c apic/virt/route.c $(HEADERS) | $(BUILD)/.need-build $(BUILD)/.need-bench
	@mkdir -p $(@D)
	@$(HOSTCC) -std=gnu11 -O2 -g $(WARN) -Wno-missing-prototypes -I. -o $@ $(filter %.c,$^)

unit-binaries: $(addprefix $(BUILD)/unit/,$(UNIT_TESTS))
fuzz-binaries: $(addprefix $(BUILD)/fuzz/,$(FUZZERS))
unit: $(addprefix unit-,$(UNIT_TESTS))
fuzz: $(addprefix fuzz-,$(FUZZERS))

.PHONY: unit fuzz unit-binaries fuzz-binaries
