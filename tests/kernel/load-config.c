/* What the loader does for a driver built as Visual C++ builds it: /GS cookie, control flow guard's pointers. */
#include "tap.h"

#define DEFAULT_COOKIE 0x00002B992DDFA232ull

typedef VOID (*GUARD_CHECK)(PVOID Target);

extern ULONG64 __security_cookie;
ULONG64 __security_cookie = DEFAULT_COOKIE;

static VOID DefaultCheck(PVOID Target) { UNREFERENCED_PARAMETER(Target); }
GUARD_CHECK __guard_check_icall_fptr = DefaultCheck;
PVOID __guard_dispatch_icall_fptr = (PVOID)DefaultCheck;

/* lld-link makes a symbol of this name the load configuration directory. */
const struct {
    ULONG Size, TimeDateStamp;
    USHORT MajorVersion, MinorVersion;
    ULONG GlobalFlagsClear, GlobalFlagsSet, CriticalSectionDefaultTimeout;
    ULONG64 DeCommitFreeBlockThreshold, DeCommitTotalFreeThreshold, LockPrefixTable, MaximumAllocationSize, VirtualMemoryThreshold,
        ProcessAffinityMask;
    ULONG ProcessHeapFlags;
    USHORT CSDVersion, DependentLoadFlags;
    ULONG64 EditList;
    ULONG64 *SecurityCookie;
    ULONG64 SEHandlerTable, SEHandlerCount;
    PVOID GuardCFCheckFunctionPointer, GuardCFDispatchFunctionPointer;
    ULONG64 GuardCFFunctionTable, GuardCFFunctionCount;
    ULONG GuardFlags;
} _load_config_used = {
    .Size = 0x94,
    .SecurityCookie = &__security_cookie,
    .GuardCFCheckFunctionPointer = &__guard_check_icall_fptr,
    .GuardCFDispatchFunctionPointer = &__guard_dispatch_icall_fptr,
    .GuardFlags = 0x100, /* IMAGE_GUARD_CF_INSTRUMENTED */
};

static volatile ULONG Called;

static __declspec(noinline) ULONG Target(ULONG Value) {
    Called++;
    return Value * 2;
}

/* As instrumented code calls through the dispatch pointer: the target in rax. */
static ULONG CallGuarded(ULONG Value) {
    ULONG64 Result;
    __asm__ volatile("subq $32, %%rsp\n\tcallq *%2\n\taddq $32, %%rsp"
                     : "=a"(Result)
                     : "a"(Target), "m"(__guard_dispatch_icall_fptr), "c"((ULONG64)Value)
                     : "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
    return (ULONG)Result;
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    ok(__security_cookie != DEFAULT_COOKIE, "the cookie is not the default one, with which MSVC's code fails fast");
    ok(__security_cookie != 0 && __security_cookie >> 48 == 0, "its upper 16 bits are zero");
    __guard_check_icall_fptr((PVOID)Target);
    is(Target(2), 4, "the target that was checked can be called");
    is(CallGuarded(21), 42, "the dispatch pointer goes to the target");
    is(Called, 2, "once each");
}
