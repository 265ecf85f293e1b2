/* errno, its texts, and how Windows' errors become errno's. */
#include "crt.h"

int *__cdecl _errno(void) { return &crt_thread()->error; }

unsigned long *__cdecl __doserrno(void) { return &crt_thread()->dos_error; }

errno_t __cdecl _get_errno(int *value) {
    if (!value) {
        return crt_invalid(EINVAL);
    }
    *value = errno;
    return 0;
}

errno_t __cdecl _set_errno(int value) {
    errno = value;
    return 0;
}

errno_t __cdecl _get_doserrno(unsigned long *value) {
    if (!value) {
        return crt_invalid(EINVAL);
    }
    *value = crt_thread()->dos_error;
    return 0;
}

errno_t __cdecl _set_doserrno(unsigned long value) {
    crt_thread()->dos_error = value;
    return 0;
}

/* "errno, _doserrno, _sys_errlist, and _sys_nerr" and the descriptions of the functions that set them. */
static const struct {
    DWORD windows;
    int error;
} error_map[] = {
    {ERROR_INVALID_FUNCTION, EINVAL},    {ERROR_FILE_NOT_FOUND, ENOENT},       {ERROR_PATH_NOT_FOUND, ENOENT},
    {ERROR_TOO_MANY_OPEN_FILES, EMFILE}, {ERROR_ACCESS_DENIED, EACCES},        {ERROR_INVALID_HANDLE, EBADF},
    {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},   {ERROR_OUTOFMEMORY, ENOMEM},          {ERROR_INVALID_DRIVE, ENOENT},
    {ERROR_CURRENT_DIRECTORY, EACCES},   {ERROR_NO_MORE_FILES, ENOENT},        {ERROR_WRITE_PROTECT, EACCES},
    {ERROR_SHARING_VIOLATION, EACCES},   {ERROR_LOCK_VIOLATION, EACCES},       {ERROR_FILE_EXISTS, EEXIST},
    {ERROR_CANNOT_MAKE, EACCES},         {ERROR_INVALID_PARAMETER, EINVAL},    {ERROR_BROKEN_PIPE, EPIPE},
    {ERROR_DISK_FULL, ENOSPC},           {ERROR_NEGATIVE_SEEK, EINVAL},        {ERROR_DIR_NOT_EMPTY, ENOTEMPTY},
    {ERROR_ALREADY_EXISTS, EEXIST},      {ERROR_FILENAME_EXCED_RANGE, ENOENT}, {ERROR_BAD_PATHNAME, ENOENT},
    {ERROR_INVALID_NAME, ENOENT},        {ERROR_NOT_LOCKED, EACCES},           {ERROR_BAD_NETPATH, ENOENT},
    {ERROR_NO_PROC_SLOTS, EAGAIN},       {ERROR_MAX_THRDS_REACHED, EAGAIN},    {ERROR_BAD_FORMAT, ENOEXEC},
    {ERROR_BAD_EXE_FORMAT, ENOEXEC},     {ERROR_BAD_ENVIRONMENT, E2BIG},
};

void crt_set_windows_error(DWORD error) {
    CRT_THREAD *thread = crt_thread();

    thread->dos_error = error;
    thread->error = EINVAL;
    for (size_t i = 0; i < CRT_LENGTH(error_map); i++) {
        if (error_map[i].windows == error) {
            thread->error = error_map[i].error;
        }
    }
}

static const char *const error_texts[] = {
    [0] = "No error",
    [EPERM] = "Operation not permitted",
    [ENOENT] = "No such file or directory",
    [ESRCH] = "No such process",
    [EINTR] = "Interrupted function call",
    [EIO] = "Input/output error",
    [ENXIO] = "No such device or address",
    [E2BIG] = "Arg list too long",
    [ENOEXEC] = "Exec format error",
    [EBADF] = "Bad file descriptor",
    [ECHILD] = "No child processes",
    [EAGAIN] = "Resource temporarily unavailable",
    [ENOMEM] = "Not enough space",
    [EACCES] = "Permission denied",
    [EFAULT] = "Bad address",
    [EBUSY] = "Resource device",
    [EEXIST] = "File exists",
    [EXDEV] = "Improper link",
    [ENODEV] = "No such device",
    [ENOTDIR] = "Not a directory",
    [EISDIR] = "Is a directory",
    [EINVAL] = "Invalid argument",
    [ENFILE] = "Too many open files in system",
    [EMFILE] = "Too many open files",
    [ENOTTY] = "Inappropriate I/O control operation",
    [EFBIG] = "File too large",
    [ENOSPC] = "No space left on device",
    [ESPIPE] = "Invalid seek",
    [EROFS] = "Read-only file system",
    [EMLINK] = "Too many links",
    [EPIPE] = "Broken pipe",
    [EDOM] = "Domain error",
    [ERANGE] = "Result too large",
    [EDEADLK] = "Resource deadlock avoided",
    [ENAMETOOLONG] = "Filename too long",
    [ENOLCK] = "No locks available",
    [ENOSYS] = "Function not implemented",
    [ENOTEMPTY] = "Directory not empty",
    [EILSEQ] = "Illegal byte sequence",
};

static const char *error_text(int error) {
    const char *text = error >= 0 && error < (int)CRT_LENGTH(error_texts) ? error_texts[error] : NULL;

    return text ? text : "Unknown error";
}

char *__cdecl strerror(int error) { return strcpy(crt_thread()->error_text, error_text(error)); }

wchar_t *__cdecl _wcserror(int error) {
    wchar_t *to = crt_thread()->wide_error_text;
    size_t i = 0;

    for (const char *text = error_text(error); text[i]; i++) {
        to[i] = (wchar_t)text[i];
    }
    to[i] = 0;
    return to;
}

errno_t __cdecl strerror_s(char *buffer, size_t size, int error) {
    if (!buffer || !size) {
        return crt_invalid(EINVAL);
    }
    strncpy(buffer, error_text(error), size - 1);
    buffer[size - 1] = 0;
    return 0;
}

void __cdecl perror(const char *prefix) {
    const char *text = error_text(errno);

    if (prefix && *prefix) {
        fputs(prefix, stderr);
        fputs(": ", stderr);
    }
    fputs(text, stderr);
    fputs("\n", stderr);
}

void __cdecl _wperror(const wchar_t *prefix) {
    char *narrow = prefix ? crt_narrow(prefix) : NULL;

    perror(narrow);
    free(narrow);
}

void crt_fatal(const char *text) {
    HANDLE error = GetStdHandle(STD_ERROR_HANDLE);
    DWORD done;

    WriteFile(error, text, (DWORD)strlen(text), &done, NULL);
    WriteFile(error, "\r\n", 2, &done, NULL);
    ExitProcess(255);
}

/* ---- Invalid parameters -------------------------------------------------------------------------------------------------------- */

static _invalid_parameter_handler invalid_parameter_handler;

_invalid_parameter_handler __cdecl _set_invalid_parameter_handler(_invalid_parameter_handler handler) {
    return InterlockedExchangePointer((void **)&invalid_parameter_handler, (void *)handler);
}

_invalid_parameter_handler __cdecl _get_invalid_parameter_handler(void) { return invalid_parameter_handler; }

CRT_EXPORT(_invalid_parameter_handler, _set_thread_local_invalid_parameter_handler, (_invalid_parameter_handler handler)) {
    CRT_THREAD *thread = crt_thread();
    _invalid_parameter_handler old = thread->invalid_parameter_handler;

    thread->invalid_parameter_handler = handler;
    return old;
}

CRT_EXPORT(_invalid_parameter_handler, _get_thread_local_invalid_parameter_handler, (void)) { return crt_thread()->invalid_parameter_handler; }

/* The thread's handler, else the program's, else the end; msvcrt.dll has neither the first nor the last. */
static void tell_invalid(const wchar_t *expression, const wchar_t *function, const wchar_t *file, unsigned line, uintptr_t reserved) {
    _invalid_parameter_handler handler = crt_thread()->invalid_parameter_handler;

    handler = handler ? handler : invalid_parameter_handler;
    if (handler) {
        handler(expression, function, file, line, reserved);
    } else if (crt_universal) {
        crt_fail_fast(FAST_FAIL_INVALID_ARG);
    }
}

int crt_invalid(int error) {
    errno = error;
    tell_invalid(NULL, NULL, NULL, 0, 0);
    return error;
}

CRT_EXPORT(void, _invalid_parameter, (const wchar_t *expression, const wchar_t *function, const wchar_t *file, unsigned line, uintptr_t reserved)) {
    tell_invalid(expression, function, file, line, reserved);
}

CRT_EXPORT(void, _invalid_parameter_noinfo, (void)) { tell_invalid(NULL, NULL, NULL, 0, 0); }

CRT_EXPORT(void, _invalid_parameter_noinfo_noreturn, (void)) {
    tell_invalid(NULL, NULL, NULL, 0, 0);
    crt_fail_fast(FAST_FAIL_INVALID_ARG);
}

CRT_EXPORT(void, _invoke_watson, (const wchar_t *expression, const wchar_t *function, const wchar_t *file, unsigned line, uintptr_t reserved)) {
    crt_fail_fast(FAST_FAIL_INVALID_ARG);
}

void crt_fail_fast(unsigned code) {
    __asm__ volatile("int $0x29" : : "c"(code));
    __builtin_unreachable();
}
