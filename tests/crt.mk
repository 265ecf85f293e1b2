# Programs as Visual C++ builds them: its ABI, no libraries but import libraries with the names that such programs import (tests/crt/imports), and
# start-up code of our own. md-*: the C run-time library is a DLL; mt-*: it is in the program, which imports kernel32 alone; cxx-*: C++, with that DLL.
CRT_MD := $(patsubst tests/crt/%.c,%,$(wildcard tests/crt/md-*.c))
CRT_MT := $(patsubst tests/crt/%.c,%,$(wildcard tests/crt/mt-*.c))
CRT_CXX := cxx-throw cxx-rtti cxx-ends cxx-seh cxx-dll cxx-compressed
CRT_IMPORTS := $(sort $(shell sed -n 's/^\([a-z0-9_-]*\):.*/\1/p' tests/crt/imports))
CRT_CC := $(CC) --target=x86_64-pc-windows-msvc -ffreestanding -fno-builtin -O1 -g -gdwarf-4 -fms-extensions -fstack-protector-strong -fasynchronous-unwind-tables \
	-ffile-prefix-map=$(CURDIR)/= -Wall -Wextra -Werror -Wno-unused-parameter -Wno-unused-function
CRT_LD := $(LLD) -nologo -subsystem:console -nodefaultlib -debug:dwarf -release -entry:mainCRTStartup

$(BUILD)/tests/crt/%.lib: tests/crt/imports
	@mkdir -p $(@D)
	awk -v dll=$* 'BEGIN { print "LIBRARY " dll ".dll\nEXPORTS" } $$1 == dll ":" { for (i = 2; i <= NF; i++) print "    " $$i }' $< > $(@:.lib=.def)
	$(LLD) -lib -nologo -machine:x64 -def:$(@:.lib=.def) -out:$@
$(BUILD)/tests/crt/%.o: tests/crt/%.c tests/crt/vc.h
	@mkdir -p $(@D)
	$(CRT_CC) -std=gnu17 -Xclang -fasync-exceptions -c $< -o $@
$(CRT_MD:%=$(BUILD)/tests/crt/%.exe): %.exe: %.o $(BUILD)/tests/crt/start-md.o $(CRT_IMPORTS:%=$(BUILD)/tests/crt/%.lib)
	$(CRT_LD) -out:$@ $^
# No headers of a C++ library: cxx.h is all there is of one. /EHs, but for cxx-seh, which is /EHa.
$(BUILD)/tests/crt/%.o: tests/crt/%.cpp tests/crt/vc.h tests/crt/cxx.h tests/crt/cxx-library.h
	@mkdir -p $(@D)
	$(CRT_CC) -std=c++20 -nostdinc++ -fexceptions -fcxx-exceptions -Wno-potentially-evaluated-expression $(crt_flags_$*) -c $< -o $@
crt_flags_cxx-seh := -Xclang -fasync-exceptions
crt_flags_cxx-new := -fno-rtti
# A DLL without start-up code has no cookie.
crt_flags_cxx-library := -fno-stack-protector
$(BUILD)/tests/crt/%.o: tests/crt/%.S
	@mkdir -p $(@D)
	$(CC) --target=x86_64-pc-windows-msvc -g -c $< -o $@
$(BUILD)/tests/crt/cxx-library.dll $(BUILD)/tests/crt/cxx-library.lib &: $(addprefix $(BUILD)/tests/crt/,cxx-library.o cxx-new.o) $(CRT_IMPORTS:%=$(BUILD)/tests/crt/%.lib)
	$(LLD) -nologo -dll -noentry -nodefaultlib -debug:dwarf -release -out:$(BUILD)/tests/crt/cxx-library.dll -implib:$(BUILD)/tests/crt/cxx-library.lib $^
$(CRT_CXX:%=$(BUILD)/tests/crt/%.exe): %.exe: %.o $(addprefix $(BUILD)/tests/crt/,cxx-new.o cxx-start.o start-md.o) $(CRT_IMPORTS:%=$(BUILD)/tests/crt/%.lib)
	$(CRT_LD) -out:$@ $^
$(BUILD)/tests/crt/cxx-dll.exe: $(BUILD)/tests/crt/cxx-library.lib
$(BUILD)/tests/crt/cxx-compressed.exe: $(BUILD)/tests/crt/cxx-compressed-tables.o
$(CRT_MT:%=$(BUILD)/tests/crt/%.exe): %.exe: %.o $(BUILD)/tests/crt/kernel32.lib
	$(CRT_LD) -out:$@ $^
CRT_PROGRAMS := $(CRT_MD:%=$(BUILD)/tests/crt/%.exe) $(CRT_MT:%=$(BUILD)/tests/crt/%.exe) $(CRT_CXX:%=$(BUILD)/tests/crt/%.exe)
