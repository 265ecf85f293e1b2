# `make bench`: what one buffered WriteFile of 22 bytes costs, against the floor and against Linux' write(2) to /dev/null.
BENCH := $(BUILD)/bench/sink.sys $(BUILD)/bench/write.exe $(BUILD)/bench/floor $(BUILD)/bench/devnull
$(BUILD)/bench/sink.sys: bench/sink.c
	@mkdir -p $(@D)
	$(CC) $(SAMPLE_DRIVER_FLAGS) -c $< -o $(@:.sys=.o)
	$(LLD) $(SAMPLE_DRIVER_LINK) -out:$@ $(@:.sys=.o) $(SAMPLE_DRIVER_LIBS)
$(BUILD)/bench/write.exe: bench/write.c
	@mkdir -p $(@D)
	$(MINGW_CC) $(SAMPLE_PROGRAM_FLAGS) $< -o $@
$(BUILD)/bench/floor $(BUILD)/bench/devnull: $(BUILD)/bench/%: bench/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -O2 -Wall -Wextra -Werror $< -o $@
.PHONY: bench
bench: $(BENCH) $(BUILD)/ringside
	BUILD=$(BUILD) bench/run.sh
