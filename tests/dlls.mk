# DLLs and the program that loads them, for t06-dlls.t: built by the stock mingw-w64 compiler, but for what needs thread local storage or forwarders to ordinals.
DLLS := logger other fails above circle1 circle2 nested outer quiet lacking orphan dependent
DLLS_OUT := $(BUILD)/tests/dlls
TEST_DLLS := $(DLLS:%=$(DLLS_OUT)/%.dll) $(DLLS_OUT)/plain.dll $(DLLS_OUT)/threads.dll $(foreach n,1 2 3 4,$(DLLS_OUT)/where$(n).dll) $(DLLS_OUT)/dlls.exe
DLL_CFLAGS := -std=gnu17 -O1 -D_WIN32_WINNT=0x0A00 -ffile-prefix-map=$(CURDIR)/= -Wall -Wextra -Werror -Wno-unused-parameter -Wno-unused-function

dll_needs_other := logger
dll_needs_fails := logger other
dll_needs_above := logger fails
dll_needs_circle1 := logger circle2
dll_needs_circle2 := logger circle1
dll_needs_nested := logger
dll_needs_outer := logger nested
dll_needs_quiet := logger
dll_needs_lacking := logger thrice
dll_needs_orphan := gone
dll_needs_dependent := where
# The compiler's start-up code has thread local storage, with which thread calls cannot be disabled.
dll_flags_quiet := -nostdlib -Wl,-e,DllMain
dll_libs_quiet := -lkernel32
# An import library for each, made from names alone, so that circles can be linked.
dll_names_logger := log_add log_is
dll_names_other := twice
dll_names_fails := use
dll_names_circle1 := circle1
dll_names_circle2 := circle2
dll_names_nested := nested
dll_names_where := where
dll_names_gone := gone
dll_names_thrice := thrice
dll_file_thrice := other
$(DLLS_OUT)/lib%.a: tests/dlls.mk
	@mkdir -p $(@D)
	printf 'LIBRARY %s.dll\nEXPORTS\n$(foreach n,$(dll_names_$*),    $(n)\n)' $(or $(dll_file_$*),$*) > $(@:.a=.def)
	llvm-dlltool$(LLVM) -m i386:x86-64 -d $(@:.a=.def) -l $@
define test_dll
$(DLLS_OUT)/$(1).dll: tests/dlls/$(1).c tests/dlls/told.h $$(wildcard tests/dlls/$(1).def) $$(dll_needs_$(1):%=$(DLLS_OUT)/lib%.a)
	@mkdir -p $$(@D)
	$(MINGW_CC) $$(DLL_CFLAGS) $$(dll_flags_$(1)) -shared $$(filter %.c %.def,$$^) $$(filter %.a,$$^) $$(dll_libs_$(1)) -o $$@
endef
$(foreach d,$(DLLS),$(eval $(call test_dll,$(d))))
$(DLLS_OUT)/where%.dll: tests/dlls/where.c
	@mkdir -p $(@D)
	$(MINGW_CC) $(DLL_CFLAGS) -DWHERE=$* -shared $< -o $@
$(DLLS_OUT)/plain.dll: tests/dlls/plain.def
$(DLLS_OUT)/threads.dll $(DLLS_OUT)/plain.dll: $(DLLS_OUT)/%.dll: tests/dlls/%.c tests/dlls/told.h $(DLLS_OUT)/liblogger.a
	@mkdir -p $(@D)
	$(CC) $(PE_TARGET) $(DLL_CFLAGS) -Wno-ignored-attributes -Wno-pragma-pack -shared -fuse-ld=lld$(LLVM) $(filter %.c %.def %.a,$^) -o $@
$(DLLS_OUT)/dlls.exe: tests/dlls/dlls.c tests/user/utap.h $(DLLS_OUT)/liblogger.a
	@mkdir -p $(@D)
	$(CC) $(PE_TARGET) $(DLL_CFLAGS) -fms-extensions -Wno-ignored-attributes -Wno-pragma-pack -fuse-ld=lld$(LLVM) $(filter %.c %.a,$^) -o $@
