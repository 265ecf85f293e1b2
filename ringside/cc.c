#include "cc.h"
#include "cc/command.h"
#include "cc/headers.h"
#include "cc/object.h"
#include "cc/source.h"
#include "message.h"

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define APT_COMPILER    "apt install clang-19 lld-19"
#define APT_HEADERS     "apt install mingw-w64-x86-64-dev"
#define APT_CXX_LIBRARY "apt install g++-mingw-w64-x86-64"
#define OLDEST_CLANG    16 /* #pragma alloc_text */

enum kind { DRIVER, NATIVE, PROGRAM, LIBRARY };

struct build {
    const struct cc_options *options;
    enum kind kind;
    char *clang, *linker; /* paths */
    char *include, *lib;  /* mingw-w64's */
    char *libgcc;         /* a library's path, or NULL */
    char *libstdcxx;      /* the same */
    bool cxx;             /* a source is C++ */
    char directory[256];  /* private: headers of ours, object files */
};

/* ---- Tools and libraries -------------------------------------------------------------------------------- */

/* The first executable of that name in PATH, from malloc, or NULL. */
static char *find_program(const char *name) {
    const char *path = getenv("PATH");
    char *found;

    for (path = path == NULL ? "/usr/bin:/bin" : path; *path != '\0';) {
        size_t length = strcspn(path, ":");
        if (length > 0) {
            if (asprintf(&found, "%.*s/%s", (int)length, path, name) < 0)
                return NULL;
            if (access(found, X_OK) == 0)
                return found;
            free(found);
        }
        path += length;
        path += *path == ':';
    }
    return NULL;
}

/* The major version of a clang whose name has none; 0: it does not say. */
static int clang_version(const char *clang) {
    char *command, text[32] = "";
    FILE *pipe;

    if (asprintf(&command, "'%s' -dumpversion", clang) < 0)
        return 0;
    pipe = strchr(clang, '\'') == NULL ? popen(command, "r") : NULL;
    free(command);
    if (pipe == NULL)
        return 0;
    if (fgets(text, sizeof text, pipe) == NULL)
        text[0] = '\0';
    pclose(pipe);
    return atoi(text);
}

/* clang and its lld, 19 first: what the tests use. */
static bool find_tools(struct build *build) {
    static const char *const suffixes[] = {"-19", "-20", "-21", "-22", "-18", "-17", "-16", ""};
    char name[32];
    int version;

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes && build->clang == NULL; i++) {
        snprintf(name, sizeof name, "clang%s", suffixes[i]);
        build->clang = find_program(name);
        if (build->clang == NULL)
            continue;
        snprintf(name, sizeof name, "lld-link%s", suffixes[i]);
        build->linker = find_program(name);
        if (*suffixes[i] == '\0' && (version = clang_version(build->clang)) < OLDEST_CLANG) {
            message_error(build->clang, "it is clang %d, and %d or newer is needed: " APT_COMPILER, version, OLDEST_CLANG);
            return false;
        }
    }
    if (build->clang == NULL) {
        message_error("clang", "it is not in PATH: " APT_COMPILER);
        return false;
    }
    if (build->linker == NULL && (build->linker = find_program("lld-link-19")) == NULL && (build->linker = find_program("lld-link")) == NULL) {
        message_error("lld-link", "it is not in PATH: " APT_COMPILER);
        return false;
    }
    return true;
}

static bool find_mingw(struct build *build) {
    static const char *const roots[] = {"/usr/x86_64-w64-mingw32", "/usr/x86_64-w64-mingw32/sys-root/mingw", "/usr/local/x86_64-w64-mingw32"};
    char path[256], *standard = NULL;
    glob_t found;

    for (size_t i = 0; i < sizeof roots / sizeof *roots && build->include == NULL; i++) {
        snprintf(path, sizeof path, "%s/include/ddk/wdm.h", roots[i]);
        if (access(path, R_OK) != 0)
            continue;
        if (asprintf(&build->include, "%s/include", roots[i]) < 0)
            build->include = NULL;
        if (asprintf(&build->lib, "%s/lib", roots[i]) < 0)
            build->lib = NULL;
    }
    if (build->include == NULL || build->lib == NULL) {
        message_error("mingw-w64", "its headers and libraries are not there: " APT_HEADERS);
        return false;
    }
    if (glob("/usr/lib*/gcc/x86_64-w64-mingw32/*/libgcc.a", 0, NULL, &found) == 0) {
        build->libgcc = strdup(found.gl_pathv[found.gl_pathc - 1]);
        globfree(&found);
    }
    if (build->libgcc != NULL && asprintf(&standard, "%.*s/libstdc++.a", (int)(strrchr(build->libgcc, '/') - build->libgcc), build->libgcc) >= 0) {
        if (access(standard, R_OK) == 0)
            build->libstdcxx = standard;
        else
            free(standard);
    }
    return true;
}

/* ---- Compiling and linking -------------------------------------------------------------------------------- */

static bool is_compiled(const char *source) { return source_kind(source) <= SOURCE_CXX; }

/* -l and -Wl, are for the linker. */
static bool is_linker_flag(const char *flag) { return strncmp(flag, "-Wl,", 4) == 0 || (flag[0] == '-' && flag[1] == 'l' && flag[2] != '\0'); }

/* Whether there is a C run-time with its start-up code in it. */
static bool needs_runtime(const struct build *build) { return build->kind == PROGRAM || build->kind == LIBRARY; }

/* Whether clang is told something about a macro: -DNAME, -DNAME=1, -UNAME. */
static bool mentions_macro(const struct cc_options *options, const char *name) {
    size_t length = strlen(name);

    for (size_t i = 0; i < options->extra_count; i++) {
        const char *flag = options->extra[i];
        if (flag[0] == '-' && (flag[1] == 'D' || flag[1] == 'U') && strncmp(flag + 2, name, length) == 0 &&
            (flag[2 + length] == '\0' || flag[2 + length] == '='))
            return true;
    }
    return false;
}

static char *object_path(const struct build *build, size_t index) {
    char *path;
    return asprintf(&path, "%s/%zu.o", build->directory, index) < 0 ? NULL : path;
}

/* A source to PATH/NAME.o in the private directory. */
static int compile(const struct build *build, const char *source, const char *name, bool ours) {
    static const char common[] =
        "--target=x86_64-w64-windows-gnu -O2 -g -gdwarf-4 -fms-extensions -fms-compatibility -fgnuc-version=4.2.1 "
        /* A plain load inside __try must be covered by its handler, and *(int *)0 must stay a store. */
        "-Xclang -fasync-exceptions -fasynchronous-unwind-tables -fno-delete-null-pointer-checks -fno-strict-aliasing "
        "-Wall -Werror=jump-seh-finally -Wno-#warnings -Wno-pragma-pack -Wno-ignored-attributes -Wno-unknown-pragmas "
        "-Wno-microsoft -Wno-nonportable-include-path -Wno-multichar "
        "-DNTDDI_VERSION=0x0A000008 -D_WIN32_WINNT=0x0A00 -DWINVER=0x0A00 "
        /* printf and its like are the DLL's, or the kernel's, whose formats Windows' sources are written for: %ws, %I64d, wide %s. */
        "-D__USE_MINGW_ANSI_STDIO=0";
    /* What Visual C++ warns of and clang refuses. */
    static const char c[] = "-std=gnu17 -Wno-error=int-conversion -Wno-error=implicit-int "
                            "-Wno-error=incompatible-function-pointer-types -Wno-error=return-mismatch";
    static const char cxx[] = "-std=gnu++20 -fms-compatibility-version=19.40 -Wno-writable-strings -Wno-c++11-narrowing -Wno-address-of-temporary "
                              "-fno-char8_t -fsized-deallocation "
                              "-D_CRT_SECURE_CPP_OVERLOAD_SECURE_NAMES=1";
    static const char no_cxx_runtime[] = "-fno-exceptions -fno-rtti -fno-threadsafe-statics";
    static const char freestanding[] = "-ffreestanding -fno-builtin -fno-auto-import -fno-stack-protector -mno-stack-arg-probe";
    /* Visual C++ has these instructions' intrinsics without being asked; clang uses none of them by itself. */
    static const char driver[] = "-D_AMD64_ -DAMD64 -D_WIN64 -D_KERNEL_MODE=1 -mcx16 -mxsave -mrdrnd -mrdseed -mfsgsbase";
    struct command command = {0};
    bool is_cxx = source_kind(source) == SOURCE_CXX;
    enum source_main main_kind = source_main(source);

    command_add(&command, build->clang);
    command_add_words(&command, common);
    command_add_words(&command, is_cxx ? cxx : c);
    if (is_cxx && (!needs_runtime(build) || build->libstdcxx == NULL))
        command_add_words(&command, no_cxx_runtime);
    if (!needs_runtime(build))
        command_add_words(&command, freestanding);
    else if (!is_cxx && main_kind == SOURCE_MAIN_LOOSE)
        command_add(&command, "-ffreestanding");
    else if (!is_cxx && main_kind == SOURCE_MAIN_VOID)
        command_add(&command, "-Dmain=ringside_main");
    if (build->kind == DRIVER)
        command_add_words(&command, driver);
    if (build->kind == DRIVER && !mentions_macro(build->options, "DBG"))
        command_add(&command, "-DDBG=1");
    if (build->options->ucrt)
        command_add(&command, "-D_UCRT");
    command_add(&command, "-ivfsoverlay");
    command_addf(&command, "%s/overlay.yaml", build->directory);
    command_addf(&command, "-I%s", build->directory);
    if (build->kind == DRIVER) {
        command_add(&command, "-include");
        command_addf(&command, "%s/prelude.h", build->directory);
        command_add(&command, "-isystem");
        command_addf(&command, "%s/ddk", build->include);
    }
    /* The C++ headers look behind themselves for the C headers of the same names. */
    command_add(&command, is_cxx && needs_runtime(build) ? "-idirafter" : "-isystem");
    command_add(&command, build->include);
    for (size_t i = 0; !ours && i < build->options->extra_count; i++)
        if (!is_linker_flag(build->options->extra[i]))
            command_add(&command, build->options->extra[i]);
    command_add(&command, "-c");
    command_add(&command, source);
    command_add(&command, "-o");
    command_addf(&command, "%s/%s.o", build->directory, name);
    int status = command_run(&command, build->options->verbose);
    if (status != 0 && is_cxx && build->libstdcxx == NULL && source_wants_cxx_library(source))
        message_error(source, "standard C++ headers are not there: " APT_CXX_LIBRARY);
    return status;
}

/* Headers are found by any case beside the sources, where -I says, and in ours and mingw-w64's directories. */
static bool write_overlay(const struct build *build) {
    const struct cc_options *options = build->options;
    size_t count = 0;
    char *ddk = NULL, **sources = calloc(options->source_count + 1, sizeof *sources);
    const char **directories = calloc(options->source_count + options->extra_count + 4, sizeof *directories);
    bool ok = sources != NULL && directories != NULL && asprintf(&ddk, "%s/ddk", build->include) >= 0;

    for (size_t i = 0; ok && i < options->source_count; i++) {
        const char *slash = strrchr(options->sources[i], '/');
        ok =
            asprintf(&sources[i], "%.*s", slash != NULL ? (int)(slash - options->sources[i]) + 1 : 1, slash != NULL ? options->sources[i] : ".") >= 0;
        bool again = false;
        for (size_t j = 0; ok && j < i; j++)
            again = again || strcmp(sources[i], sources[j]) == 0;
        if (ok && !again)
            directories[count++] = sources[i];
    }
    for (size_t i = 0; ok && i < options->extra_count; i++)
        if (strncmp(options->extra[i], "-I", 2) == 0)
            directories[count++] = options->extra[i] + 2;
    if (ok) {
        size_t own = count;
        directories[count++] = build->directory;
        directories[count++] = ddk;
        directories[count++] = build->include;
        ok = headers_write_overlay(build->directory, directories, own);
    } else {
        message_error("cc", "no memory for the names of directories: free some");
    }
    for (size_t i = 0; sources != NULL && i < options->source_count; i++)
        free(sources[i]);
    free(sources);
    free(directories);
    free(ddk);
    return ok;
}

/* The kit's libraries whose contents every driver is linked with here anyway, or that are headers. */
static bool is_kit_library(const char *flag) {
    static const char *const names[] = {"ntoskrnl", "hal", "wdm", "wdmsec", "ntstrsafe", "aux_klib", "csq", "libcntpr", "BufferOverflowK"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(flag + strlen("-l"), names[i]) == 0)
            return true;
    return false;
}

static void add_linker_flags(struct command *command, const struct build *build) {
    for (size_t i = 0; i < build->options->extra_count; i++) {
        const char *flag = build->options->extra[i];
        if (build->kind == DRIVER && is_linker_flag(flag) && is_kit_library(flag))
            continue;
        if (strncmp(flag, "-Wl,", 4) == 0)
            command_add(command, flag + 4);
        else if (is_linker_flag(flag))
            command_addf(command, "%s/lib%s.a", build->lib, flag + 2);
    }
}

/*
 * The kit's import library has the kernel's variables as CONSTANT: to a source that declares one without __declspec(dllimport), and with one * more, its name
 * is the pointer to it in the import address table. extern POBJECT_TYPE *IoDriverObjectType; is written so everywhere.
 */
static void add_kernel_variables(struct command *command) {
    static const char *const names[] = {
#include "host/cc_variables.inc"
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        command_addf(command, "-alternatename:%s=__imp_%s", names[i], names[i]);
}

static bool defines(const struct build *build, size_t objects, const char *name, bool prefix) {
    bool found = false;

    for (size_t i = 0; i < objects && !found; i++) {
        char *path = is_compiled(build->options->sources[i]) ? object_path(build, i) : NULL;
        found = path != NULL && object_defines(path, name, prefix);
        free(path);
    }
    return found;
}

/* Says what is missing where a source ought to begin, which the linker would call an undefined symbol. */
static bool has_entry(const struct build *build, size_t objects) {
    const char *name = build->kind == DRIVER ? "DriverEntry" : build->kind == NATIVE ? "NtProcessStartup" : "main";
    const char *output = build->options->output;
    char mangled[32];

    for (size_t i = 0; i < build->options->extra_count; i++)
        if (is_linker_flag(build->options->extra[i]))
            return true; /* it may come from a library, or be renamed */
    for (size_t i = 0; i < objects; i++)
        if (source_kind(build->options->sources[i]) == SOURCE_LINKED)
            return true;
    snprintf(mangled, sizeof mangled, "_Z%zu%s", strlen(name), name);
    if (build->kind == LIBRARY || defines(build, objects, name, false) ||
        (build->kind == PROGRAM && (defines(build, objects, "wmain", false) || defines(build, objects, "ringside_main", false))))
        return true;
    if (defines(build, objects, mangled, true))
        message_error(output, "%s() is a C++ function, and so nobody finds it: declare it extern \"C\"", name);
    else if (build->kind == DRIVER)
        message_error(output, "no source has a DriverEntry(): a driver begins there: NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING)");
    else
        message_error(output, "no source has a %s(): a program begins there", name);
    return false;
}

static int link_image(const struct build *build, size_t objects) {
    static const char *const libraries[] = {"mingw32",  "moldname", "mingwex", NULL /* the C run-time library */,
                                            "advapi32", "shell32",  "user32",  "kernel32"};
    struct command command = {0};

    command_add(&command, build->linker);
    command_add_words(&command, "-nologo -debug:dwarf");
    const char *no_colour = getenv("NO_COLOR");
    if (no_colour != NULL && *no_colour != '\0')
        command_add(&command, "--color-diagnostics=never"); /* clang asks for itself, lld does not */
    /* mingw-w64's start-up code and libraries are written for GNU ld: automatic imports, constructors, its name for the base. */
    if (needs_runtime(build))
        command_add_words(&command, "-lldmingw -alternatename:__image_base__=__ImageBase");
    command_addf(&command, "-out:%s", build->options->output);
    switch (build->kind) {
    case DRIVER:
        /* INIT is thrown away after DriverEntry; /release writes the checksum, which the loader checks. */
        command_add_words(&command,
                          "-subsystem:native -driver:wdm -entry:DriverEntry -base:0x10000 -nodefaultlib -release -section:INIT,ERD -section:PAGE,ER "
                          "-alternatename:__cxa_pure_virtual=_purecall");
        break;
    case NATIVE: command_add_words(&command, "-subsystem:native -entry:NtProcessStartup -nodefaultlib -release"); break;
    case PROGRAM: {
        command_add_words(&command, "-subsystem:console -entry:mainCRTStartup");
        command_addf(&command, "%s/crt2%s.o", build->lib, defines(build, objects, "wmain", false) ? "u" : "");
        if (defines(build, objects, "ringside_main", false))
            command_addf(&command, "%s/void_main.o", build->directory);
        break;
    }
    case LIBRARY:
        command_add_words(&command, "-dll -entry:DllMainCRTStartup");
        command_addf(&command, "%s/dllcrt2.o", build->lib);
        break;
    }
    for (size_t i = 0; i < objects; i++) {
        const char *source = build->options->sources[i];
        if (is_compiled(source))
            command_addf(&command, "%s/%zu.o", build->directory, i);
        else
            command_addf(&command, "%s%s", source_kind(source) == SOURCE_DEF ? "-def:" : "", source);
    }
    add_linker_flags(&command, build);
    if (build->kind == DRIVER) {
        add_kernel_variables(&command);
        command_addf(&command, "%s/intrinsics.lib", build->directory);
        command_addf(&command, "%s/wdmsec.lib", build->directory);
        command_addf(&command, "%s/libntoskrnl.a", build->lib);
        command_addf(&command, "%s/libhal.a", build->lib);
        command_addf(&command, "%s/ntoskrnl.lib", build->directory); /* what mingw-w64's lacks */
    } else if (build->kind == NATIVE) {
        command_addf(&command, "%s/libntdll.a", build->lib);
    } else {
        if (build->cxx && build->libstdcxx != NULL)
            command_add(&command, build->libstdcxx);
        if (build->cxx && build->libstdcxx != NULL)
            command_addf(&command, "%.*s/libgcc_eh.a", (int)(strrchr(build->libgcc, '/') - build->libgcc), build->libgcc);
        for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
            command_addf(&command, "%s/lib%s.a", build->lib, libraries[i] != NULL ? libraries[i] : build->options->ucrt ? "ucrt" : "msvcrt");
        if (build->libgcc != NULL)
            command_add(&command, build->libgcc);
        else
            command_addf(&command, "%s/builtins.o", build->directory);
        if (build->cxx && build->libstdcxx == NULL)
            command_addf(&command, "%s/cxx.o", build->directory);
    }
    return command_run(&command, build->options->verbose);
}

static int compile_ours(const struct build *build, const char *name) {
    char path[300];

    snprintf(path, sizeof path, "%s/%s.c", build->directory, name);
    return compile(build, path, name, true);
}

static int make(struct build *build) {
    const struct cc_options *options = build->options;
    size_t objects = options->source_count;
    int status = write_overlay(build) ? 0 : EXIT_OURS;

    for (size_t i = 0; i < options->source_count && status == 0; i++) {
        char name[32];
        snprintf(name, sizeof name, "%zu", i);
        if (is_compiled(options->sources[i]))
            status = compile(build, options->sources[i], name, false);
    }
    if (status == 0 && !has_entry(build, objects))
        status = 1;
    if (status == 0 && needs_runtime(build) && build->libgcc == NULL)
        status = compile_ours(build, "builtins");
    if (status == 0 && needs_runtime(build) && build->cxx && build->libstdcxx == NULL)
        status = compile_ours(build, "cxx");
    if (status == 0 && defines(build, objects, "ringside_main", false))
        status = compile_ours(build, "void_main");
    return status == 0 ? link_image(build, objects) : status;
}

int cc_command(const struct cc_options *options) {
    const char *ending = strrchr(options->output, '.');
    enum kind program = options->native ? NATIVE : PROGRAM;
    struct build build = {.options = options, .kind = strcmp(ending, ".sys") == 0 ? DRIVER : strcmp(ending, ".exe") == 0 ? program : LIBRARY};
    int status = EXIT_OURS;

    for (size_t i = 0; i < options->source_count; i++) {
        if (access(options->sources[i], R_OK) != 0) {
            message_error(options->sources[i], "it cannot be read (%s): check the path", strerror(errno));
            return EXIT_OURS;
        }
        enum source_kind kind = source_kind(options->sources[i]);
        if (kind == SOURCE_OTHER) {
            message_error(options->sources[i], "it is no C or C++ source, object file, library or .def file: leave it out%s",
                          strcasestr(options->sources[i], ".rc") != NULL ? "; or name the .res that llvm-rc makes of it" : "");
            return EXIT_OURS;
        }
        build.cxx = build.cxx || kind == SOURCE_CXX;
    }
    if (find_tools(&build) && find_mingw(&build) && headers_make(build.directory))
        status = make(&build);
    headers_remove(build.directory);
    free(build.clang);
    free(build.linker);
    free(build.include);
    free(build.lib);
    free(build.libgcc);
    free(build.libstdcxx);
    return status;
}
