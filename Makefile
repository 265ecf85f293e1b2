# Ringside's one Makefile. Targets: all (default), check, demo, install, tidy, format, clean. `./do` installs what is missing and calls this.
MAKEFLAGS += -r
BUILD ?= build
SAN ?= 0
PREFIX ?= /usr/local
LLVM ?= -19
CC := clang$(LLVM)
LLD := lld-link$(LLVM)
MINGW_CC ?= x86_64-w64-mingw32-gcc
MINGW_INCLUDE ?= /usr/x86_64-w64-mingw32/include
MINGW_LIB ?= /usr/x86_64-w64-mingw32/lib
VERSION := $(shell cat VERSION)

WARNINGS := -Wall -Wextra -Werror -Wno-unused-parameter -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Wno-ignored-attributes -Wno-pragma-pack
PE_TARGET := --target=x86_64-w64-windows-gnu
PE_DEFINES := -DNTDDI_VERSION=0x0A000008 -D_WIN32_WINNT=0x0A00 -DWINVER=0x0A00 -D_AMD64_ -DAMD64 -DUNICODE -D_UNICODE
# -ffreestanding turns unwind tables off and a plain load inside __try needs async exceptions: both are asked for by name.
PE_FLAGS := $(PE_TARGET) -std=gnu17 -O2 -g -gdwarf-4 -ffreestanding -fms-extensions -Xclang -fasync-exceptions -fasynchronous-unwind-tables \
	-fno-auto-import -fno-delete-null-pointer-checks -fno-strict-aliasing -mno-stack-arg-probe -fno-stack-protector -fno-builtin \
	-ffile-prefix-map=$(CURDIR)/= $(WARNINGS) $(PE_DEFINES)
ifeq ($(SAN),1)
PE_FLAGS += -fsanitize=undefined -fsanitize-trap=all -fno-sanitize=alignment,null,function,object-size
endif
RING0_FLAGS := $(PE_FLAGS) -Iring0 -I$(BUILD)/ring0 -isystem $(MINGW_INCLUDE)/ddk -isystem $(MINGW_INCLUDE)
RING3_FLAGS := $(PE_FLAGS) -Iring3/include -Iring0 -I$(BUILD)/ring0 -isystem $(MINGW_INCLUDE)

.PHONY: all check demo install tidy format clean
.SECONDARY:
.DELETE_ON_ERROR:
ifndef V
.SILENT:
endif
all:

include ring0/rules.mk
include ring3/rules.mk
include ringside/rules.mk
include samples/rules.mk
include tests/rules.mk
include bench/rules.mk

all: $(BUILD)/ringside samples $(BUILD)/unwind-proof docs/exports.md docs/oracle.md

DOCDIR := $(PREFIX)/share/doc/ringside
install: $(BUILD)/ringside docs/exports.md
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(DOCDIR)
	install -m 755 $(BUILD)/ringside $(DESTDIR)$(PREFIX)/bin/ringside
	install -m 644 man/ringside.1 $(DESTDIR)$(PREFIX)/share/man/man1/ringside.1
	install -m 644 README.md LICENSE NOTICE CHANGELOG.md $(wildcard docs/*.md) $(DESTDIR)$(DOCDIR)
	cp -R docs/tutorial docs/ci-example $(DESTDIR)$(DOCDIR)
	install -D -m 644 completions/ringside.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/ringside
	install -D -m 644 completions/ringside.zsh $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_ringside
	install -D -m 644 completions/ringside.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/ringside.fish

docs/exports.md: $(BUILD)/exports.md
	cp $< $@
docs/oracle.md: tests/wine/oracle.awk tests/wine/differences.tbl tests/wine/unsettled.md
	awk -f tests/wine/oracle.awk tests/wine/differences.tbl > $@
# Pages with listings and transcripts, made by running their commands whenever asked for; tests/tutorial.t and tests/ci.t compare them.
.PHONY: docs/tutorial.md docs/ci.md
docs/tutorial.md docs/ci.md: docs/%.md: $(BUILD)/ringside
	perl tools/tutorial.pl $< $@ $(LISTINGS) > $(BUILD)/$*.md && cp $(BUILD)/$*.md $@
docs/tutorial.md: LISTINGS := docs/tutorial
docs/ci.md: LISTINGS := docs/ci-example
compile_commands.json: Makefile tools/compile-commands.awk
	$(MAKE) -n -B V=1 --no-print-directory all | awk -v dir=$(CURDIR) -f tools/compile-commands.awk > $@

SOURCES := $(shell git ls-files '*.c' '*.h' 2>/dev/null)
# intrinsics.c is compiled for drivers, with mingw-w64's headers.
HOST_SOURCES := $(filter-out ringside/cc/intrinsics.c,$(filter ringside/% tools/% tests/host/% tests/tools/%,$(SOURCES)))
format:
	clang-format$(LLVM) -i $(SOURCES)
tidy: $(BUILD)/ring0/proved.inc
	clang-format$(LLVM) --dry-run -Werror $(SOURCES)
	clang-tidy$(LLVM) --quiet --warnings-as-errors='*' $(filter-out tests/%,$(filter %.c,$(HOST_SOURCES))) -- $(HOST_CFLAGS)
	cppcheck --quiet --error-exitcode=1 --enable=warning,portability --inline-suppr -Iring0 -Iringside $(filter-out tests/%,$(filter %.c,$(HOST_SOURCES))) $(wildcard ring0/ldr/pe*.c)

clean:
	rm -rf $(BUILD)

# A source that has moved is no reason to stop: what was made of it is made again.
ringside/%.c: ;
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
