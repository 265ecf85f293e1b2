/* fuzz-services: handles and structures, and an argument of each kind. */
#pragma once
#include "fuzz-calls.h"
#include "fuzz-memory.h"
#include <winternl.h>

NTSTATUS NTAPI NtSetInformationObject(HANDLE, int, PVOID, ULONG);
NTSTATUS NTAPI NtTerminateThread(HANDLE, NTSTATUS);
NTSTATUS NTAPI NtCreateSection(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PLARGE_INTEGER, ULONG, ULONG, HANDLE);

/* ---- Handles. Those that were there at the start stay; all others are closed and a new set is opened again and again. ---- */

enum { PROTECTED_FROM_CLOSE = 4, HANDLE_END = 0x4000 };
static ULONG64 handles[64], threads[8];
static unsigned handle_count, thread_count;
static unsigned char kept[HANDLE_END / 4];

static void add(HANDLE handle) {
    if (handle != INVALID_HANDLE_VALUE && handle && handle_count < sizeof handles / sizeof *handles)
        handles[handle_count++] = (ULONG64)handle;
}
static void open_file(const WCHAR *name, ULONG access, ULONG disposition, ULONG options) {
    UNICODE_STRING string;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    RtlInitUnicodeString(&string, name);
    InitializeObjectAttributes(&attributes, &string, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (NtCreateFile(&handle, access, &attributes, &iosb, NULL, 0, 7, disposition, options, NULL, 0) >= 0)
        add(handle);
}
/* A thread must not be ended before it sleeps: it would take the loader's lock along. */
static volatile LONG asleep;
static DWORD WINAPI sleeper(void *unused) {
    asleep = 1;
    for (;;)
        SleepEx(1000000, TRUE);
}
static void start_thread(int suspended) {
    asleep = suspended;
    HANDLE thread = CreateThread(NULL, 65536, sleeper, NULL, suspended ? CREATE_SUSPENDED : 0, NULL);
    if (thread)
        threads[thread_count++] = (ULONG64)thread;
    while (thread && !asleep)
        Sleep(1);
}
static int is_open(ULONG64 handle) {
    DWORD flags;
    return GetHandleInformation((HANDLE)handle, &flags);
}
static void close_handles(void) {
    UCHAR flags[2] = {0, 0};
    for (unsigned i = 0; i < thread_count; i++)
        NtTerminateThread((HANDLE)threads[i], 0);
    for (ULONG64 handle = 4; handle < HANDLE_END; handle += 4) {
        if (!kept[handle / 4] && is_open(handle)) {
            NtSetInformationObject((HANDLE)handle, PROTECTED_FROM_CLOSE, flags, sizeof flags);
            CloseHandle((HANDLE)handle);
        }
    }
    handle_count = thread_count = 0;
}
static void open_handles(void) {
    static const WCHAR *const devices[] = {L"\\Device\\Null",   L"\\Device\\ConDrv\\Error", L"\\Device\\ServiceControl",
                                           L"\\Device\\ConDrv", L"\\Device\\Example",       L"\\??\\C:",
                                           L"\\Device\\HostFs", L"\\Device\\ConDrv\\Input"};
    HKEY key;
    HANDLE token;
    close_handles();
    for (unsigned i = 0; i < sizeof devices / sizeof *devices; i++) {
        open_file(devices[i], below(2) ? GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE : GENERIC_READ | GENERIC_WRITE, FILE_OPEN,
                  below(2) ? 0x20 : 0); /* FILE_SYNCHRONOUS_IO_NONALERT */
    }
    open_file(L"\\??\\C:\\fuzz.dat", GENERIC_ALL | SYNCHRONIZE | DELETE, FILE_OPEN_IF, 0x20);
    open_file(L"\\??\\C:\\fuzz.dat", GENERIC_ALL | DELETE, FILE_OPEN_IF, 0);
    open_file(L"\\??\\C:\\folder", GENERIC_ALL | SYNCHRONIZE, FILE_OPEN_IF, FILE_DIRECTORY_FILE | 0x20);
    open_file(L"\\??\\C:\\", GENERIC_READ | SYNCHRONIZE, FILE_OPEN, FILE_DIRECTORY_FILE | 0x20);
    add(CreateEventA(NULL, below(2), below(2), below(2) ? "fuzz-event" : NULL));
    add(CreateEventA(NULL, below(2), below(2), NULL));
    add(CreateMutexA(NULL, below(2), "fuzz-mutex"));
    add(CreateSemaphoreA(NULL, 1, 3, "fuzz-semaphore"));
    add(CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0));
    add(CreateWaitableTimerA(NULL, below(2), NULL));
    if (NtCreateSection(&token, SECTION_ALL_ACCESS, NULL, &(LARGE_INTEGER){.QuadPart = 65536}, PAGE_READWRITE, SEC_COMMIT, NULL) >= 0)
        add(token);
    if (OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &token))
        add(token);
    if (!RegCreateKeyExA(HKEY_LOCAL_MACHINE, "SOFTWARE\\Fuzz", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL))
        add((HANDLE)key);
    if (!RegOpenKeyExA(HKEY_LOCAL_MACHINE, "SOFTWARE", 0, KEY_READ, &key))
        add((HANDLE)key);
    start_thread(0);
    start_thread(1);
    start_thread(1);
}

static ULONG64 bad_handle(void) {
    static const ULONG64 bad[] = {0,
                                  1,
                                  2,
                                  3,
                                  0xFFFFFFFFFFFFFFFA,
                                  0xFFFFFFFFFFFFFFF9,
                                  0xFFFFFFFF,
                                  0x80000000,
                                  0xFFFFFFFF80000004,
                                  0xFFFFFFFF80000000,
                                  0xFFFFFFFF80000010,
                                  0xABCDEF0,
                                  0x7FFFFFFC,
                                  0x4000000,
                                  0xFFFF800000000000,
                                  0x80000004,
                                  0x3FFC,
                                  0x20000};
    return ONE_OF(bad);
}
static ULONG64 handle(void) {
    unsigned kind = below(16);
    if (kind == 0)
        return bad_handle();
    if (kind == 1)
        return ~0ull - below(6); /* this process, this thread, and their tokens */
    if (kind == 2 && thread_count)
        return threads[below(thread_count)];
    return handle_count ? handles[below(handle_count)] + (below(32) ? 0 : below(4)) : 0;
}
/* Never 0, which NtTerminateThread takes for the caller. */
static ULONG64 victim(void) {
    ULONG64 bad = bad_handle() & ~1ull;
    if (below(4) && thread_count)
        return threads[below(thread_count)];
    return below(4) && handle_count ? handles[below(handle_count)] : bad ? bad : 0xABCDEF0;
}

/* ---- Structures, laid where the kernel finds them and may find them gone. ---- */

static const WCHAR *const names[] = {
    L"",
    L"\\",
    L"\\\\",
    L"a",
    L".",
    L"..",
    L"fuzz",
    L"\\??\\C:\\fuzz.dat",
    L"\\??\\C:\\folder\\x",
    L"\\??\\C:\\nothing\\x",
    L"\\??\\C:",
    L"\\??\\C:\\",
    L"C:\\x",
    L"\\Device\\Null",
    L"\\Device\\Null\\",
    L"\\Device\\Null\\more",
    L"\\Device\\HostFs",
    L"\\Device\\HostFs\\..\\..\\etc",
    L"\\Device\\ConDrv\\Error",
    L"\\Device\\ServiceControl",
    L"\\Device\\ServiceControl\\fuzz",
    L"\\Device\\Example",
    L"\\??\\Example\\name",
    L"\\BaseNamedObjects\\fuzz",
    L"\\BaseNamedObjects\\fuzz-directory",
    L"\\BaseNamedObjects\\fuzz-directory\\within",
    L"\\BaseNamedObjects\\fuzz-event",
    L"\\BaseNamedObjects\\fuzz-link",
    L"\\BaseNamedObjects\\fuzz-link\\fuzz-link",
    L"\\??\\fuzz-loop",
    L"\\??\\fuzz-loop\\x",
    L"\\Registry\\Machine\\Software\\Fuzz",
    L"\\Registry\\Machine\\Software\\Fuzz\\Deep\\Deeper",
    L"\\Registry",
    L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\None",
    L"Fuzz\\Sub",
    L"Value",
    L"*",
    L"?.*",
    L"\\??\\C:\\a:b",
    L"\\??\\C:\\fuzz.dat\\",
    L"\\??\\C:\\*",
    L"\\??\\C:\\con",
    L"\\ObjectTypes",
    L"\\KernelObjects",
    L"\\??\\C:\\..\\..\\x",
    L"\\GLOBAL??",
    L"\\DosDevices\\C:\\folder",
    L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\example-neither",
    L"\x1\xD800\xFFFF",
};

/* Where the next structure goes: SCRATCH is a ring of 8 pages. */
static unsigned scratch;
static ULONG64 room(unsigned size) {
    if (scratch + size > 8 * PAGE)
        scratch = 0;
    ULONG64 at = page(SCRATCH) + scratch;
    scratch += (size + 15) & ~15u;
    return at;
}

static ULONG64 string(void) {
    UNICODE_STRING *string = (UNICODE_STRING *)room(sizeof *string);
    const WCHAR *name = ONE_OF(names);
    size_t size = 2 * wcslen(name);
    string->Length = (USHORT)size;
    string->MaximumLength = (USHORT)(size + 2);
    string->Buffer = (PWSTR)(page(STRINGS) + 2 * below(64));
    memcpy(string->Buffer, name, size + 2);
    switch (below(24)) {
    case 0: string->Length |= 1; break;
    case 1: string->Length = 0xFFFF; break;
    case 2: string->Length = string->MaximumLength = 0xFFFE; break;
    case 3: string->MaximumLength = (USHORT)below(8); break;
    case 4: string->Buffer = (PWSTR)pointer(); break;
    case 5: string->Buffer = (PWSTR)string; break;
    case 6: string->Length = (USHORT)next(); break;
    case 7: string->Buffer = NULL; break;
    case 8: string->Buffer = (PWSTR)((ULONG64)string->Buffer | 1); break;
    case 9: return pointer();
    default: break;
    }
    return (ULONG64)string;
}

static ULONG64 attributes(void) {
    OBJECT_ATTRIBUTES *attributes = (OBJECT_ATTRIBUTES *)room(sizeof *attributes);
    unsigned kind = below(16);
    if (kind == 0)
        return pointer();
    if (kind == 1)
        return 0;
    InitializeObjectAttributes(attributes, (PUNICODE_STRING)(below(8) ? string() : pointer()),
                               below(2) ? OBJ_CASE_INSENSITIVE : (ULONG)next() & 0xFFF2, below(3) ? NULL : (HANDLE)handle(), NULL);
    if (below(8) == 0)
        attributes->SecurityDescriptor = (PVOID)pointer();
    if (below(8) == 0)
        attributes->SecurityQualityOfService = (PVOID)pointer();
    if (kind == 2)
        attributes->Length = (ULONG)next();
    if (kind == 3)
        attributes->ObjectName = (PUNICODE_STRING)attributes;
    return (ULONG64)attributes;
}

static ULONG64 value(void) {
    ULONG64 *at = (ULONG64 *)room(64);
    switch (below(6)) {
    case 0: return pointer();
    case 1: return below(3) ? 0 : bad_pointer();
    case 2: at[0] = number(); break;
    case 3: at[0] = pointer(); break;
    case 4: at[0] = handle(); break;
    default: at[0] = length(); break;
    }
    for (unsigned i = 1; i < 8; i++)
        at[i] = below(4) ? 0 : number();
    return (ULONG64)at;
}

/* What is given back or protected must not be the program's own. */
static ULONG64 base_address(void) {
    if (below(8) == 0)
        return bad_pointer();
    ULONG64 *at = (ULONG64 *)room(16);
    at[0] = below(8) ? pointer() : 0;
    at[1] = length();
    return (ULONG64)at;
}

static ULONG64 buffer(void) {
    if (below(3) == 0)
        return pointer();
    ULONG64 *at = (ULONG64 *)(page(GOOD) + 8 * below(256));
    unsigned kind = below(6);
    for (unsigned i = 0; i < 40; i++) {
        switch (kind) {
        case 0: at[i] = 0; break;
        case 1: at[i] = handle(); break;
        case 2: at[i] = pointer(); break;
        case 3: at[i] = number(); break;
        case 4: at[i] = below(8) | (ULONG64)below(8) << 32; break;
        default: at[i] = 0x0041004100410041; break;
        }
    }
    if (kind == 4 && below(2))
        memcpy(at + 1, names[below(40)], 16);
    return (ULONG64)at;
}

static ULONG64 control_code(void) {
    static const ULONG devices[] = {1, 9, 0x22, 0x50, 0x8001, 0x15};
    if (below(8) == 0)
        return (ULONG)next();
    return ONE_OF(devices) << 16 | (below(2) ? 0 : below(4)) << 14 | (below(2) ? 0x800 + below(20) : below(8) ? 0xA00 : below(4096)) << 2 | below(4);
}

static ULONG64 flags(void) {
    static const ULONG64 usual[] = {0,      1,      2,      3,      4,      5,        7,        0x10,      0x20,      0x40, 0x80, 0x100, 0x104,
                                    0x1000, 0x2000, 0x3000, 0x4000, 0x8000, 0x100000, 0x800000, 0x1000000, 0x8000000, 0x21, 0x60, 0x1020};
    return below(6) ? ONE_OF(usual) : number();
}

static ULONG64 access_mask(void) {
    static const ULONG64 usual[] = {0x10000000, 0x02000000, 0x80100000, 0xC0100000, 0x001F0003, 0x000F003F, 0x00010000, 0x1F01FF, 0x20019};
    return below(8) ? ONE_OF(usual) : (ULONG)next();
}

static void WINAPI apc(ULONG_PTR a, ULONG_PTR b, ULONG_PTR c) {}

static ULONG64 timeout(void) {
    static LARGE_INTEGER times[4];
    static const LONG64 usual[] = {0, -1, -10000, -1000000, 1, 12345, -200000000};
    unsigned i = below(4);
    times[i].QuadPart = ONE_OF(usual);
    return below(12) ? (ULONG64)&times[i] : 0x800000000000; /* what is nowhere now may be a time for ever later */
}

static ULONG64 argument(char kind) {
    if (below(12) == 0 && !strchr("vzgtaqrdBD", kind))
        kind = "hmoubslpcknfB"[below(13)];
    switch (kind) {
    case 'h': return handle();
    case 'e': return below(4) ? 0 : handle();
    case 'v': return victim();
    case 'z': return below(4) ? threads[1 + below(thread_count - 1)] : bad_handle() & ~1ull;
    case 'g': return below(3) || !handle_count ? bad_handle() : handles[below(handle_count)];
    case 'D': return below(4) ? ~0ull : bad_handle();
    case 'm': return access_mask();
    case 'o': return attributes();
    case 'u': return string();
    case 's': return below(8) ? room(16) : pointer();
    case 'b': return buffer();
    case 'l': return length();
    case 'd': return pointer();
    case 'r': return base_address();
    case 'p': return value();
    case 'c': return below(8) ? below(101) : number();
    case 'k': return control_code();
    case 't': return timeout();
    case 'a': return below(3) ? 0 : (ULONG64)apc;
    case 'q': return (ULONG64)apc;
    case 'B': return below(2) ? 0x800000000000 : 0xFFFF800000000000;
    case 'f': return flags();
    default: return number();
    }
}

/* A number in a pointer's place may be anything but the address of what this program lives on. */
static ULONG64 typed_argument(char kind) {
    ULONG64 value = argument(kind == '?' ? "hbpofu"[below(6)] : kind);
    if (strchr("hbpous?", kind) && value >= 0x10000 && value < 0x7FFE0000 && (value < ARENA || value >= page(PAGES)))
        return page(NOWHERE);
    return value;
}
