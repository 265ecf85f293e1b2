# `make bench`: what things cost, against the floor and against Linux' own calls. `make bench-scale`: what one of a thousand costs, and one of a million. docs/performance.md.
BENCH := $(BUILD)/bench/sink.sys $(BUILD)/bench/ops.exe $(BUILD)/bench/floor $(BUILD)/bench/linux $(BUILD)/tests/tools/steps
BENCH_SCALE := $(BUILD)/bench/scale.sys $(BUILD)/bench/scale.exe
$(BUILD)/bench/%.sys: bench/%.c
	@mkdir -p $(@D)
	$(CC) $(SAMPLE_DRIVER_FLAGS) -c $< -o $(@:.sys=.o)
	$(LLD) $(SAMPLE_DRIVER_LINK) -out:$@ $(@:.sys=.o) $(SAMPLE_DRIVER_LIBS)
$(BUILD)/bench/ops.exe: bench/ops.c bench/sink.h bench/steps.h
	@mkdir -p $(@D)
	$(MINGW_CC) $(SAMPLE_PROGRAM_FLAGS) -Wno-unused-function $< -o $@
$(BUILD)/bench/scale.exe: bench/scale-client.c bench/scale.h bench/steps.h
	@mkdir -p $(@D)
	$(MINGW_CC) $(SAMPLE_PROGRAM_FLAGS) -Wno-unused-function $< -o $@
$(BUILD)/bench/floor $(BUILD)/bench/linux: $(BUILD)/bench/%: bench/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -O2 -Wall -Wextra -Werror -pthread $< -o $@
$(BUILD)/bench/sink.sys: bench/sink.h
$(BUILD)/bench/scale.sys: bench/scale.h bench/steps.h
.PHONY: bench bench-scale
bench-scale: $(BENCH_SCALE) $(BUILD)/ringside
	$(BUILD)/ringside run --alone --verifier off --memory 4G -d $(BUILD)/bench/scale.sys $(BUILD)/bench/scale.exe
bench: $(BENCH) $(BUILD)/ringside
	BUILD=$(BUILD) bench/run.sh $(BENCH_ROWS)
