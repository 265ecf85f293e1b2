#include "cc/headers.h"
#include "cc.h"
#include "message.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct file {
    const char *name;
    const unsigned char *data;
    size_t size;
};

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc23-extensions"
#include "host/cc_files.inc" /* files[]: include/ddk-fix, the prelude, the source of the built-in functions */
static const unsigned char kernel_library[] = {
#embed "ring0/ntoskrnl.lib"
};
static const unsigned char intrinsics_library[] = {
#embed "host/intrinsics.lib"
};
static const unsigned char wdmsec_library[] = {
#embed "ring0/wdmsec.lib"
};
#pragma clang diagnostic pop

static bool write_file(const char *path, const char *name, const void *data, size_t size) {
    char *whole;
    FILE *file;
    bool ok;

    if (asprintf(&whole, "%s/%s", path, name) < 0)
        return false;
    file = fopen(whole, "we");
    free(whole);
    if (file == NULL)
        return false;
    ok = fwrite(data, 1, size, file) == size;
    return fclose(file) == 0 && ok;
}

bool headers_make(char *path) {
    const char *base = getenv("TMPDIR");
    bool ok;

    snprintf(path, 256, "%.200s/ringside-cc.XXXXXX", base == NULL || *base != '/' ? "/tmp" : base);
    ok = mkdtemp(path) != NULL;
    if (!ok)
        path[0] = '\0';
    for (size_t i = 0; i < sizeof files / sizeof *files && ok; i++)
        ok = write_file(path, files[i].name, files[i].data, files[i].size);
    ok = ok && write_file(path, "ntoskrnl.lib", kernel_library, sizeof kernel_library) &&
         write_file(path, "wdmsec.lib", wdmsec_library, sizeof wdmsec_library) &&
         write_file(path, "intrinsics.lib", intrinsics_library, sizeof intrinsics_library);
    if (!ok)
        message_error("cc", "a temporary file cannot be written (%s): set TMPDIR to a directory that can", strerror(errno));
    return ok;
}

/* It is flat: headers, sources and objects of ours. */
void headers_remove(const char *path) {
    DIR *directory;

    if (path[0] == '\0' || (directory = opendir(path)) == NULL)
        return;
    int at = dirfd(directory);
    for (struct dirent *entry; at >= 0 && (entry = readdir(directory)) != NULL;)
        unlinkat(at, entry->d_name, 0);
    closedir(directory);
    rmdir(path);
}

/* ---- The overlay -------------------------------------------------------------------------------- */

static bool is_header(const char *name) {
    static const char *const endings[] = {".h", ".hpp", ".hxx", ".hh", ".inl", ".inc"};
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    return false;
}

static void print_quoted(FILE *out, const char *text) {
    for (; *text != '\0'; text++)
        fputs(*text == '\'' ? "''" : (char[]){*text, 0}, out);
}

static int by_letters(const struct dirent **a, const struct dirent **b) {
    int order = strcasecmp((*a)->d_name, (*b)->d_name);
    return order != 0 ? order : strcmp((*a)->d_name, (*b)->d_name);
}

static bool same_letters(struct dirent *const *entries, int a, int b) { return strcasecmp(entries[a]->d_name, entries[b]->d_name) == 0; }

/* The directory, those of its headers that no other there is named like but for the case, and, if below, those of the directories in it. They are found
   under the directory's own name, or in name. */
static void print_directory(FILE *out, const char *name, const char *directory, bool below) {
    struct dirent **entries;
    char *whole = realpath(directory, NULL);
    int count = whole != NULL ? scandir(whole, &entries, NULL, by_letters) : -1;

    if (count < 0) {
        free(whole);
        return;
    }
    fputs("{'type': 'directory', 'name': '", out);
    print_quoted(out, name != NULL ? name : whole);
    fputs("', 'contents': [", out);
    const char *comma = "";
    for (int i = 0; i < count; i++) {
        bool alone = (i == 0 || !same_letters(entries, i - 1, i)) && (i + 1 == count || !same_letters(entries, i, i + 1));
        if (alone && is_header(entries[i]->d_name)) {
            fprintf(out, "%s\n{'type': 'file', 'name': '", comma);
            print_quoted(out, entries[i]->d_name);
            fputs("', 'external-contents': '", out);
            print_quoted(out, whole);
            fputc('/', out);
            print_quoted(out, entries[i]->d_name);
            fputs("'}", out);
            comma = ",";
        }
    }
    fputs("]},\n", out);
    for (int i = 0; i < count; i++) {
        char *inner;
        if (below && entries[i]->d_type == DT_DIR && entries[i]->d_name[0] != '.' && asprintf(&inner, "%s/%s", whole, entries[i]->d_name) >= 0) {
            print_directory(out, NULL, inner, false);
            free(inner);
        }
        free(entries[i]);
    }
    free(entries);
    free(whole);
}

bool headers_write_overlay(const char *path, const char *const *directories, size_t own) {
    char *name;
    FILE *out;

    if (asprintf(&name, "%s/overlay.yaml", path) < 0)
        return false;
    out = fopen(name, "we");
    free(name);
    if (out != NULL) {
        fputs("{'version': 0, 'case-sensitive': 'false', 'roots': [", out);
        for (size_t i = 0; directories[i] != NULL; i++)
            print_directory(out, NULL, directories[i], i < own);
        if (asprintf(&name, "%s/ddk", path) >= 0) { /* mingw-w64's drivers include <ddk/wdm.h> */
            print_directory(out, name, path, false);
            free(name);
        }
        fputs("]}\n", out);
        bool written = ferror(out) == 0;
        if (fclose(out) == 0 && written)
            return true;
    }
    message_error("cc", "a temporary file cannot be written (%s): set TMPDIR to a directory that can", strerror(errno));
    return false;
}
