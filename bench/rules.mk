# `make bench`: what one buffered WriteFile of 22 bytes costs, against the floor and against Linux' write(2) to /dev/null.
BENCH := $(BUILD)/bench/sink.sys $(BUILD)/bench/write.exe $(BUILD)/bench/floor $(BUILD)/bench/devnull
BENCH_SCALE := $(BUILD)/bench/scale.sys $(BUILD)/bench/scale.exe
$(BUILD)/bench/%.sys: bench/%.c
	@mkdir -p $(@D)
	$(CC) $(SAMPLE_DRIVER_FLAGS) -c $< -o $(@:.sys=.o)
	$(LLD) $(SAMPLE_DRIVER_LINK) -out:$@ $(@:.sys=.o) $(SAMPLE_DRIVER_LIBS)
$(BUILD)/bench/write.exe: bench/write.c
	@mkdir -p $(@D)
	$(MINGW_CC) $(SAMPLE_PROGRAM_FLAGS) $< -o $@
$(BUILD)/bench/floor $(BUILD)/bench/devnull: $(BUILD)/bench/%: bench/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -O2 -Wall -Wextra -Werror $< -o $@
# What one of a thousand costs, and one of a million: handles, devices, threads, requests.
$(BUILD)/bench/scale.sys: bench/scale.h
$(BUILD)/bench/scale.exe: bench/scale-client.c bench/scale.h
	@mkdir -p $(@D)
	$(MINGW_CC) $(SAMPLE_PROGRAM_FLAGS) -Wno-unused-function $< -o $@
.PHONY: bench bench-scale
bench-scale: $(BENCH_SCALE) $(BUILD)/ringside
	$(BUILD)/ringside run --alone --verifier off --memory 4G -d $(BUILD)/bench/scale.sys $(BUILD)/bench/scale.exe
bench: $(BENCH) $(BUILD)/ringside
	BUILD=$(BUILD) bench/run.sh
