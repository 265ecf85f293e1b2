/*
 * Bytes through file descriptors, as they are or as text.
 */
#include "descriptor.h"

/* 0 at the end of the file and of a pipe nobody writes to any more; -1 with errno. */
static int read_raw(DESCRIPTOR *descriptor, void *buffer, unsigned count) {
    DWORD done = 0;

    if (!ReadFile(descriptor->handle, buffer, count, &done, NULL)) {
        DWORD error = GetLastError();

        if (error == ERROR_BROKEN_PIPE || error == ERROR_HANDLE_EOF) {
            return 0;
        }
        crt_set_windows_error(error);
        if (error == ERROR_ACCESS_DENIED) { /* open for writing only */
            errno = EBADF;
        }
        return -1;
    }
    return (int)done;
}

/* Wide text: "\r\n" becomes "\n" in units of two bytes. */
static int translate_wide(DESCRIPTOR *descriptor, wchar_t *text, int count) {
    int kept = 0;

    for (int i = 0; i < count; i++) {
        if (text[i] == 0x1A) {
            descriptor->flags |= CRT_FD_EOF;
            break;
        }
        if (text[i] != '\r' || i + 1 >= count || text[i + 1] != '\n') {
            text[kept++] = text[i];
        }
    }
    return kept * (int)sizeof(wchar_t);
}

int __cdecl _read(int fd, void *buffer, unsigned count) {
    DESCRIPTOR *descriptor = crt_find_descriptor(fd);
    char *text = buffer;
    int got, kept = 0, offset = 0;

    if (!descriptor) {
        return -1;
    }
    if (!count || descriptor->flags & CRT_FD_EOF) {
        return 0;
    }
    if (count > INT_MAX) {
        errno = EINVAL;
        return -1;
    }
    if (!(descriptor->flags & CRT_FD_TEXT)) {
        return read_raw(descriptor, buffer, count);
    }
    if (descriptor->flags & CRT_FD_UTF16) {
        DWORD done = 0;

        if (!(descriptor->flags & CRT_FD_DEVICE)) {
            got = read_raw(descriptor, buffer, count & ~1u);
            return got <= 0 ? got : translate_wide(descriptor, buffer, got / 2);
        }
        if (!ReadConsoleW(descriptor->handle, buffer, count / 2, &done, NULL)) {
            crt_set_windows_error(GetLastError());
            return -1;
        }
        return translate_wide(descriptor, buffer, (int)done);
    }
    if (descriptor->lookahead >= 0) {
        text[offset++] = (char)descriptor->lookahead;
        descriptor->lookahead = -1;
    }
    got = count > (unsigned)offset ? read_raw(descriptor, text + offset, count - (unsigned)offset) : 0;
    if (got < 0) {
        return -1;
    }
    got += offset;
    for (int i = 0; i < got; i++) {
        char c = text[i];

        if (c == 0x1A) {
            descriptor->flags |= CRT_FD_EOF;
            break;
        }
        if (c == '\r') {
            if (i + 1 < got) {
                if (text[i + 1] == '\n') {
                    continue;
                }
            } else {
                unsigned char next;

                if (read_raw(descriptor, &next, 1) == 1) {
                    if (next == '\n' && kept == 0) {
                        c = '\n';
                    } else {
                        descriptor->lookahead = next;
                        if (next == '\n') {
                            continue;
                        }
                    }
                }
            }
        }
        text[kept++] = c;
    }
    return kept;
}

/* Writes raw bytes; *written counts them even on failure. */
static BOOL write_raw(DESCRIPTOR *descriptor, const void *data, unsigned size, unsigned *written) {
    DWORD done = 0;
    BOOL ok;

    if (descriptor->flags & CRT_FD_UTF16 && descriptor->flags & CRT_FD_DEVICE) {
        ok = WriteConsoleW(descriptor->handle, data, size / 2, &done, NULL);
        done *= 2;
    } else {
        ok = WriteFile(descriptor->handle, data, size, &done, NULL);
    }
    *written = done;
    if (!ok) {
        crt_set_windows_error(GetLastError());
        if (crt_thread()->dos_error == ERROR_ACCESS_DENIED) { /* open for reading only */
            errno = EBADF;
        }
    } else if (done < size) {
        errno = ENOSPC;
    }
    return ok && done == size;
}

int __cdecl _write(int fd, const void *data, unsigned size) {
    DESCRIPTOR *descriptor = crt_find_descriptor(fd);
    const char *from = data;
    unsigned taken = 0, written;
    char piece[512];

    if (!descriptor || !size) {
        return descriptor ? 0 : -1;
    }
    if (size > INT_MAX) {
        errno = EINVAL;
        return -1;
    }
    if (descriptor->flags & CRT_FD_APPEND && !(descriptor->flags & (CRT_FD_DEVICE | CRT_FD_PIPE))) {
        _lseeki64(fd, 0, SEEK_END);
    }
    if (!(descriptor->flags & CRT_FD_TEXT)) {
        return write_raw(descriptor, data, size, &written) || written ? (int)written : -1;
    }
    if (descriptor->flags & CRT_FD_UTF16 && size % 2) {
        errno = EINVAL;
        return -1;
    }
    while (taken < size) {
        unsigned count = 0, before = taken;

        if (descriptor->flags & CRT_FD_UTF16) {
            wchar_t *wide = (wchar_t *)piece;

            for (; taken < size && count < CRT_LENGTH(piece) / 2 - 1; taken += 2) {
                wchar_t c;

                memcpy(&c, from + taken, sizeof(c));
                if (c == '\n') {
                    wide[count++] = '\r';
                }
                wide[count++] = c;
            }
            count *= 2;
        } else {
            for (; taken < size && count < CRT_LENGTH(piece) - 1; taken++) {
                if (from[taken] == '\n') {
                    piece[count++] = '\r';
                }
                piece[count++] = from[taken];
            }
        }
        if (!write_raw(descriptor, piece, count, &written)) {
            return before ? (int)before : -1;
        }
    }
    return (int)size;
}

long long crt_text_position(int fd, long long start, size_t wanted) {
    DESCRIPTOR *descriptor = crt_find_descriptor(fd);
    unsigned char bytes[512];
    long long position = start;
    LARGE_INTEGER here = {0}, target = {.QuadPart = start};
    BOOL ok = FALSE;

    if (!descriptor || !SetFilePointerEx(descriptor->handle, (LARGE_INTEGER){0}, &here, FILE_CURRENT) ||
        !SetFilePointerEx(descriptor->handle, target, NULL, FILE_BEGIN)) {
        return -1;
    }
    for (BOOL after_return = FALSE; !ok;) {
        int got = read_raw(descriptor, bytes, sizeof(bytes));

        if (got <= 0) {
            ok = got == 0 && wanted == 0;
            break;
        }
        for (int i = 0; i < got; i++) {
            /* A "\r" counts only once it is known that no "\n" follows. */
            if (after_return && bytes[i] != '\n') {
                wanted--;
            }
            if (wanted == 0) {
                ok = TRUE;
                break;
            }
            after_return = bytes[i] == '\r';
            wanted -= !after_return;
            position++;
        }
    }
    SetFilePointerEx(descriptor->handle, here, NULL, FILE_BEGIN);
    return ok || wanted == 0 ? position : -1;
}
