#include "place.h"
#include "command_line.h"
#include "files/files.h"
#include "ldr/pe.h"
#include "machine.h"
#include "message.h"
#include "files/names.h"
#include "files/shares.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int (*open_word)(void *context, const char *word, char **host_path); /* NULL: files of this host, by their paths */
static void *open_context;

void place_open_with(int (*open_file)(void *context, const char *word, char **host_path), void *context) {
    open_word = open_file;
    open_context = context;
}

static int add_named(const char *path, const char *word) {
    char *host_path = NULL;
    int fd;

    if (open_word == NULL)
        return files_add_host(path, word);
    fd = open_word(open_context, word, &host_path);
    return fd < 0 ? fd : files_add_open(path, fd, host_path, true);
}

/* Why a file of the host cannot be seen at C:\path: an exit code, after a message. */
static int refuse_file(const char *path, const char *host_path, int error) {
    switch (-error) {
    case ENOENT:
    case ENOTDIR: message_error(host_path, "there is no such file: check the path"); return EXIT_ABSENT;
    case EEXIST:
        message_error(host_path, "another file on this command line has the same name: rename one of them, for both would be C:\\%s", path);
        return EXIT_OURS;
    case EISDIR: message_error(host_path, "it is a directory: name the image itself"); return EXIT_REFUSED;
    case EINVAL:
    case ENAMETOOLONG:
        message_error(host_path, "it is no ordinary file, or Windows has no such file name: name a file whose name can stand in C:\\");
        return EXIT_REFUSED;
    default: message_error(host_path, "it cannot be opened (%s): check its permissions", strerror(-error)); return EXIT_REFUSED;
    }
}

static bool is_inside(const char *argument) {
    return (argument[0] | 0x20) == 'c' && argument[1] == ':' && (argument[2] == '\\' || argument[2] == '/');
}

/* "C:\dir\file", as it is called in the machine, becomes "dir/file" below the root; NULL: no such path. */
static char *root_path_of(const char *argument) {
    char *path;

    if (!is_inside(argument))
        return NULL;
    path = strdup(argument + 3);
    for (char *c = path; c != NULL && *c != '\0'; c++)
        if (*c == '\\')
            *c = '/';
    return path;
}

/* A bare name that no file of the host has may be one of Windows' own programs, with or without its ".exe": "sc" is C:\Windows\System32\sc.exe.
   From malloc; NULL: it is not. */
static char *name_in_system32(const char *word) {
    static const char *const endings[] = {"", ".exe"};
    hal_file_info info;
    char *name = NULL;

    if (strpbrk(word, "/\\:") != NULL)
        return NULL;
    for (size_t i = 0; i < sizeof endings / sizeof *endings && name == NULL; i++) {
        char *path;
        int64_t handle;

        if (asprintf(&path, "Windows/System32/%s%s", word, endings[i]) < 0)
            return NULL;
        handle = files_open(path, HAL_FILE_READ, HAL_OPEN, &info);
        free(path);
        if (handle < 0)
            continue;
        files_close(handle);
        if (asprintf(&name, "C:\\Windows\\System32\\%s%s", word, endings[i]) < 0)
            return NULL;
    }
    return name;
}

/* Where the image `argument` names is in the machine: in *machine_name, from malloc. Returns 0 or an exit code, after a message. */
static int place_image(const char *argument, const char **machine_name) {
    char *inside = root_path_of(argument), *name = NULL;
    const char *file = names_last(argument);
    int status = 0;

    if (inside != NULL) {
        hal_file_info info;
        int64_t handle = files_open(inside, HAL_FILE_READ, HAL_OPEN, &info);
        free(inside);
        if (handle < 0) {
            message_error(argument, "there is no such file in the machine's drive C: name a file of this host, or give --root");
            return EXIT_ABSENT;
        }
        files_close(handle);
        name = strdup(argument);
        for (char *c = name; c != NULL && *c != '\0'; c++)
            if (*c == '/')
                *c = '\\';
    } else {
        int error = add_named(file, argument);
        name = error == -ENOENT ? name_in_system32(argument) : NULL;
        if (name == NULL && error != 0)
            status = refuse_file(file, argument, error);
        else if (name == NULL && asprintf(&name, "C:\\%s", file) < 0)
            name = NULL;
    }
    if (status == 0 && name == NULL) {
        message_error(argument, "no memory for its name: free some");
        status = EXIT_OURS;
    }
    *machine_name = name;
    return status;
}

/* Arguments of the program that name files can be opened under the same relative name, and under the file's own. */
static void place_argument(const char *argument) {
    if (argument[0] == '\0')
        return;
    add_named(names_last(argument), argument);
    if (argument[0] == '.' && argument[1] == '/')
        argument += 2;
    if (argument[0] != '/')
        add_named(argument, argument);
}

/* ---- Programs -------------------------------------------------------------------------------------------------------------------------- */

static bool imports_from(const struct pe_image *image, const char *dll) {
    for (uint32_t i = 0; i < image->import_dll_count; i++)
        if (strcasecmp(pe_import_dll(image, i), dll) == 0)
            return true;
    return false;
}

#define INVALID_FORMAT "STATUS_INVALID_IMAGE_FORMAT 0xC000007B"

static int judge_program(const char *argument, const uint8_t *data, uint64_t size) {
    struct pe_image image;
    enum pe_error error = pe_parse(data, size, &image);

    if (error == PE_WRONG_MACHINE)
        message_error(argument, "it is built for %s processors and the machine is x86-64 (%s, Win32 error 216): build it for x64",
                      pe_machine_name(image.machine), image.magic == 0x10B ? "STATUS_INVALID_IMAGE_WIN_32 0xC0000359" : INVALID_FORMAT);
    else if (error != PE_OK)
        message_error(argument, "it %s (%s, Win32 error 193): give a Windows program", pe_error_text(error),
                      error == PE_EMPTY    ? "STATUS_INVALID_FILE_FOR_SECTION 0xC0000020"
                      : error == PE_NOT_MZ ? "STATUS_INVALID_IMAGE_NOT_MZ 0xC000012F"
                                           : INVALID_FORMAT);
    else if (image.subsystem == PE_SUBSYSTEM_NATIVE && (imports_from(&image, "ntoskrnl.exe") || imports_from(&image, "hal.dll")))
        message_error(argument, "it is a driver, not a program (STATUS_DLL_NOT_FOUND 0xC0000135, Win32 error 126): load it with -d %s", argument);
    else if ((image.characteristics & PE_FILE_DLL) != 0)
        message_error(argument, "it is a DLL, not a program (" INVALID_FORMAT ", Win32 error 193): name a program that uses it");
    else
        return 0;
    return EXIT_REFUSED;
}

/* The bytes of an image that is placed, from malloc, in *data: 0 or a negative errno. */
static int read_placed(const char *machine_name, uint8_t **data, uint64_t *size) {
    char *path = root_path_of(machine_name);
    hal_file_info info;
    int64_t file = path != NULL ? files_open(path, HAL_FILE_READ, HAL_OPEN, &info) : -ENOMEM;
    int error = 0;

    free(path);
    if (file < 0)
        return (int)file;
    *data = info.size <= PE_MAX_IMAGE ? malloc(info.size + 1) : NULL;
    *size = info.size;
    if (*data == NULL)
        error = info.size > PE_MAX_IMAGE ? -EFBIG : -ENOMEM;
    else if (files_read(file, 0, *data, info.size) != (int64_t)info.size)
        error = -EIO;
    if (error != 0)
        free(*data);
    files_close(file);
    return error;
}

#define DEEPEST_IMPORT 8 /* of libraries that need libraries */

static bool is_ours(const char *name) {
    for (uint32_t i = 0; i < ringside_image_count; i++)
        if (strcasecmp(ringside_images[i].name, name) == 0)
            return true;
    return false;
}

/* What an image of the host imports and lies beside it comes along. What is not there is the loaders' affair. */
static void place_imports(const char *host_path, const uint8_t *data, uint64_t size, unsigned depth) {
    struct pe_image image;

    if (depth == DEEPEST_IMPORT || is_inside(host_path) || pe_parse(data, size, &image) != PE_OK)
        return;
    for (uint32_t i = 0; i < image.import_dll_count; i++) {
        const char *name = pe_import_dll(&image, i);
        char *beside = NULL, *inside = NULL;
        uint8_t *library;
        uint64_t library_size;
        if (name == NULL || strpbrk(name, "/\\:") != NULL || is_ours(name) ||
            asprintf(&beside, "%.*s%s", (int)(names_last(host_path) - host_path), host_path, name) < 0)
            continue;
        if (add_named(name, beside) == 0 && asprintf(&inside, "C:\\%s", name) >= 0 && read_placed(inside, &library, &library_size) == 0) {
            place_imports(beside, library, library_size, depth + 1);
            free(library);
        }
        free(beside);
        free(inside);
    }
}

/* What CreateProcess would refuse is refused before there is a machine, with more to say. */
static int check_program(const char *argument, const char *machine_name) {
    uint8_t *data;
    uint64_t size;
    int error = read_placed(machine_name, &data, &size), status;

    if (error != 0) {
        message_error(argument, error == -EFBIG ? "it is larger than the 1 GiB that an image can be: give a Windows program"
                                                : "it cannot be read: check the file and its permissions");
        return EXIT_REFUSED;
    }
    status = judge_program(argument, data, size);
    if (status == 0)
        place_imports(argument, data, size, 0);
    free(data);
    return status;
}

static int place_driver(const char *argument, const char **machine_name) {
    int status = place_image(argument, machine_name);
    uint8_t *data;
    uint64_t size;

    if (status == 0 && read_placed(*machine_name, &data, &size) == 0) {
        place_imports(argument, data, size, 0);
        free(data);
    }
    return status;
}

static int place_program(struct run_options *options, const char *program, char **arguments, size_t count) {
    hal_program *placed = &options->machine_programs[options->machine_program_count];
    int status = place_image(program, &placed->path);

    if (status == 0)
        status = check_program(program, placed->path);
    if (status != 0)
        return status;
    for (size_t i = 0; i < count; i++)
        place_argument(arguments[i]);
    placed->account = options->account;
    placed->command_line = command_line_quote(placed->path, arguments, count);
    if (placed->command_line == NULL) {
        message_error(program, "its command line is longer than the 32767 characters that Windows allows, or there is no memory for it: shorten it");
        return EXIT_OURS;
    }
    options->machine_program_count++;
    return 0;
}

/* The string of an --and. */
static int place_further(struct run_options *options, const char *line) {
    size_t count;
    char **words = command_line_split(line, &count);
    int status;

    if (words == NULL) {
        message_error("--and", "no memory for its words: free some");
        return EXIT_OURS;
    }
    status = place_program(options, words[0], words + 1, count - 1);
    free(words);
    return status;
}

int place_shares(const struct run_options *options) {
    for (size_t i = 0; i < options->share_count; i++) {
        const char *given = options->shares[i], *equals = strchr(given, '=');
        char *name = strndup(given, equals == NULL ? 0 : (size_t)(equals - given));
        int error = name == NULL ? -ENOMEM : shares_add(name, equals == NULL ? "" : equals + 1);
        free(name);
        if (error == -EINVAL)
            message_error(given, "this is no name for a share: --share NAME=DIR takes a name that a file could have");
        else if (error == -EEXIST)
            message_error(given, "another share has the name: give each its own");
        else if (error != 0)
            message_error(given, "%s: --share NAME=DIR takes a directory that is there", strerror(-error));
        if (error != 0)
            return EXIT_OURS;
    }
    return 0;
}

int place_files(struct run_options *options) {
    int status = 0;

    for (size_t i = 0; i < options->driver_count && status == 0; i++)
        status = place_driver(options->drivers[i], &options->machine_drivers[i]);
    if (options->program != NULL && status == 0)
        status = place_program(options, options->program, options->arguments, options->argument_count);
    for (size_t i = 0; i < options->further_count && status == 0; i++)
        status = place_further(options, options->further[i]);
    return status;
}

void place_free(struct run_options *options) {
    for (size_t i = 0; i < options->driver_count; i++)
        free((char *)options->machine_drivers[i]);
    for (size_t i = 0; i < HAL_MAX_PROGRAMS; i++) { /* one that was refused may be half there */
        free((char *)options->machine_programs[i].path);
        free((char *)options->machine_programs[i].command_line);
    }
}
