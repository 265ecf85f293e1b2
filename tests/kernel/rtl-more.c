/* The run-time library beyond strings.c: memory, images, stack walks, code pages, random numbers, bit maps, byte order, SIDs and security descriptors. */
#include "kernel/more.h"
#include <ntimage.h>

/* The headers make macros or inline functions of these; what the kernel exports is meant. */
VOID NTAPI RealZeroMemory(PVOID, SIZE_T) __asm__("RtlZeroMemory");
VOID NTAPI RealCopyMemory(PVOID, const VOID *, SIZE_T) __asm__("RtlCopyMemory");
VOID NTAPI RealMoveMemory(PVOID, const VOID *, SIZE_T) __asm__("RtlMoveMemory");
VOID NTAPI RealFillMemory(PVOID, SIZE_T, UCHAR) __asm__("RtlFillMemory");
VOID NTAPI RealCopyMemoryNonTemporal(PVOID, const VOID *, SIZE_T) __asm__("RtlCopyMemoryNonTemporal");
VOID NTAPI RealFillMemoryUlonglong(PVOID, SIZE_T, ULONGLONG) __asm__("RtlFillMemoryUlonglong");
USHORT NTAPI RealUshortByteSwap(USHORT) __asm__("RtlUshortByteSwap");
ULONG NTAPI RealUlongByteSwap(ULONG) __asm__("RtlUlongByteSwap");
ULONGLONG NTAPI RealUlonglongByteSwap(ULONGLONG) __asm__("RtlUlonglongByteSwap");
VOID NTAPI RealGetCallersAddress(PVOID *CallerAddress, PVOID *CallersCaller) __asm__("RtlGetCallersAddress");
BOOLEAN NTAPI RealIsNtDdiVersionAvailable(ULONG) __asm__("RtlIsNtDdiVersionAvailable");
typedef struct _FUNCTION_ENTRY { /* RUNTIME_FUNCTION */
    ULONG BeginAddress, EndAddress, UnwindData;
} FUNCTION_ENTRY;
VOID NTAPI RtlRaiseStatus(NTSTATUS);
VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD);
VOID NTAPI RtlRestoreContext(PCONTEXT, PEXCEPTION_RECORD);
FUNCTION_ENTRY *NTAPI RtlLookupFunctionEntry(ULONG64, PULONG64, PVOID);
PVOID NTAPI RtlVirtualUnwind(ULONG, ULONG64, ULONG64, FUNCTION_ENTRY *, PCONTEXT, PVOID *, PULONG64, PVOID);
VOID NTAPI RealUnwind(PVOID, PVOID, PEXCEPTION_RECORD, PVOID) __asm__("RtlUnwind");
VOID RealLocalUnwind(PVOID, PVOID) __asm__("_local_unwind");
VOID NTAPI RealPrefetch(PVOID, SIZE_T) __asm__("RtlPrefetchMemoryNonTemporal");
VOID NTAPI RtlUnwindEx(PVOID, PVOID, PEXCEPTION_RECORD, PVOID, PCONTEXT, PVOID);
PVOID NTAPI RtlPcToFileHeader(PVOID, PVOID *);
PVOID NTAPI RtlFindExportedRoutineByName(PVOID, PCSTR);
PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID);
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID, BOOLEAN, USHORT, PULONG);
LONG NTAPI RtlCompareUnicodeStrings(PCWCH, SIZE_T, PCWCH, SIZE_T, BOOLEAN);
WCHAR NTAPI RtlAnsiCharToUnicodeChar(PUCHAR *);
ULONG NTAPI RtlRandom(PULONG);
ULONG NTAPI RtlUniform(PULONG);
NTSTATUS NTAPI RtlInitAnsiStringEx(PANSI_STRING, PCSZ);
NTSTATUS NTAPI RtlIntegerToUnicode(ULONG, ULONG, LONG, PWSTR);
NTSTATUS NTAPI RtlMultiByteToUnicodeSize(PULONG, PCSTR, ULONG);
VOID NTAPI RtlGetNtVersionNumbers(PULONG, PULONG, PULONG);
ULONG NTAPI RtlNtStatusToDosErrorNoTeb(NTSTATUS);
__declspec(dllimport) extern USHORT NlsAnsiCodePage, NlsOemCodePage;
__declspec(dllimport) extern BOOLEAN NlsMbCodePageTag;

static PVOID ImageBase;

static BOOLEAN Same(PCUNICODE_STRING String, PCWSTR Text) {
    UNICODE_STRING Other;
    RtlInitUnicodeString(&Other, Text);
    return String->Length == Other.Length && RtlCompareMemory(String->Buffer, Other.Buffer, Other.Length) == Other.Length;
}

static VOID TestMemory(VOID) {
    VOID(NTAPI * FillMemoryUlong)(PVOID, SIZE_T, ULONG);
    ULONG64 Stack = 0x2000;
    UCHAR Bytes[32], Other[32];
    ULONG64 Wide[3] = {1, 2, 3};
    RealFillMemory(Bytes, sizeof Bytes, 0xA5);
    ok(Bytes[0] == 0xA5 && Bytes[31] == 0xA5, "RtlFillMemory");
    RealZeroMemory(Bytes + 1, 30);
    ok(Bytes[0] == 0xA5 && Bytes[1] == 0 && Bytes[30] == 0 && Bytes[31] == 0xA5, "RtlZeroMemory");
    for (UCHAR i = 0; i < 32; i++) {
        Bytes[i] = i;
        Other[i] = 0xFF;
    }
    RealCopyMemory(Other, Bytes, 16);
    ok(Other[0] == 0 && Other[15] == 15 && Other[16] == 0xFF, "RtlCopyMemory");
    RealCopyMemoryNonTemporal(Other + 16, Bytes + 16, 16);
    ok(Other[16] == 16 && Other[31] == 31, "RtlCopyMemoryNonTemporal");
    RealMoveMemory(Bytes + 2, Bytes, 20);
    ok(Bytes[1] == 1 && Bytes[2] == 0 && Bytes[21] == 19 && Bytes[22] == 22, "RtlMoveMemory to the right over itself");
    FillMemoryUlong = MmGetSystemRoutineAddress(U("RtlFillMemoryUlong"));
    FillMemoryUlong(Bytes, 8, 0x04030201);
    ok(Bytes[0] == 1 && Bytes[7] == 4 && Bytes[8] == 6, "RtlFillMemoryUlong");
    RealFillMemoryUlonglong(Wide, 16, 0x1122334455667788);
    ok(Wide[0] == 0x1122334455667788 && Wide[1] == Wide[0] && Wide[2] == 3, "RtlFillMemoryUlonglong");
    RealPrefetch(Bytes, sizeof Bytes);
    __asm__ volatile("call __chkstk" : "+a"(Stack)::"r10", "r11", "memory", "cc");
    is(Stack, 0x2000, "__chkstk touches the stack and keeps rax");
    is(RealUshortByteSwap(0x1234), 0x3412, "RtlUshortByteSwap");
    is(RealUlongByteSwap(0x12345678), 0x78563412, "RtlUlongByteSwap");
    is(RealUlonglongByteSwap(0x0102030405060708), 0x0807060504030201, "RtlUlonglongByteSwap");
}

static VOID TestImage(VOID) {
    PIMAGE_NT_HEADERS Headers = RtlImageNtHeader(ImageBase);
    ULONG Size = 0;
    PIMAGE_IMPORT_DESCRIPTOR Imports;
    PVOID Base = NULL, Kernel = NULL;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"RtlInitUnicodeString");
    ok(Headers && Headers->Signature == IMAGE_NT_SIGNATURE && Headers->OptionalHeader.Subsystem == 1 /* native */, "RtlImageNtHeader");
    Size = 0x600D;
    ok(!RtlImageNtHeader(&Size), "of what is no image: NULL");
    Imports = RtlImageDirectoryEntryToData(ImageBase, TRUE, IMAGE_DIRECTORY_ENTRY_IMPORT, &Size);
    ok(Imports && Size >= sizeof *Imports && _stricmp((PCSTR)ImageBase + Imports->Name, "ntoskrnl.exe") == 0,
       "RtlImageDirectoryEntryToData: imports");
    ok(!RtlImageDirectoryEntryToData(ImageBase, TRUE, IMAGE_DIRECTORY_ENTRY_EXPORT, &Size), "a driver has no exports");
    ok(RtlPcToFileHeader((PVOID)TestImage, &Base) == ImageBase && Base == ImageBase, "RtlPcToFileHeader of this driver");
    ok(RtlPcToFileHeader(MmGetSystemRoutineAddress(&Name), &Kernel) && Kernel && Kernel != Base, "of the kernel");
    ok(!RtlPcToFileHeader(&Size, &Base) && !Base, "of a stack: NULL");
    ok(RtlFindExportedRoutineByName(Kernel, "RtlInitUnicodeString") == MmGetSystemRoutineAddress(&Name) &&
           !RtlFindExportedRoutineByName(Kernel, "ZwCloze"),
       "RtlFindExportedRoutineByName");
}

static BOOLEAN InDriver(PVOID Address) {
    ULONG Size = RtlImageNtHeader(ImageBase)->OptionalHeader.SizeOfImage;
    return (ULONG_PTR)Address >= (ULONG_PTR)ImageBase && (ULONG_PTR)Address < (ULONG_PTR)ImageBase + Size;
}

static DECLSPEC_NOINLINE ULONG Inner(PVOID *Callers, ULONG Count, PULONG Hash) {
    ULONG Found = RtlCaptureStackBackTrace(0, Count, Callers, Hash);
    return Found + (Callers[0] == NULL);
}

static DECLSPEC_NOINLINE ULONG Callee(PVOID *Caller, PVOID *CallersCaller) {
    RealGetCallersAddress(Caller, CallersCaller);
    return *Caller != *CallersCaller; /* a call, not a jump, comes before */
}

static DECLSPEC_NOINLINE VOID TestStacks(VOID) {
    PVOID Callers[16] = {NULL}, Chain[16] = {NULL}, Caller = NULL, CallersCaller = NULL;
    ULONG Hash = 0, Count = Inner(Callers, 16, &Hash), ChainCount, Sum = 0;
    ok(Count >= 4 && InDriver(Callers[0]) && InDriver(Callers[1]) && !InDriver(Callers[Count - 1]),
       "RtlCaptureStackBackTrace: from here to the thread's start");
    for (ULONG i = 0; i < Count; i++) {
        Sum += (ULONG)(ULONG_PTR)Callers[i];
    }
    is(Hash, Sum, "its hash");
    is(RtlCaptureStackBackTrace(1, 2, Callers, NULL), 2, "two after the first");
    ChainCount = RtlWalkFrameChain(Chain, 16, 0);
    ok(ChainCount == Count - 1 && InDriver(Chain[0]) && Chain[1] == Callers[0], "RtlWalkFrameChain");
    ok(Callee(&Caller, &CallersCaller) && InDriver(Caller) && Caller != CallersCaller && CallersCaller == Chain[1], "RtlGetCallersAddress");
}

static VOID TestAssert(VOID) {
    volatile ULONG Code = 0;
    __try {
        RtlAssert("1 == 2", "file.c", 7, NULL);
    } __except (Code = (ULONG)GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    is(Code, (ULONG)STATUS_BREAKPOINT, "RtlAssert breaks");
}

static VOID TestRaise(VOID) {
    volatile ULONG Code = 0;
    EXCEPTION_RECORD Record = {.ExceptionCode = 0xE0001234};
    __try {
        RtlRaiseStatus(STATUS_DISK_FULL);
    } __except (Code = (ULONG)GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    is(Code, (ULONG)STATUS_DISK_FULL, "RtlRaiseStatus");
    __try {
        ExRaiseAccessViolation();
    } __except (Code = (ULONG)GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    is(Code, (ULONG)STATUS_ACCESS_VIOLATION, "ExRaiseAccessViolation");
    __try {
        ExRaiseDatatypeMisalignment();
    } __except (Code = (ULONG)GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    is(Code, (ULONG)STATUS_DATATYPE_MISALIGNMENT, "ExRaiseDatatypeMisalignment");
    __try {
        RtlRaiseException(&Record);
    } __except (Code = (ULONG)GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    is(Code, 0xE0001234, "RtlRaiseException");
}

/* The frame that a context was captured in, as a handler knows it. */
static PVOID EstablisherOf(const CONTEXT *Context) {
    static CONTEXT Caller;
    ULONG64 Base = 0, Frame = 0;
    PVOID HandlerData;
    FUNCTION_ENTRY *Function = RtlLookupFunctionEntry(Context->Rip, &Base, NULL);
    Caller = *Context;
    RtlVirtualUnwind(0, Base, Context->Rip, Function, &Caller, &HandlerData, &Frame, NULL);
    return (PVOID)(ULONG_PTR)Frame;
}

/* RtlUnwindEx and RtlRestoreContext as setjmp and longjmp use them. */
static DECLSPEC_NOINLINE VOID TestUnwind(VOID) {
    static CONTEXT Saved, Working; /* 1232 bytes each */
    volatile ULONG Passes = 0;
    RealFillMemory(&Saved, sizeof Saved, 0xCC);
    RtlCaptureContext(&Saved);
    if (Passes++ == 0) {
        ok(InDriver((PVOID)Saved.Rip) && Saved.Rsp > (ULONG_PTR)&Passes - PAGE_SIZE && Saved.Rsp < (ULONG_PTR)&Passes + PAGE_SIZE,
           "RtlCaptureContext: here");
        RtlRestoreContext(&Saved, NULL);
    }
    is(Passes, 2, "RtlRestoreContext goes on where the context was captured");
    RtlCaptureContext(&Saved);
    if (Passes++ == 2) {
        ULONG64 Base = 0, Frame = 0;
        PVOID HandlerData;
        FUNCTION_ENTRY *Function = RtlLookupFunctionEntry(Saved.Rip, &Base, NULL);
        ok(Function && Base == (ULONG64)(ULONG_PTR)ImageBase && Saved.Rip - Base >= Function->BeginAddress && Saved.Rip - Base < Function->EndAddress,
           "RtlLookupFunctionEntry");
        Working = Saved;
        RtlVirtualUnwind(0, Base, Saved.Rip, Function, &Working, &HandlerData, &Frame, NULL);
        ok(InDriver((PVOID)Working.Rip) && Working.Rsp > Saved.Rsp && Frame >= Saved.Rsp && Frame < Working.Rsp,
           "RtlVirtualUnwind: the caller's frame");
        RtlUnwindEx((PVOID)(ULONG_PTR)Frame, (PVOID)Saved.Rip, NULL, (PVOID)5, &Working, NULL);
    }
    is(Passes, 4, "RtlUnwindEx to this frame");
    RtlCaptureContext(&Saved);
    if (Passes++ == 4)
        RealUnwind(EstablisherOf(&Saved), (PVOID)Saved.Rip, NULL, NULL);
    is(Passes, 6, "RtlUnwind to this frame");
    RtlCaptureContext(&Saved);
    if (Passes++ == 6)
        RealLocalUnwind(EstablisherOf(&Saved), (PVOID)Saved.Rip);
    is(Passes, 8, "_local_unwind to this frame");
}

static VOID TestText(VOID) {
    UCHAR Bytes[] = {0xE4, 'b'}, Narrow[16] = {0}, *At = Bytes;
    WCHAR Wide[16] = {0};
    CHAR Buffer[16];
    ANSI_STRING Ansi = {0, sizeof Buffer, Buffer}, Made;
    UNICODE_STRING Unicode;
    ULONG Size = 0;
    is(RtlAnsiCharToUnicodeChar(&At), 0xE4, "RtlAnsiCharToUnicodeChar");
    ok(At == Bytes + 1, "and steps on");
    ok(RtlCompareUnicodeStrings(L"abc", 3, L"ABD", 3, TRUE) < 0 && RtlCompareUnicodeStrings(L"b", 1, L"ABD", 3, TRUE) > 0 &&
           RtlCompareUnicodeStrings(L"abX", 2, L"ABY", 2, TRUE) == 0,
       "RtlCompareUnicodeStrings");
    RtlUpperString(&Ansi, A("mixed Case"));
    ok(Ansi.Length == 10 && memcmp(Buffer, "MIXED CASE", 10) == 0, "RtlUpperString");
    Ansi.Buffer = NULL;
    ok(RtlInitAnsiStringEx(&Ansi, "four") == 0 && Ansi.Length == 4 && Ansi.MaximumLength == 5, "RtlInitAnsiStringEx");
    ok(RtlInitUnicodeStringEx(&Unicode, L"six") == 0 && Unicode.Length == 6 && Unicode.MaximumLength == 8, "RtlInitUnicodeStringEx");
    STATUS(RtlIntegerToUnicode(255, 16, 8, Wide), 0, "RtlIntegerToUnicode");
    ok(wcscmp(Wide, L"FF") == 0, "FF");
    STATUS(RtlMultiByteToUnicodeSize(&Size, "abc", 3), 0, "RtlMultiByteToUnicodeSize");
    is(Size, 6, "two bytes each");
    STATUS(RtlOemToUnicodeN(Wide, sizeof Wide, &Size, "abc", 3), 0, "RtlOemToUnicodeN");
    ok(Size == 6 && wcsncmp(Wide, L"abc", 3) == 0, "abc");
    STATUS(RtlUnicodeToOemN((PCHAR)Narrow, sizeof Narrow, &Size, L"xyz", 6), 0, "RtlUnicodeToOemN");
    ok(Size == 3 && memcmp(Narrow, "xyz", 3) == 0, "xyz");
    STATUS(RtlUpcaseUnicodeToOemN((PCHAR)Narrow, sizeof Narrow, &Size, L"xyz", 6), 0, "RtlUpcaseUnicodeToOemN");
    ok(Size == 3 && memcmp(Narrow, "XYZ", 3) == 0, "XYZ");
    STATUS(RtlUpcaseUnicodeToMultiByteN((PCHAR)Narrow, sizeof Narrow, &Size, L"pqr", 6), 0, "RtlUpcaseUnicodeToMultiByteN");
    ok(Size == 3 && memcmp(Narrow, "PQR", 3) == 0, "PQR");
    is(RtlxOemStringToUnicodeSize(A("abcd")), 10, "RtlxOemStringToUnicodeSize");
    is(RtlxUnicodeStringToOemSize(U("abcd")), 5, "RtlxUnicodeStringToOemSize");
    STATUS(RtlOemStringToUnicodeString(&Unicode, A("oem"), TRUE), 0, "RtlOemStringToUnicodeString");
    ok(Same(&Unicode, L"oem"), "oem");
    RtlFreeUnicodeString(&Unicode);
    STATUS(RtlUpcaseUnicodeStringToOemString(&Made, U("oem"), TRUE), 0, "RtlUpcaseUnicodeStringToOemString");
    ok(Made.Length == 3 && memcmp(Made.Buffer, "OEM", 4) == 0, "OEM");
    RtlFreeOemString(&Made);
    ok(NlsAnsiCodePage == 1252 && NlsOemCodePage == 437, "NlsAnsiCodePage and NlsOemCodePage");
}

static VOID TestNumbers(VOID) {
    ULONG Seed = 7, Again = 7, Seen = 0, Major = 0, Minor = 0, Build = 0, Bits[4] = {0}, Index = 99, Count;
    RTL_BITMAP Map;
    RTL_BITMAP_RUN Runs[4];
    BOOLEAN Below = TRUE;
    for (ULONG i = 0; i < 100; i++) {
        ULONG Number = RtlRandom(&Seed);
        Below = Below && Number < MAXLONG;
        Seen |= Number;
    }
    ok(Below && (Seen & 0x7FFFFFFF) == 0x7FFFFFFF, "RtlRandom: every bit below MAXLONG comes");
    Seed = 7;
    ok(RtlUniform(&Seed) == RtlUniform(&Again) && Seed == Again && Seed != 7 && RtlUniform(&Seed) != Again, "RtlUniform: a seed decides");
    ok(RealIsNtDdiVersionAvailable(0x06000000) && !RealIsNtDdiVersionAvailable(0x0B000000), "RtlIsNtDdiVersionAvailable");
    RtlGetNtVersionNumbers(&Major, &Minor, &Build);
    ok(Major == 10 && Minor == 0 && (Build & 0xFFFF) == 19045, "RtlGetNtVersionNumbers");
    is(RtlNtStatusToDosErrorNoTeb(STATUS_ACCESS_DENIED), 5, "RtlNtStatusToDosErrorNoTeb");
    RtlInitializeBitMap(&Map, Bits, 100);
    RtlSetBits(&Map, 0, 10);
    RtlSetBits(&Map, 20, 30);
    is(RtlFindFirstRunClear(&Map, &Index), 10, "RtlFindFirstRunClear: its length");
    is(Index, 10, "and its start");
    is(RtlFindLastBackwardRunClear(&Map, 99, &Index), 50, "RtlFindLastBackwardRunClear");
    is(Index, 50, "its start");
    Count = RtlFindClearRuns(&Map, Runs, 4, TRUE);
    ok(Count == 2 && Runs[0].StartingIndex == 50 && Runs[0].NumberOfBits == 50 && Runs[1].StartingIndex == 10 && Runs[1].NumberOfBits == 10,
       "RtlFindClearRuns, the longest first");
    is(RtlNumberOfSetBitsUlongPtr(0xF00000000000000Full), 8, "RtlNumberOfSetBitsUlongPtr");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    ImageBase = DriverObject->DriverStart;
    TestMemory();
    TestImage();
    TestStacks();
    TestAssert();
    TestRaise();
    TestUnwind();
    TestText();
    TestNumbers();
}
