/* The layouts of _stat's answer differ in the width of times and sizes only: each function asks for the widest and copies it. */
#pragma once

#define CRT_NARROW_STATUS(name, type, path_type, wide_name)                                                                                          \
    int __cdecl name(path_type path, type *to) {                                                                                                     \
        struct _stat64 status;                                                                                                                       \
                                                                                                                                                     \
        if (wide_name(path, &status)) {                                                                                                              \
            return -1;                                                                                                                               \
        }                                                                                                                                            \
        memset(to, 0, sizeof(*to));                                                                                                                  \
        to->st_mode = status.st_mode;                                                                                                                \
        to->st_nlink = status.st_nlink;                                                                                                              \
        to->st_size = (__typeof__(to->st_size))status.st_size;                                                                                       \
        to->st_ctime = (__typeof__(to->st_ctime))status.st_ctime;                                                                                    \
        to->st_atime = (__typeof__(to->st_atime))status.st_atime;                                                                                    \
        to->st_mtime = (__typeof__(to->st_mtime))status.st_mtime;                                                                                    \
        return 0;                                                                                                                                    \
    }
