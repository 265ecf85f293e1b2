/*
 * Every service of ntdll with arguments that no sane program passes: fuzz-services [SEED [COUNT [v]]], v prints each call. A call may return any
 * status or raise an exception here; the machine, and this program, go on. Calls are typed, so that they get past the first check, and any argument
 * may still be anything.
 */
#include "utap.h"
#include <string.h>
#include <stdlib.h>
#include <winternl.h>

#define SLOTS 16
#define PAGE  4096ull
#define PAGES 32
#define ARENA 0x10000000ull

/*
 * Arguments, a letter each: h handle, v thread or process that may be ended, g handle that may be closed, m access mask, o object attributes, u
 * counted string, s I/O status block, b buffer, l length, p pointer to a value, c information class, k control code, ? any of these, t timeout, d
 * address whose memory may go, r pointer to one, a APC routine, q address of code, n any number, B address where nothing is, f flags. z the same
 * but never running, D this process or thread. B, D, v, z, g, t, d, r, a and q stay what they are.
 */
/* clang-format off */
static const char *const signatures[][2] = {
    {"NtWaitForSingleObject", "hft"}, {"NtReadFile", "heabsblpp"}, {"NtDeviceIoControlFile", "heapskblbl"}, {"NtWriteFile", "heabsblpp"},
    {"NtReleaseSemaphore", "hnp"}, {"NtSetInformationThread", "hcbl"}, {"NtSetEvent", "hp"}, {"NtClose", "g"}, {"NtQueryObject", "hcblp"},
    {"NtQueryInformationFile", "hsblc"}, {"NtOpenKey", "pmo"}, {"NtEnumerateValueKey", "hncblp"}, {"NtQueryKey", "hcblp"},
    {"NtQueryValueKey", "hucblp"}, {"NtAllocateVirtualMemory", "hrnpff"}, {"NtQueryInformationProcess", "hcblp"},
    {"NtSetInformationProcess", "hcbl"}, {"NtCreateKey", "pmonufp"}, {"NtFreeVirtualMemory", "hrpf"}, {"NtReleaseMutant", "hp"},
    {"NtQueryInformationToken", "hcblp"}, {"NtQueryVirtualMemory", "hbcblp"}, {"NtOpenThreadToken", "hmfp"}, {"NtQueryInformationThread", "hcblp"},
    {"NtOpenProcess", "pmop"}, {"NtSetInformationFile", "hsblc"}, {"NtMapViewOfSection", "hhrnlpplff"}, {"NtUnmapViewOfSection", "hd"},
    {"NtTerminateProcess", "vn"}, {"NtOpenThreadTokenEx", "hmffp"}, {"NtOpenProcessTokenEx", "hmfp"}, {"NtQueryPerformanceCounter", "pp"},
    {"NtEnumerateKey", "hncblp"}, {"NtOpenFile", "pmosff"}, {"NtDelayExecution", "ft"}, {"NtQueryDirectoryFile", "heapsblcfuf"},
    {"NtQuerySystemInformation", "cblp"}, {"NtOpenSection", "pmo"}, {"NtFsControlFile", "heapskblbl"}, {"NtWriteVirtualMemory", "hdblp"},
    {"NtDuplicateObject", "Dghpmff"}, {"NtQueryAttributesFile", "ob"}, {"NtClearEvent", "h"}, {"NtReadVirtualMemory", "hbdlp"},
    {"NtOpenEvent", "pmo"}, {"NtAdjustPrivilegesToken", "hfblbp"}, {"NtContinue", "Bf"}, {"NtQueueApcThread", "vqnnn"}, {"NtCreateEvent", "pmoff"},
    {"NtQueryVolumeInformationFile", "hsblc"}, {"NtCreateSection", "pmopffh"}, {"NtFlushBuffersFile", "hs"}, {"NtProtectVirtualMemory", "hrpfp"},
    {"NtResumeThread", "Dp"}, {"NtTerminateThread", "vn"}, {"NtCreateFile", "pmospfffffbl"}, {"NtQueryEvent", "hcblp"},
    {"NtOpenDirectoryObject", "pmo"}, {"NtQuerySystemTime", "p"}, {"NtWaitForMultipleObjects", "fbfft"}, {"NtSetInformationObject", "hcbl"},
    {"NtCancelIoFile", "hs"}, {"NtSetValueKey", "hunfbl"}, {"NtAlertThread", "h"}, {"NtAlertThreadByThreadId", "n"},
    {"NtWaitForAlertByThreadId", "nt"}, {"NtCancelIoFileEx", "hss"}, {"NtCreateDirectoryObject", "pmo"}, {"NtCreateMutant", "pmof"},
    {"NtCreateSemaphore", "pmonn"}, {"NtCreateSymbolicLinkObject", "pmou"}, {"NtCreateThreadEx", "pmohqnfnllb"}, {"NtDeleteFile", "o"},
    {"NtDeleteKey", "h"}, {"NtDeleteValueKey", "hu"}, {"NtDisplayString", "u"}, {"NtFlushInstructionCache", "hbl"}, {"NtFlushKey", "h"},
    {"NtGetContextThread", "vb"}, {"NtLoadDriver", "u"}, {"NtMakeTemporaryObject", "g"}, {"NtOpenKeyEx", "pmof"}, {"NtOpenMutant", "pmo"},
    {"NtOpenProcessToken", "hmp"}, {"NtOpenSemaphore", "pmo"}, {"NtOpenSymbolicLinkObject", "pmo"}, {"NtOpenThread", "pmop"}, {"NtPulseEvent", "hp"},
    {"NtQueryDirectoryObject", "hblffpp"}, {"NtQueryFullAttributesFile", "ob"}, {"NtQuerySymbolicLinkObject", "hup"}, {"NtRaiseException", "BBf"},
    {"NtResetEvent", "hp"}, {"NtSetContextThread", "zb"}, {"NtSignalAndWaitForSingleObject", "hhft"}, {"NtSuspendThread", "vp"},
    {"NtUnloadDriver", "u"}, {"NtCreateIoCompletion", "pmof"}, {"NtOpenIoCompletion", "pmo"}, {"NtQueryIoCompletion", "hcblp"},
    {"NtSetIoCompletion", "hnnnn"}, {"NtRemoveIoCompletion", "hppst"}, {"NtRemoveIoCompletionEx", "hblptf"}, {"NtCancelSynchronousIoFile", "hss"},
    {"NtCreateTimer", "pmof"}, {"NtOpenTimer", "pmo"}, {"NtSetTimer", "hpanfnp"}, {"NtCancelTimer", "hp"}, {"NtQueryTimer", "hcblp"},
};
/* clang-format on */

static struct service {
    const char *name, *signature;
    ULONG64 address;
    ULONG number;
} services[256];
static unsigned service_count;
static ULONG highest_number;

static ULONG64 state;
static ULONG64 next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545F4914F6CDD1Dull >> 8;
}
static unsigned below(unsigned limit) { return (unsigned)(next() % limit); }
static ULONG64 wide(void) { return next() << 32 ^ next(); }
#define ONE_OF(array) (array)[below(sizeof(array) / sizeof *(array))]

NTSTATUS NTAPI NtSetInformationObject(HANDLE, int, PVOID, ULONG);
NTSTATUS NTAPI NtTerminateThread(HANDLE, NTSTATUS);
NTSTATUS NTAPI NtCreateSection(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PLARGE_INTEGER, ULONG, ULONG, HANDLE);
NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE, PVOID);

/*
 * call_service(target, number, arguments, flags): calls a service's stub, or int 2Eh when target is 0, with SLOTS arguments and with these bits of
 * the flags register set, as hostile code can.
 */
ULONG64 call_service(ULONG64 target, ULONG64 number, const ULONG64 *arguments, ULONG64 flags);
__asm__(".text\n.globl call_service\n.def call_service; .scl 2; .type 32; .endef\n.seh_proc call_service\ncall_service:\n"
        "push %rbp\n.seh_pushreg %rbp\npush %rsi\n.seh_pushreg %rsi\npush %rdi\n.seh_pushreg %rdi\npush %rbx\n.seh_pushreg %rbx\n"
        "sub $0x88, %rsp\n.seh_stackalloc 0x88\nmov %rsp, %rbp\n.seh_setframe %rbp, 0\n.seh_endprologue\n"
        "mov %rcx, %rbx\nmov %rdx, %rax\nmov %r8, %rsi\nmov %r9, %r11\n"
        "lea 0x20(%rsi), %rsi\nlea 0x20(%rsp), %rdi\nmov $12, %ecx\nrep movsq\n"
        "mov -0x80(%rsi), %r10\nmov -0x78(%rsi), %rdx\nmov -0x70(%rsi), %r8\nmov -0x68(%rsi), %r9\nmov %r10, %rcx\n"
        "test %rbx, %rbx\njz 1f\n"
        "pushfq\nor %r11, (%rsp)\npopfq\ncall *%rbx\njmp 2f\n"
        /* A stub's caller has left its return address below the arguments: so that they are in the same place. */
        "1: sub $8, %rsp\npushfq\nor %r11, (%rsp)\npopfq\nint $0x2e\nadd $8, %rsp\n"
        "2: pushfq\nandq $~0x40500, (%rsp)\npopfq\n"
        "lea 0x88(%rbp), %rsp\npop %rbx\npop %rdi\npop %rsi\npop %rbp\nret\n.seh_endproc\n");

/* ---- Memory: the kinds of page a pointer can point to, at an address of its own that nothing else of the program is near. ---- */

enum { GOOD = 0, NOWHERE = 8, READ_ONLY = 9, GUARDED = 10, NO_ACCESS = 11, LAST = 13, GONE = 14, STRINGS = 16, SCRATCH = 24 };
static ULONG64 page(unsigned number) { return ARENA + number * PAGE; }

static int restore_arena(void) {
    static const struct {
        unsigned first, pages, protection;
    } parts[] = {{GOOD, 8, PAGE_READWRITE},     {READ_ONLY, 1, PAGE_READONLY}, {GUARDED, 1, PAGE_READWRITE | PAGE_GUARD},
                 {NO_ACCESS, 1, PAGE_NOACCESS}, {12, 2, PAGE_READWRITE},       {STRINGS, 16, PAGE_READWRITE}};
    for (ULONG64 at = ARENA; at < page(PAGES);) {
        MEMORY_BASIC_INFORMATION memory;
        if (!VirtualQuery((PVOID)at, &memory, sizeof memory))
            return 0;
        if (memory.State != MEM_FREE) {
            if (memory.Type == MEM_MAPPED || memory.Type == MEM_IMAGE ? NtUnmapViewOfSection(GetCurrentProcess(), memory.AllocationBase) != 0
                                                                      : !VirtualFree(memory.AllocationBase, 0, MEM_RELEASE))
                return 0;
        }
        at = (ULONG64)memory.BaseAddress + memory.RegionSize;
    }
    if (!VirtualAlloc((PVOID)ARENA, PAGES * PAGE, MEM_RESERVE, PAGE_NOACCESS))
        return 0;
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!VirtualAlloc((PVOID)page(parts[i].first), parts[i].pages * PAGE, MEM_COMMIT, parts[i].protection))
            return 0;
    }
    return 1;
}

static ULONG64 bad_pointer(void) {
    static const ULONG64 bad[] = {0,
                                  1,
                                  8,
                                  0xFFFF,
                                  0x7FFE0000,
                                  0x7FFE1000,
                                  0x7FFFFFFEFFFF,
                                  0x7FFFFFFF0000,
                                  0x3FFFFFFFFFFF,
                                  0x3FFFFFFFFFF8,
                                  0x400000000000,
                                  0x7FFFFFFFFFF8,
                                  0x800000000000,
                                  0xFFFF7FFFFFFFFFFF,
                                  0xFFFF800000000000,
                                  0xFFFFF78000000000,
                                  0xFFFFFFFFFFFFFFF8,
                                  ~0ull,
                                  0xDEADBEEFDEADBEEF,
                                  0x500000000000,
                                  0x600000000000};
    return ONE_OF(bad);
}

static ULONG64 pointer(void) {
    switch (below(20)) {
    case 0: return bad_pointer();
    case 1: return page(NOWHERE) + below(PAGE);
    case 2: return page(READ_ONLY) + below(PAGE);
    case 3: return page(GUARDED) + below(PAGE);
    case 4: return page(NO_ACCESS) + below(PAGE);
    case 5: return page(GONE) - 1 - below(64);
    case 6: return page(GOOD) + below(8 * PAGE);
    case 7: return page(NOWHERE) - 8 * (1 + below(16));
    default: return page(GOOD) + 8 * below(PAGE / 8);
    }
}

static ULONG64 number(void) {
    static const ULONG64 special[] = {0,
                                      1,
                                      2,
                                      4,
                                      8,
                                      16,
                                      255,
                                      256,
                                      4095,
                                      4096,
                                      4097,
                                      65535,
                                      65536,
                                      0x7FFFFFFF,
                                      0x80000000,
                                      0xFFFFFFFF,
                                      0x100000000,
                                      0x7FFFFFFFFFFFFFFF,
                                      0x8000000000000000,
                                      ~0ull,
                                      0xFFFFFFFFFFFF0000,
                                      0x10000000,
                                      0xFFFFFFFFFFFFF000};
    switch (below(4)) {
    case 0: return below(100);
    case 1: return 1ull << below(64);
    case 2: return wide();
    default: return ONE_OF(special);
    }
}

static ULONG64 length(void) { return below(4) ? below(3) ? 8 * below(80) : below(PAGE) : (ULONG)number(); }

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

/* ---- The run ---- */

static void find_services(void) {
    const BYTE *base = (const BYTE *)GetModuleHandleA("ntdll.dll");
    for (unsigned i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        const BYTE *stub = (const BYTE *)GetProcAddress((HMODULE)base, signatures[i][0]);
        if (!stub) {
            printf("# %s is not there\n", signatures[i][0]);
            continue;
        }
        struct service *service = &services[service_count++];
        *service = (struct service){signatures[i][0], signatures[i][1], (ULONG64)stub, *(const ULONG *)(stub + 4)};
        if (service->number > highest_number)
            highest_number = service->number;
    }
    /* A service without a line above gets arguments of any kind. */
    const IMAGE_NT_HEADERS *headers = (const IMAGE_NT_HEADERS *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
    const IMAGE_EXPORT_DIRECTORY *exports = (const void *)(base + headers->OptionalHeader.DataDirectory[0].VirtualAddress);
    for (unsigned i = 0; i < exports->NumberOfNames; i++) {
        const char *name = (const char *)base + ((const ULONG *)(base + exports->AddressOfNames))[i];
        const BYTE *stub = (const BYTE *)GetProcAddress((HMODULE)base, name);
        unsigned known = 0;
        while (known < service_count && strcmp(services[known].name, name))
            known++;
        if (name[0] == 'N' && name[1] == 't' && stub && !memcmp(stub, "\x49\x89\xCA\xB8", 4) && known == service_count) {
            if (service_count == sizeof services / sizeof *services)
                break;
            services[service_count++] = (struct service){name, "?????????????", (ULONG64)stub, *(const ULONG *)(stub + 4)};
        }
    }
}

static ULONG64 good_calls, exceptions, refusals;

/* What a call made that later ones would trip over. */
static void undo(const struct service *service, const ULONG64 *arguments) {
    if (!strcmp(service->name, "NtAllocateVirtualMemory")) {
        ULONG64 base = *(ULONG64 *)arguments[1];
        if (base < ARENA || base >= page(PAGES))
            VirtualFree((PVOID)base, 0, MEM_RELEASE);
    } else if (!strcmp(service->name, "NtMapViewOfSection")) {
        ULONG64 base = *(ULONG64 *)arguments[2];
        if (base < ARENA || base >= page(PAGES))
            NtUnmapViewOfSection(GetCurrentProcess(), (PVOID)base);
    } else if (!strcmp(service->name, "NtCreateThreadEx")) {
        NtTerminateThread(*(HANDLE *)arguments[0], 0);
    }
}

static int verbose;
static void call(const struct service *service, const ULONG64 *arguments, ULONG64 target, ULONG64 cpu_flags) {
    __try {
        LONG status = (LONG)call_service(target, service->number, arguments, cpu_flags);
        if (status >= 0) {
            good_calls++;
            undo(service, arguments);
        } else {
            refusals++;
        }
        if (verbose)
            printf("= %08lx\n", status);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        exceptions++;
        __asm__ volatile("pushfq\n\tandq $~0x40500, (%%rsp)\n\tpopfq" ::: "cc", "memory");
        if (verbose)
            printf("! %08lx\n", GetExceptionCode());
    }
}

static void one_call(unsigned index) {
    /* DF and AC: a program may have set them, and the kernel runs with its own. */
    static const ULONG64 cpu_flags[] = {0, 0, 0, 0, 0, 0x400, 0x40000, 0x40400};
    const struct service *service = &services[below(service_count)];
    ULONG64 arguments[SLOTS], cpu = ONE_OF(cpu_flags), target = below(8) ? service->address : 0;
    struct service random = {"int 2Eh", "", 0, below(2) ? highest_number + 1 + below(4096) : (ULONG)next() | 0x1000};
    __try {
        size_t count = strlen(service->signature);
        for (unsigned i = 0; i < SLOTS; i++)
            arguments[i] = i < count ? typed_argument(service->signature[i]) : number();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return; /* the last calls took the arena away */
    }
    if (!strcmp(service->name, "NtCreateThreadEx"))
        arguments[6] |= 1; /* suspended: undo() ends it */
    if (below(64) == 0) {
        service = &random;
        target = 0;
    }
    if (verbose) {
        printf("%u %s(", index, service->name);
        for (unsigned i = 0; i < 11; i++)
            printf("%s%llx", i ? ", " : "", arguments[i]);
        printf(") flags %llx %s", cpu, target ? "" : "int 2Eh ");
    }
    call(service, arguments, target, cpu);
}

static LONG WINAPI last_words(EXCEPTION_POINTERS *pointers) {
    printf("\n# thread %lu: exception 0x%08lx at %p, address %p\n", GetCurrentThreadId(), pointers->ExceptionRecord->ExceptionCode,
           pointers->ExceptionRecord->ExceptionAddress, (void *)pointers->ExceptionRecord->ExceptionInformation[1]);
    return EXCEPTION_CONTINUE_SEARCH;
}

int main(int argc, char **argv) {
    SetUnhandledExceptionFilter(last_words);
    unsigned seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 1, calls = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 30000;
    verbose = argc > 3;
    if (verbose)
        setvbuf(stdout, NULL, _IONBF, 0);
    state = 0x9E3779B97F4A7C15ull * (seed + 1);
    find_services();
    OK(service_count > 90, "the services of ntdll");
    OK(restore_arena(), "memory of each kind");
    for (ULONG64 handle = 4; handle < HANDLE_END; handle += 4)
        kept[handle / 4] = is_open(handle);
    open_handles();
    OK(handle_count > 12 && thread_count == 3, "handles of each type");
    fflush(stdout); /* NtDisplayString writes there too */
    int restored = 1;
    for (unsigned i = 0; i < calls; i++) {
        if (i % 64 == 63 && !restore_arena()) {
            restored = 0;
            break;
        }
        if (i % 512 == 511)
            open_handles();
        one_call(i);
    }
    close_handles();
    printf("\n");
    OK(restored, "memory can be put back");
    printf("# seed %u: %llu calls succeeded, %llu were refused, %llu raised exceptions\n", seed, good_calls, refusals, exceptions);
    OK(good_calls > calls / 20 && refusals > calls / 4, "calls of both kinds");
    return done();
}
