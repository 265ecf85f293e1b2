/*
 * A program with its C run-time library inside (/MT): it imports kernel32 alone. Its start-up code does what such a library's does, in the order of
 * dependencies: locks, thread data (fiber-local, found by name in an API set), heap, handles, command line, environment, code page; then main's
 * work; then the end, where the fiber-local data is freed.
 */
#include <stddef.h>
#include <stdint.h>

#define IMPORT __declspec(dllimport)
typedef struct {
    uint64_t opaque[5];
} CRITICAL_SECTION;
typedef union {
    __declspec(align(16)) uint64_t words[2];
} SLIST_HEADER;
typedef struct SLIST_ENTRY {
    __declspec(align(16)) struct SLIST_ENTRY *next;
} SLIST_ENTRY;
typedef struct {
    uint32_t size;
    wchar_t *reserved, *desktop, *title;
    uint32_t x, y, width, height, columns, rows, fill, flags;
    uint16_t show, reserved_size;
    uint8_t *reserved_data;
    void *handles[3];
} STARTUPINFOW;
typedef struct {
    uint32_t max_size;
    uint8_t default_char[2], lead_bytes[12];
} CPINFO;
typedef void(__stdcall *FLS_CALLBACK)(void *);
IMPORT void GetSystemTimeAsFileTime(uint64_t *time);
IMPORT unsigned long GetCurrentThreadId(void);
IMPORT unsigned long GetCurrentProcessId(void);
IMPORT int QueryPerformanceCounter(int64_t *counter);
IMPORT int IsProcessorFeaturePresent(unsigned long feature);
IMPORT int IsDebuggerPresent(void);
IMPORT void *SetUnhandledExceptionFilter(void *filter);
IMPORT long UnhandledExceptionFilter(void *pointers);
IMPORT void InitializeSListHead(SLIST_HEADER *head);
IMPORT SLIST_ENTRY *InterlockedPushEntrySList(SLIST_HEADER *head, SLIST_ENTRY *entry);
IMPORT SLIST_ENTRY *InterlockedFlushSList(SLIST_HEADER *head);
IMPORT int InitializeCriticalSectionAndSpinCount(CRITICAL_SECTION *section, unsigned long spins);
IMPORT void EnterCriticalSection(CRITICAL_SECTION *section);
IMPORT void LeaveCriticalSection(CRITICAL_SECTION *section);
IMPORT void DeleteCriticalSection(CRITICAL_SECTION *section);
IMPORT void *LoadLibraryExW(const wchar_t *name, void *file, unsigned long flags);
IMPORT int FreeLibrary(void *module);
IMPORT void *GetProcAddress(void *module, const char *name);
IMPORT void *GetModuleHandleW(const wchar_t *name);
IMPORT int GetModuleHandleExW(unsigned long flags, const wchar_t *name, void **module);
IMPORT unsigned long GetModuleFileNameW(void *module, wchar_t *name, unsigned long room);
IMPORT unsigned long FlsAlloc(FLS_CALLBACK callback);
IMPORT void *FlsGetValue(unsigned long index);
IMPORT int FlsSetValue(unsigned long index, void *value);
IMPORT int FlsFree(unsigned long index);
IMPORT void *EncodePointer(void *pointer);
IMPORT void *DecodePointer(void *pointer);
IMPORT void *GetProcessHeap(void);
IMPORT void *HeapAlloc(void *heap, unsigned long flags, size_t size);
IMPORT void *HeapReAlloc(void *heap, unsigned long flags, void *block, size_t size);
IMPORT size_t HeapSize(void *heap, unsigned long flags, const void *block);
IMPORT int HeapFree(void *heap, unsigned long flags, void *block);
IMPORT void GetStartupInfoW(STARTUPINFOW *info);
IMPORT void *GetStdHandle(unsigned long which);
IMPORT unsigned long GetFileType(void *handle);
IMPORT char *GetCommandLineA(void);
IMPORT wchar_t *GetCommandLineW(void);
IMPORT wchar_t *GetEnvironmentStringsW(void);
IMPORT int FreeEnvironmentStringsW(wchar_t *block);
IMPORT unsigned GetACP(void);
IMPORT unsigned GetOEMCP(void);
IMPORT int IsValidCodePage(unsigned page);
IMPORT int GetCPInfo(unsigned page, CPINFO *info);
IMPORT int MultiByteToWideChar(unsigned page, unsigned long flags, const char *text, int size, wchar_t *wide, int room);
IMPORT int WideCharToMultiByte(unsigned page, unsigned long flags, const wchar_t *wide, int size, char *text, int room, const char *fallback,
                               int *lost);
IMPORT int GetStringTypeW(unsigned long kind, const wchar_t *text, int size, uint16_t *types);
IMPORT int LCMapStringW(uint32_t locale, unsigned long flags, const wchar_t *from, int size, wchar_t *to, int room);
IMPORT int WriteFile(void *handle, const void *data, unsigned long size, unsigned long *done, void *overlapped);
IMPORT int GetConsoleMode(void *handle, unsigned long *mode);
IMPORT unsigned GetConsoleOutputCP(void);
IMPORT unsigned long GetLastError(void);
IMPORT void SetLastError(unsigned long error);
IMPORT void *GetCurrentProcess(void);
IMPORT __declspec(noreturn) void ExitProcess(unsigned code);
IMPORT int TerminateProcess(void *process, unsigned code);
IMPORT void RtlCaptureContext(void *context);
IMPORT void *RtlLookupFunctionEntry(uint64_t pc, uint64_t *base, void *history);
IMPORT void *RtlPcToFileHeader(void *pc, void **base);

uintptr_t __security_cookie = 0x00002B992DDFA232ull;
void __security_check_cookie(uintptr_t cookie) {
    if (cookie != __security_cookie)
        TerminateProcess(GetCurrentProcess(), 0xC0000409);
}

static int count;
static unsigned long length_of(const char *text) {
    unsigned long n = 0;
    while (text[n])
        n++;
    return n;
}
static void say(const char *text) {
    unsigned long done;
    WriteFile(GetStdHandle((unsigned long)-11), text, length_of(text), &done, NULL);
}
static void ok(int condition, const char *name) {
    char number[] = "00 - ";
    count++;
    number[0] = (char)('0' + count / 10);
    number[1] = (char)('0' + count % 10);
    say(condition ? "ok " : "not ok ");
    say(number);
    say(name);
    say("\r\n");
}

static CRITICAL_SECTION locks[14];
static unsigned long slot;
static void __stdcall free_thread_data(void *data) {
    say("# thread data freed\r\n");
    HeapFree(GetProcessHeap(), 0, data);
}

static void thread_data(void) {
    void *fibers = LoadLibraryExW(L"api-ms-win-core-fibers-l1-1-1", NULL, 0x800),
         *synch = LoadLibraryExW(L"api-ms-win-core-synch-l1-2-0", NULL, 0x800);
    unsigned long(__stdcall * alloc)(FLS_CALLBACK) = (unsigned long(__stdcall *)(FLS_CALLBACK))GetProcAddress(fibers, "FlsAlloc");
    int(__stdcall * init)(CRITICAL_SECTION *, unsigned long, unsigned long) =
        (int(__stdcall *)(CRITICAL_SECTION *, unsigned long, unsigned long))GetProcAddress(synch, "InitializeCriticalSectionEx");
    void *data = HeapAlloc(GetProcessHeap(), 8, 0x3C8);
    int made = 1;

    ok(fibers && alloc && (void *)alloc == GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "FlsAlloc"), "FlsAlloc from an API set");
    for (size_t i = 0; init && i < 14; i++)
        made &= init(&locks[i], 4000, 0);
    ok(init && made, "fourteen locks by InitializeCriticalSectionEx");
    slot = alloc ? alloc(free_thread_data) : FlsAlloc(free_thread_data);
    SetLastError(1234);
    ok(slot != (unsigned long)-1 && !FlsGetValue(slot) && FlsSetValue(slot, data) && FlsGetValue(slot) == data, "thread data in a fiber-local slot");
    ok(DecodePointer(EncodePointer(data)) == data && EncodePointer(data) != data, "EncodePointer");
    ok(!LoadLibraryExW(L"api-ms-win-appmodel-runtime-l1-1-2", NULL, 0x800) && GetLastError() == 126, "an API set that is not there");
}

static void system_state(void) {
    STARTUPINFOW info = {0};
    SLIST_HEADER list;
    SLIST_ENTRY entry;
    void *module = NULL, *base = NULL;
    int64_t counter;
    uint64_t time = 0, image = 0;
    wchar_t name[260];

    GetStartupInfoW(&info);
    ok(info.size == sizeof info, "GetStartupInfoW");
    InitializeSListHead(&list);
    InterlockedPushEntrySList(&list, &entry);
    ok(InterlockedFlushSList(&list) == &entry && !InterlockedFlushSList(&list), "a list of entries");
    GetSystemTimeAsFileTime(&time);
    ok(QueryPerformanceCounter(&counter) && time && GetCurrentProcessId() && GetCurrentThreadId(), "what the cookie is made of");
    ok(IsProcessorFeaturePresent(10) && IsProcessorFeaturePresent(23) && !IsDebuggerPresent(), "SSE2 and fast fail");
    SetUnhandledExceptionFilter(NULL);
    ok(GetModuleHandleExW(0, NULL, &module) && module == GetModuleHandleW(NULL) && !GetModuleHandleW(L"mscoree.dll"), "modules");
    ok(GetModuleFileNameW(NULL, name, 260) > 4, "its own name");
    ok(RtlPcToFileHeader((void *)system_state, &base) == module && RtlLookupFunctionEntry((uint64_t)(uintptr_t)system_state, &image, NULL) &&
           image == (uintptr_t)module,
       "its functions are found");
    ok(GetFileType(GetStdHandle((unsigned long)-11)) != 0, "a standard handle");
}

static void text_state(void) {
    CPINFO info = {0};
    wchar_t wide[256], mapped[256], *environment = GetEnvironmentStringsW();
    char bytes[256], back[256];
    uint16_t types[256];
    int lost = 0;

    ok(GetCommandLineA()[0] && GetCommandLineW()[0] && environment && environment[0] && FreeEnvironmentStringsW(environment),
       "command line, environment");
    ok(IsValidCodePage(GetACP()) && GetOEMCP() && GetCPInfo(GetACP(), &info) && info.max_size == 1 && !info.lead_bytes[0], "the code page");
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    ok(MultiByteToWideChar(GetACP(), 1, bytes, 256, NULL, 0) == 256 && MultiByteToWideChar(GetACP(), 1, bytes, 256, wide, 256) == 256,
       "its 256 characters");
    ok(GetStringTypeW(1, wide, 256, types) && (types['A'] & 0x101) == 0x101 && (types['a'] & 0x102) == 0x102 && types['7'] & 4 && types[' '] & 8 &&
           types['!'] & 0x10 && types[7] & 0x20 && (types[0xC9] & 0x101) == 0x101,
       "their kinds");
    ok(LCMapStringW(0, 0x100, wide, 256, NULL, 0) == 256 && LCMapStringW(0, 0x100, wide, 256, mapped, 256) == 256 && mapped['Q'] == 'q' &&
           mapped[0xC9] == 0xE9 && LCMapStringW(0, 0x200, wide, 256, mapped, 256) == 256 && mapped['q'] == 'Q' && mapped[0xE9] == 0xC9,
       "their cases");
    ok(WideCharToMultiByte(GetACP(), 0, mapped, 256, back, 256, NULL, &lost) == 256 && back['q'] == 'Q', "and back to bytes");
}

static void heap(void) {
    char *block = HeapAlloc(GetProcessHeap(), 0, 10);

    ok(block && HeapSize(GetProcessHeap(), 0, block) == 10, "a block");
    block = HeapReAlloc(GetProcessHeap(), 8, block, 1000);
    ok(block && HeapSize(GetProcessHeap(), 0, block) == 1000 && !block[999] && HeapFree(GetProcessHeap(), 0, block), "that grows");
}

int mainCRTStartup(void) {
    thread_data();
    system_state();
    text_state();
    heap();
    EnterCriticalSection(&locks[8]);
    LeaveCriticalSection(&locks[8]);
    for (size_t i = 0; i < 14; i++)
        DeleteCriticalSection(&locks[i]);
    FlsFree(slot);
    say("1..21\r\n");
    ExitProcess(9);
}
