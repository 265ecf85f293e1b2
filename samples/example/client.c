/*
 * client: talks to the Example driver.
 *
 *     client.exe [TEXT]          writes TEXT, reads it back, uses each control code
 *     client.exe --evil          requests that a program should not make, each with the error that Windows gives
 *     client.exe --unmap-race    frees the buffer while the driver is in the middle of it
 *
 * The exit code is 0 when everything came out as it should.
 */
#include <windows.h>
#include <winioctl.h>
#include <stdio.h>
#include <string.h>
#include "example.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define PAGE      4096u
#define MIB64     (64u << 20)

static const char *const io_names[] = {"?", "buffered", "direct", "neither"};
static HANDLE device;
static ULONG io; /* EXAMPLE_BUFFERED, EXAMPLE_DIRECT or EXAMPLE_NEITHER */

static HANDLE open_device(DWORD access) {
    return CreateFileA(EXAMPLE_WIN32_NAME, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
}

static DWORD result(BOOL ok) { return ok ? ERROR_SUCCESS : GetLastError(); }

static DWORD write_bytes(const void *buffer, DWORD length) {
    DWORD done;
    return result(WriteFile(device, buffer, length, &done, NULL));
}

static DWORD read_bytes(void *buffer, DWORD length) {
    DWORD done;
    return result(ReadFile(device, buffer, length, &done, NULL));
}

static DWORD control_handle(HANDLE handle, DWORD code, const void *in, DWORD in_length, void *out, DWORD out_length) {
    DWORD done = 0;
    return result(DeviceIoControl(handle, code, (void *)in, in_length, out, out_length, &done, NULL));
}

static DWORD control(DWORD code, const void *in, DWORD in_length, void *out, DWORD out_length) {
    return control_handle(device, code, in, in_length, out, out_length);
}

/* ---- The ordinary conversation ----------------------------------------------------------------------------------------- */

static BOOL check(const char *what, DWORD error) {
    if (error != ERROR_SUCCESS) {
        printf("%s: error %lu\n", what, error);
    }
    return error == ERROR_SUCCESS;
}

static BOOL talk(const char *text) {
    DWORD size = (DWORD)strlen(text) + 1;
    DWORD done = 0;
    char back[EXAMPLE_TEXT_SIZE] = "";
    char more[] = " And more.";
    ULONG length = 0;
    EXAMPLE_STATISTICS statistics;

    if (!check("WriteFile", write_bytes(text, size))) {
        return FALSE;
    }
    printf("wrote %lu bytes\n", size);

    if (!check("ReadFile", result(ReadFile(device, back, sizeof(back), &done, NULL)))) {
        return FALSE;
    }
    printf("read %lu bytes: %.*s\n", done, (int)sizeof(back), back);
    if (done != size || memcmp(back, text, size) != 0) {
        printf("that is not what was written\n");
        return FALSE;
    }

    if (!check("IOCTL_EXAMPLE_REVERSE", control(IOCTL_EXAMPLE_REVERSE, text, size, back, sizeof(back)))) {
        return FALSE;
    }
    printf("METHOD_BUFFERED, reversed: %s\n", back);

    if (!check("IOCTL_EXAMPLE_APPEND", control(IOCTL_EXAMPLE_APPEND, NULL, 0, more, sizeof(more))) ||
        !check("ReadFile", read_bytes(back, sizeof(back)))) {
        return FALSE;
    }
    printf("METHOD_IN_DIRECT, appended: %s\n", back);

    if (!check("IOCTL_EXAMPLE_GET_STATISTICS", control(IOCTL_EXAMPLE_GET_STATISTICS, NULL, 0, &statistics, sizeof(statistics)))) {
        return FALSE;
    }
    printf("METHOD_OUT_DIRECT, statistics: %lu reads, %lu writes, %lu bytes kept\n", statistics.Reads, statistics.Writes, statistics.TextSize);

    if (!check("IOCTL_EXAMPLE_LENGTH", control(IOCTL_EXAMPLE_LENGTH, text, size, &length, sizeof(length)))) {
        return FALSE;
    }
    printf("METHOD_NEITHER, length: %lu\n", length);
    return length == size - 1;
}

/* ---- Requests that a program should not make ----------------------------------------------------------------------------- */

/* Pages for the cases; each case puts back what it changes. */
static char *pages;     /* two pages, the second only reserved */
static char *read_only; /* a page that may not be written */
static char *unmapped;  /* an address where nothing is */
static char *huge;      /* MIB64 bytes */
/* Kernel memory on Windows (the kernel's view of KUSER_SHARED_DATA). */
#define KERNEL_ADDRESS ((char *)0xFFFFF78000000000ull)

static DWORD write_unterminated(void) {
    char text[5] = {'n', 'o', 'e', 'n', 'd'};
    return write_bytes(text, sizeof(text));
}

static DWORD write_empty(void) { return write_bytes("", 0); }

static DWORD write_empty_null(void) { return write_bytes(NULL, 0); }

static DWORD write_null(void) { return write_bytes(NULL, 10); }

static DWORD write_unmapped(void) { return write_bytes(unmapped, 10); }

static DWORD write_read_only(void) { return write_bytes(read_only, 10); }

static DWORD write_kernel(void) { return write_bytes(KERNEL_ADDRESS, 10); }

static DWORD write_last_byte(void) {
    memcpy(pages + PAGE - 9, "123456789", 9);
    return write_bytes(pages + PAGE - 9, 10);
}

static DWORD write_huge(void) { return write_bytes(huge, MIB64); }

static DWORD write_format(void) {
    static const char text[] = "%s%s%s%n%p%x%hs%wZ%d";
    char back[sizeof(text)] = "";
    DWORD error = write_bytes(text, sizeof(text));

    if (error == ERROR_SUCCESS) {
        error = read_bytes(back, sizeof(back));
    }
    if (error == ERROR_SUCCESS && memcmp(text, back, sizeof(text)) != 0) {
        error = ERROR_INVALID_DATA;
    }
    return error;
}

static DWORD read_null(void) { return read_bytes(NULL, 10); }

static DWORD read_unmapped(void) { return read_bytes(unmapped, 10); }

static DWORD read_into_read_only(void) { return read_bytes(read_only, 10); }

static DWORD read_kernel(void) { return read_bytes(KERNEL_ADDRESS, 10); }

static DWORD read_last_byte(void) { return read_bytes(pages + PAGE - 9, 10); }

static DWORD control_unknown(void) { return control(CTL_CODE(FILE_DEVICE_EXAMPLE, 0x8FF, METHOD_BUFFERED, FILE_ANY_ACCESS), NULL, 0, NULL, 0); }

static DWORD control_without(DWORD access, DWORD code) {
    char buffer[sizeof(EXAMPLE_STATISTICS)] = "x";
    HANDLE handle = open_device(access);
    DWORD error;

    if (handle == INVALID_HANDLE_VALUE) {
        return GetLastError();
    }
    error = control_handle(handle, code, NULL, 0, buffer, sizeof(buffer));
    CloseHandle(handle);
    return error;
}

static DWORD control_needs_write(void) { return control_without(GENERIC_READ, IOCTL_EXAMPLE_APPEND); }

static DWORD control_needs_read(void) { return control_without(GENERIC_WRITE, IOCTL_EXAMPLE_GET_STATISTICS); }

static DWORD control_needs_any(void) { return control_without(0, IOCTL_EXAMPLE_GET_STATISTICS); }

static DWORD reverse_unmapped(void) {
    char back[16];
    return control(IOCTL_EXAMPLE_REVERSE, unmapped, 10, back, sizeof(back));
}

static DWORD reverse_small(void) {
    char back[2];
    return control(IOCTL_EXAMPLE_REVERSE, "four", 5, back, sizeof(back));
}

static DWORD append_unmapped(void) { return control(IOCTL_EXAMPLE_APPEND, NULL, 0, unmapped, 10); }

static DWORD append_empty(void) { return control(IOCTL_EXAMPLE_APPEND, NULL, 0, NULL, 0); }

static DWORD statistics_read_only(void) { return control(IOCTL_EXAMPLE_GET_STATISTICS, NULL, 0, read_only, sizeof(EXAMPLE_STATISTICS)); }

static DWORD length_null(void) {
    ULONG length;
    return control(IOCTL_EXAMPLE_LENGTH, NULL, 10, &length, sizeof(length));
}

static DWORD length_from_kernel(void) {
    ULONG length;
    return control(IOCTL_EXAMPLE_LENGTH, KERNEL_ADDRESS, 10, &length, sizeof(length));
}

static DWORD length_to_kernel(void) { return control(IOCTL_EXAMPLE_LENGTH, "four", 5, KERNEL_ADDRESS, sizeof(ULONG)); }

static DWORD length_to_read_only(void) { return control(IOCTL_EXAMPLE_LENGTH, "four", 5, read_only, sizeof(ULONG)); }

static DWORD length_last_byte(void) {
    ULONG length;

    memcpy(pages + PAGE - 9, "123456789", 9);
    return control(IOCTL_EXAMPLE_LENGTH, pages + PAGE - 9, 10, &length, sizeof(length));
}

/* The error each build of the driver gives: buffered, direct, neither. `also` is another right answer, where it depends on how
   much memory the system has left. */
static const struct {
    const char *name;
    DWORD (*run)(void);
    DWORD expected[3];
    DWORD also;
} evil_cases[] = {
    {"write without a terminator", write_unterminated, {87, 87, 87}, 0},
    {"write of length 0", write_empty, {87, 87, 87}, 0},
    {"write of length 0 from NULL", write_empty_null, {87, 87, 87}, 0},
    {"write from NULL", write_null, {998, 998, 998}, 0},
    {"write from unmapped memory", write_unmapped, {998, 998, 998}, 0},
    {"write from read-only memory", write_read_only, {0, 0, 0}, 0},
    {"write from kernel memory", write_kernel, {998, 998, 998}, 0},
    {"write with its last byte on an unmapped page", write_last_byte, {998, 998, 998}, 0},
    {"write of 64 MiB", write_huge, {1784, 1784, 1784}, ERROR_NO_SYSTEM_RESOURCES},
    {"write of %s%n", write_format, {0, 0, 0}, 0},
    {"read into NULL", read_null, {998, 998, 998}, 0},
    {"read into unmapped memory", read_unmapped, {998, 998, 998}, 0},
    {"read into read-only memory", read_into_read_only, {998, 998, 998}, 0},
    {"read into kernel memory", read_kernel, {998, 998, 998}, 0},
    {"read with its last byte on an unmapped page", read_last_byte, {998, 998, 998}, 0},
    {"unknown control code", control_unknown, {1, 1, 1}, 0},
    {"control that needs write access without it", control_needs_write, {5, 5, 5}, 0},
    {"control that needs read access without it", control_needs_read, {5, 5, 5}, 0},
    {"control that needs read access on a handle with none", control_needs_any, {5, 5, 5}, 0},
    {"METHOD_BUFFERED from unmapped memory", reverse_unmapped, {998, 998, 998}, 0},
    {"METHOD_BUFFERED with too little room", reverse_small, {122, 122, 122}, 0},
    {"METHOD_IN_DIRECT from unmapped memory", append_unmapped, {998, 998, 998}, 0},
    {"METHOD_IN_DIRECT without a buffer", append_empty, {87, 87, 87}, 0},
    {"METHOD_OUT_DIRECT into read-only memory", statistics_read_only, {998, 998, 998}, 0},
    {"METHOD_NEITHER from NULL", length_null, {998, 998, 998}, 0},
    {"METHOD_NEITHER from kernel memory", length_from_kernel, {998, 998, 998}, 0},
    {"METHOD_NEITHER into kernel memory", length_to_kernel, {998, 998, 998}, 0},
    {"METHOD_NEITHER into read-only memory", length_to_read_only, {998, 998, 998}, 0},
    {"METHOD_NEITHER with its last byte on an unmapped page", length_last_byte, {998, 998, 998}, 0},
};

static BOOL prepare_memory(void) {
    DWORD old;

    pages = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE, PAGE_NOACCESS);
    read_only = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    unmapped = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    huge = VirtualAlloc(NULL, MIB64, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (pages == NULL || read_only == NULL || unmapped == NULL || huge == NULL || VirtualAlloc(pages, PAGE, MEM_COMMIT, PAGE_READWRITE) == NULL) {
        return FALSE;
    }
    memcpy(read_only, "read only", 10);
    return VirtualProtect(read_only, PAGE, PAGE_READONLY, &old) && VirtualFree(unmapped, 0, MEM_RELEASE);
}

static BOOL evil(void) {
    BOOL ok = TRUE;

    if (!prepare_memory()) {
        printf("VirtualAlloc: error %lu\n", GetLastError());
        return FALSE;
    }
    for (size_t i = 0; i < LENGTH(evil_cases); i++) {
        DWORD expected = evil_cases[i].expected[io - 1];
        DWORD error = evil_cases[i].run();

        printf("evil: %s: error %lu", evil_cases[i].name, error);
        if (error != expected && (evil_cases[i].also == 0 || error != evil_cases[i].also)) {
            printf(" (expected %lu)", expected);
            ok = FALSE;
        }
        printf("\n");
    }
    return talk("Still here.") && ok;
}

/* ---- Memory that goes away while the driver reads it ----------------------------------------------------------------------- */

static DWORD WINAPI free_in_the_middle(void *address) {
    Sleep(EXAMPLE_PAUSE_MS / 2);
    return VirtualFree(address, 0, MEM_RELEASE) ? ERROR_SUCCESS : GetLastError();
}

static BOOL unmap_race(void) {
    char *bytes = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DWORD freed = ERROR_SUCCESS;
    HANDLE thread;
    DWORD error;

    if (bytes == NULL) {
        printf("VirtualAlloc: error %lu\n", GetLastError());
        return FALSE;
    }
    bytes[0] = 0x11;
    bytes[1] = 0x22;
    thread = CreateThread(NULL, 0, free_in_the_middle, bytes, 0, NULL);
    if (thread == NULL) {
        printf("CreateThread: error %lu\n", GetLastError());
        return FALSE;
    }
    error = control(IOCTL_EXAMPLE_TWO_BYTES, bytes, 2, NULL, 0);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &freed);
    CloseHandle(thread);
    if (!check("VirtualFree", freed)) {
        return FALSE;
    }
    printf("unmap-race: error %lu\n", error);
    return error == ERROR_NOACCESS;
}

int main(int argc, char **argv) {
    const char *argument = argc > 1 ? argv[1] : "Hello from user mode!";
    EXAMPLE_STATISTICS statistics;
    BOOL ok;

    device = open_device(GENERIC_READ | GENERIC_WRITE);
    if (device == INVALID_HANDLE_VALUE) {
        printf("CreateFile %s: error %lu\n", EXAMPLE_WIN32_NAME, GetLastError());
        return 1;
    }
    if (!check("IOCTL_EXAMPLE_GET_STATISTICS", control(IOCTL_EXAMPLE_GET_STATISTICS, NULL, 0, &statistics, sizeof(statistics)))) {
        CloseHandle(device);
        return 1;
    }
    io = statistics.Io >= EXAMPLE_BUFFERED && statistics.Io <= EXAMPLE_NEITHER ? statistics.Io : EXAMPLE_BUFFERED;
    printf("opened %s (%s)\n", EXAMPLE_WIN32_NAME, io_names[io]);

    if (strcmp(argument, "--evil") == 0) {
        ok = evil();
    } else if (strcmp(argument, "--unmap-race") == 0) {
        ok = unmap_race();
    } else {
        ok = talk(argument);
    }
    if (!CloseHandle(device)) {
        printf("CloseHandle: error %lu\n", GetLastError());
        ok = FALSE;
    }
    return ok ? 0 : 1;
}
