/* What frees, frees: the same memory comes again, or what was there is gone. */
#include "kernel/more.h"

#define TAG 'tseT'

int _wcsicmp(const wchar_t *, const wchar_t *);
int _wcsnicmp(const wchar_t *, const wchar_t *, size_t);
int _strnicmp(const char *, const char *, size_t);
int wcsncmp(const wchar_t *, const wchar_t *, size_t);

/* Twice the same: then the first was free when the second was made. */
#define COMES_AGAIN(type, make, release, what)                                                                                                       \
    do {                                                                                                                                             \
        type One = make;                                                                                                                             \
        ok(One != NULL, "%s: made", what);                                                                                                           \
        release;                                                                                                                                     \
        type Other = make;                                                                                                                           \
        ok(One == Other, "%s: free, and comes again", what);                                                                                         \
        One = Other;                                                                                                                                 \
        release;                                                                                                                                     \
    } while (0)

static VOID TestMemory(VOID) {
    PHYSICAL_ADDRESS All = {.QuadPart = -1}, None = {.QuadPart = 0}, Device = {.QuadPart = 0xFEDC0000};
    PVOID View;
    COMES_AGAIN(PVOID, ExAllocatePoolWithTag(NonPagedPoolNx, 5 * PAGE_SIZE, TAG), ExFreePool(One), "ExFreePool");
    COMES_AGAIN(PMDL, IoAllocateMdl(NULL, 64 * PAGE_SIZE, FALSE, FALSE, NULL), IoFreeMdl(One), "IoFreeMdl");
    COMES_AGAIN(PVOID, MmAllocateContiguousMemory(3 * PAGE_SIZE, All), MmFreeContiguousMemory(One), "MmFreeContiguousMemory");
    COMES_AGAIN(PVOID, MmAllocateContiguousMemorySpecifyCache(3 * PAGE_SIZE, None, All, None, MmCached),
                MmFreeContiguousMemorySpecifyCache(One, 3 * PAGE_SIZE, MmCached), "MmFreeContiguousMemorySpecifyCache");
    COMES_AGAIN(PVOID, MmAllocateNonCachedMemory(3 * PAGE_SIZE), MmFreeNonCachedMemory(One, 3 * PAGE_SIZE), "MmFreeNonCachedMemory");
    View = MmMapIoSpace(Device, PAGE_SIZE, MmNonCached);
    ok(View && MmGetPhysicalAddress(View).QuadPart == Device.QuadPart, "MmMapIoSpace of what is no RAM");
    MmUnmapIoSpace(View, PAGE_SIZE);
    ok(!MmGetPhysicalAddress(View).QuadPart, "MmUnmapIoSpace: nothing is there");
    for (ULONG i = 0; i < 40; i++) {
        PMDL Mdl = MmAllocatePagesForMdlEx(None, All, None, 16 << 20, MmCached, 0);
        if (!Mdl || MmGetMdlByteCount(Mdl) != 16 << 20) {
            ok(FALSE, "16 MB of pages for the %uth time", i);
            break;
        }
        MmFreePagesFromMdl(Mdl);
        ExFreePool(Mdl);
    }
    ok((ULONG_PTR)MmHighestUserAddress > 0x10000 && (ULONG_PTR)MmHighestUserAddress < (ULONG_PTR)View, "MmHighestUserAddress");
}

static VOID TestObjects(PDEVICE_OBJECT Device) {
    COMES_AGAIN(PIRP, IoAllocateIrp(20, FALSE), IoFreeIrp(One), "IoFreeIrp");
    COMES_AGAIN(PIO_WORKITEM, IoAllocateWorkItem(Device), IoFreeWorkItem(One), "IoFreeWorkItem");
}

static VOID TestStrings(VOID) {
    ANSI_STRING Ansi, Second;
    PVOID Before;
    RtlUnicodeStringToAnsiString(&Ansi, U("a string of some length, so that no one else has such a block"), TRUE);
    Before = Ansi.Buffer;
    RtlFreeAnsiString(&Ansi);
    ok(Before && !Ansi.Buffer && !Ansi.Length, "RtlFreeAnsiString empties the string");
    RtlUnicodeStringToOemString(&Second, U("a string of some length, so that no one else has such a block"), TRUE);
    ok(Second.Buffer != NULL, "another");
    RtlFreeOemString(&Second);
    ok(!Second.Buffer, "RtlFreeOemString empties the string");
    ok(RtlCompareString(A("abc"), A("abd"), FALSE) < 0 && RtlCompareString(A("b"), A("abd"), FALSE) > 0, "RtlCompareString");
    ok(_wcsicmp(L"abc", L"ABD") < 0 && _wcsicmp(L"abd", L"ABC") > 0 && !_wcsicmp(L"abc", L"ABC"), "_wcsicmp");
    ok(_wcsnicmp(L"abx", L"ACy", 2) < 0 && !_wcsnicmp(L"abx", L"ABy", 2), "_wcsnicmp");
    ok(_strnicmp("abx", "ACy", 2) < 0 && !_strnicmp("abx", "ABy", 2), "_strnicmp");
    ok(wcsncmp(L"abx", L"acy", 2) < 0 && !wcsncmp(L"abx", L"aby", 2), "wcsncmp");
}

static VOID TestMutex(VOID) {
    FAST_MUTEX Mutex;
    ExInitializeFastMutex(&Mutex);
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(&Mutex);
    ok(!ExTryToAcquireFastMutex(&Mutex), "ExAcquireFastMutexUnsafe: it is held");
    ExReleaseFastMutexUnsafe(&Mutex);
    ok(ExTryToAcquireFastMutex(&Mutex), "ExReleaseFastMutexUnsafe: it is free");
    ExReleaseFastMutex(&Mutex);
    KeLeaveCriticalRegion();
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PDEVICE_OBJECT Device = NULL;
    IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    TestMemory();
    TestObjects(Device);
    TestStrings();
    TestMutex();
    IoDeleteDevice(Device);
}
