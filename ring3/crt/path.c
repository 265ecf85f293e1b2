/* Paths taken apart and put together: drive, folder, name, ending. Pure. */
#include "crt.h"

static void copy_part(char *to, const char *from, size_t length, size_t most) {
    if (to) {
        length = length < most ? length : most - 1;
        memcpy(to, from, length);
        to[length] = 0;
    }
}

void __cdecl _splitpath(const char *path, char *drive, char *directory, char *name, char *ending) {
    const char *start = path, *file, *dot = NULL, *end;

    if (path[0] && path[1] == ':') {
        start = path + 2;
    }
    copy_part(drive, path, (size_t)(start - path), _MAX_DRIVE);
    file = start;
    for (end = start; *end; end++) {
        if (*end == '\\' || *end == '/') {
            file = end + 1;
            dot = NULL;
        } else if (*end == '.') {
            dot = end;
        }
    }
    copy_part(directory, start, (size_t)(file - start), _MAX_DIR);
    copy_part(name, file, (size_t)((dot ? dot : end) - file), _MAX_FNAME);
    copy_part(ending, dot ? dot : end, dot ? (size_t)(end - dot) : 0, _MAX_EXT);
}

void __cdecl _makepath(char *path, const char *drive, const char *directory, const char *name, const char *ending) {
    *path = 0;
    if (drive && *drive) {
        path[0] = *drive;
        path[1] = ':';
        path[2] = 0;
    }
    if (directory && *directory) {
        size_t length = strlen(directory);

        strcat(path, directory);
        if (directory[length - 1] != '\\' && directory[length - 1] != '/') {
            strcat(path, "\\");
        }
    }
    if (name) {
        strcat(path, name);
    }
    if (ending && *ending) {
        if (*ending != '.') {
            strcat(path, ".");
        }
        strcat(path, ending);
    }
}
