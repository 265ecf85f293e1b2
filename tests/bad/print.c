/* Debug output. tests/t21-print.t compares what comes out, line by line. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
NTSYSAPI ULONG NTAPI vDbgPrintExWithPrefix(PCCH Prefix, ULONG ComponentId, ULONG Level, PCCH Format, va_list Arguments);

static VOID Unload(PDRIVER_OBJECT DriverObject) { UNREFERENCED_PARAMETER(DriverObject); }

static VOID Prefixed(PCSTR Format, ...) {
    va_list Arguments;
    va_start(Arguments, Format);
    vDbgPrintExWithPrefix("prefix: ", DPFLTR_DEFAULT_ID, DPFLTR_ERROR_LEVEL, Format, Arguments);
    va_end(Arguments);
}

/* Formats that the compiler's checker does not know go through here. */
static ULONG (*volatile Print)(PCSTR Format, ...) = DbgPrint;

static VOID Strings(VOID) {
    UNICODE_STRING Wide = RTL_CONSTANT_STRING(L"wide text"), NoBuffer = {0, 0, NULL};
    ANSI_STRING Ansi = RTL_CONSTANT_STRING("ansi text");
    Wide.Length = 4 * sizeof(WCHAR);
    Ansi.Length = 4;
    Print("wZ [%wZ] Z [%Z]\n", &Wide, &Ansi);
    Print("wZ [%wZ] [%wZ] Z [%Z]\n", NULL, &NoBuffer, NULL);
    Print("ws [%ws] S [%S] ls [%ls]\n", L"one", L"two", L"three");
    Print("s [%s] hs [%hs]\n", "four", "five");
    Print("NULL [%s] [%ws] [%S] [%hs]\n", NULL, NULL, NULL, NULL);
    Print("width [%8s] [%-8s] [%8ws] [%-8ws]|\n", "abc", "abc", L"abc", L"abc");
    Print("precision [%.2s] [%.2ws] [%.0s] [%8.2s] [%-8.2s]\n", "abc", L"abc", "abc", "abc", "abc");
    Print("star [%*s] [%-*s] [%.*s] [%*s]\n", 5, "ab", 5, "ab", 1, "ab", -5, "ab");
    Print("wZ width [%10wZ] [%-10wZ] [%.2wZ] Z [%6Z]\n", &Wide, &Wide, &Wide, &Ansi);
    Print("c [%c] C [%C] lc [%lc] wc [%wc] hc [%hc] [%4c] [%-4c]\n", 'a', L'b', L'c', L'd', 'e', 'f', 'g');
    Print("umlauts %ws %wZ\n", L"\x00E4\x00F6\x00FC \x20AC \x4E2D", &(UNICODE_STRING)RTL_CONSTANT_STRING(L"\x03B1\x03B2"));
}

static VOID Numbers(VOID) {
    Print("d [%d] [%d] [%i] u [%u] o [%o] x [%x] X [%X]\n", 42, -42, -1, 0xFFFFFFFF, 8, 0xbeef, 0xbeef);
    Print("min [%d] [%I64d]\n", (int)0x80000000, 0x8000000000000000ull);
    Print("width [%5d] [%-5d] [%05d] [%+d] [% d] [%5.3d] [%.0d]\n", 42, 42, 42, 42, 42, 7, 0);
    Print("sharp [%#x] [%#X] [%#o] [%#x] [%#010x] [%08lX] [%02x]\n", 0xbeef, 0xbeef, 8, 0, 0xbeef, 0xBEEFul, 5);
    Print("64 [%I64x] [%I64d] [%I64u] [%llx] [%lld] [%016I64X]\n", 0x123456789abcdef0ull, -5ll, ~0ull, 0xfedcba9876543210ull, -6ll, 0xABCull);
    Print("32 [%I32x] [%I32d] I [%Ix] z [%zu] t [%td] l [%lu] [%ld]\n", 0xbeef, -7, 0x123456789aull, (SIZE_T)9, (ptrdiff_t)-8, 10ul, -11l);
    Print("h [%hd] [%hx] [%hhx] [%hhu]\n", 0x12345, 0x12345, 0x1234, 0x1FF);
    Print("p [%p] [%p]\n", (PVOID)(ULONG_PTR)0x1234abcd, NULL);
    Print("percent [%%] [%5d%%]\n", 50);
    Print("status 0x%08lX %x\n", STATUS_ACCESS_VIOLATION, STATUS_SUCCESS);
}

static VOID Lines(VOID) {
    DbgPrint("a line ");
    DbgPrint("in ");
    DbgPrint("three pieces\n");
    DbgPrint("two\nlines\n");
    DbgPrint("carriage return\r\n");
    DbgPrint("\n");
    DbgPrint("tab\there, bell\a, escape \x1b[31m, delete \x7f, null is the end\n");
    Print("forged\x0b%sline\n", "\b\x01");
    Prefixed("%s %d\n", "formatted", 1);
    for (ULONG i = 0; i < 12; i++) {
        DbgPrint("%s", "0123456789012345678901234567890123456789");
    }
    DbgPrint("\n");
}

static VOID Filters(VOID) {
    DbgPrintEx(DPFLTR_DEFAULT_ID, DPFLTR_ERROR_LEVEL, "default, error\n");
    DbgPrintEx(DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, "default, information\n");
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "driver, error\n");
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_WARNING_LEVEL, "driver, warning: not shown\n");
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "driver, information: not shown\n");
    DbgPrint("filter states %d %d\n", DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL) == TRUE,
             DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL) == TRUE);
    DbgSetDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, TRUE);
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "driver, information: shown now\n");
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_MASK | 8, "driver, a mask of levels\n");
    DbgSetDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, FALSE);
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "driver, information: not shown any more\n");
    KdPrint(("KdPrint prints in a checked build only\n"));
}

/* An argument that cannot be read raises in the caller, and leaves no half line. */
static VOID BadArgument(VOID) {
    ULONG Code = 0;
    __try {
        Print("never %s seen %s\n", "half", (PCSTR)(ULONG_PTR)0x5000);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    DbgPrint("bad argument 0x%08X\n", Code);
}

static VOID AtHighLevel(VOID) {
    KIRQL Old;
    KeRaiseIrql(HIGH_LEVEL, &Old);
    DbgPrint("from HIGH_LEVEL\n");
    KeLowerIrql(Old);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    Strings();
    Numbers();
    Lines();
    Filters();
    BadArgument();
    AtHighLevel();
    DbgPrint("no newline at the end");
    return STATUS_SUCCESS;
}
