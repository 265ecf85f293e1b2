/* The environment, the command line, what the process was started with. */
#include "kernel32.h"

/* Characters; the terminator counts only in what is needed. Values of up to 32766 characters. */
DWORD WINAPI GetEnvironmentVariableW(LPCWSTR Name, LPWSTR Buffer, DWORD Size) {
    UNICODE_STRING name, value = {.Buffer = Buffer, .MaximumLength = (USHORT)(Size > 0x7FFF ? 0xFFFE : Size * sizeof(WCHAR))};
    RtlInitUnicodeString(&name, Name);
    NTSTATUS status = RtlQueryEnvironmentVariable_U(NULL, &name, &value);
    DWORD length = value.Length / sizeof(WCHAR);
    if (status == STATUS_BUFFER_TOO_SMALL || (NT_SUCCESS(status) && length == Size))
        return length + 1;
    if (!BaseResult(status))
        return 0;
    if (!length)
        RtlSetLastWin32Error(NO_ERROR);
    return length;
}
DWORD WINAPI GetEnvironmentVariableA(LPCSTR Name, LPSTR Buffer, DWORD Size) {
    PWSTR wide = BaseWide(Name), value = BaseAllocate(0x10000);
    DWORD length = 0;
    if (wide && value) {
        length = GetEnvironmentVariableW(wide, value, 0x7FFF);
        if (length || RtlGetLastWin32Error() == NO_ERROR)
            length = BaseNarrow(value, length, Buffer, Size);
    }
    BaseFree(wide);
    BaseFree(value);
    return length;
}
WINBOOL WINAPI SetEnvironmentVariableW(LPCWSTR Name, LPCWSTR Value) {
    UNICODE_STRING name, value;
    if (!Name || BaseLength(Name) > 0x7FFE || (Value && BaseLength(Value) > 0x7FFE))
        return BaseFail(ERROR_INVALID_PARAMETER);
    RtlInitUnicodeString(&name, Name);
    RtlInitUnicodeString(&value, Value);
    return BaseResult(RtlSetEnvironmentVariable(NULL, &name, Value ? &value : NULL));
}
WINBOOL WINAPI SetEnvironmentVariableA(LPCSTR Name, LPCSTR Value) {
    PWSTR name = BaseWide(Name), value = BaseWide(Value);
    BOOL done = (Name && !name) || (Value && !value) ? FALSE : SetEnvironmentVariableW(name, value);
    BaseFree(name);
    BaseFree(value);
    return done;
}
DWORD WINAPI ExpandEnvironmentStringsW(LPCWSTR Source, LPWSTR Destination, DWORD Size) {
    UNICODE_STRING source, destination = {.Buffer = Destination, .MaximumLength = (USHORT)(Size > 0x7FFF ? 0xFFFE : Size * sizeof(WCHAR))};
    ULONG needed = 0;
    RtlInitUnicodeString(&source, Source);
    NTSTATUS status = RtlExpandEnvironmentStrings_U(NULL, &source, &destination, &needed);
    return status == STATUS_BUFFER_TOO_SMALL || BaseResult(status) ? needed / (DWORD)sizeof(WCHAR) : 0;
}
DWORD WINAPI ExpandEnvironmentStringsA(LPCSTR Source, LPSTR Destination, DWORD Size) {
    PWSTR source = BaseWide(Source), result = BaseAllocate(0x10000);
    DWORD needed = source && result ? ExpandEnvironmentStringsW(source, result, 0x7FFF) : 0;
    if (needed)
        BaseNarrow(result, needed - 1, Destination, Size);
    BaseFree(source);
    BaseFree(result);
    return needed;
}

static SIZE_T BlockLength(PCWSTR Block) {
    SIZE_T n = 0;
    while (Block[n])
        n += BaseLength(Block + n) + 1;
    return n + 1;
}
LPWCH WINAPI GetEnvironmentStringsW(VOID) {
    RtlAcquirePebLock();
    PCWSTR block = NtPeb()->ProcessParameters->Environment;
    if (!block)
        block = L"\0";
    SIZE_T size = BlockLength(block) * sizeof(WCHAR);
    PWSTR copy = BaseAllocate(size);
    if (copy)
        memcpy(copy, block, size);
    RtlReleasePebLock();
    return copy;
}
LPCH WINAPI GetEnvironmentStringsA(VOID); /* the SDK knows it as GetEnvironmentStrings, and kernel32.def exports both names */
LPCH WINAPI GetEnvironmentStringsA(VOID) {
    PWSTR block = GetEnvironmentStringsW();
    SIZE_T length = block ? BlockLength(block) : 0;
    PSTR narrow = block ? BaseAllocate(length) : NULL;
    if (narrow)
        WideCharToMultiByte(CP_ACP, 0, block, (int)length, narrow, (int)length, NULL, NULL);
    BaseFree(block);
    return narrow;
}
WINBOOL WINAPI FreeEnvironmentStringsW(LPWCH Block) { return RtlFreeHeap(NtPeb()->ProcessHeap, 0, Block); }
WINBOOL WINAPI FreeEnvironmentStringsA(LPCH Block) { return RtlFreeHeap(NtPeb()->ProcessHeap, 0, Block); }

/* kernel32's DllMain makes the narrow one. */
static PSTR NarrowCommandLine;
LPWSTR WINAPI GetCommandLineW(VOID) { return NtPeb()->ProcessParameters->CommandLine.Buffer; }
LPSTR WINAPI GetCommandLineA(VOID) { return NarrowCommandLine; }

VOID WINAPI GetStartupInfoW(LPSTARTUPINFOW Info) {
    NT_PROCESS_PARAMETERS *parameters = NtPeb()->ProcessParameters;
    memset(Info, 0, sizeof *Info);
    Info->cb = sizeof *Info;
    Info->lpDesktop = parameters->DesktopInfo.Buffer;
    Info->lpTitle = parameters->WindowTitle.Buffer;
    Info->dwX = parameters->StartingX;
    Info->dwY = parameters->StartingY;
    Info->dwXSize = parameters->CountX;
    Info->dwYSize = parameters->CountY;
    Info->dwXCountChars = parameters->CountCharsX;
    Info->dwYCountChars = parameters->CountCharsY;
    Info->dwFillAttribute = parameters->FillAttribute;
    Info->dwFlags = parameters->WindowFlags;
    Info->wShowWindow = (WORD)parameters->ShowWindowFlags;
    Info->cbReserved2 = parameters->RuntimeData.Length;
    Info->lpReserved2 = (LPBYTE)parameters->RuntimeData.Buffer;
    if (parameters->WindowFlags & STARTF_USESTDHANDLES) {
        Info->hStdInput = parameters->StandardInput;
        Info->hStdOutput = parameters->StandardOutput;
        Info->hStdError = parameters->StandardError;
    }
}
/* The A form's strings are the same for all calls, like the W form's. */
VOID WINAPI GetStartupInfoA(LPSTARTUPINFOA Info) {
    static PSTR title, desktop;
    STARTUPINFOW wide;
    GetStartupInfoW(&wide);
    memcpy(Info, &wide, sizeof *Info);
    PSTR *strings[] = {&title, &desktop};
    PCWSTR sources[] = {wide.lpTitle, wide.lpDesktop};
    for (ULONG n = 0; n < 2; n++) {
        if (!sources[n] || *strings[n])
            continue;
        SIZE_T length = BaseLength(sources[n]);
        PSTR text = BaseAllocate(length + 1);
        if (!text)
            continue;
        BaseNarrow(sources[n], length, text, (DWORD)length + 1);
        if (InterlockedCompareExchangePointer((PVOID *)strings[n], text, NULL))
            BaseFree(text);
    }
    Info->lpTitle = title;
    Info->lpDesktop = desktop;
}

BOOL WINAPI DllMain(HINSTANCE Instance, DWORD Reason, LPVOID Reserved);
BOOL WINAPI DllMain(HINSTANCE Instance, DWORD Reason, LPVOID Reserved) {
    if (Reason != DLL_PROCESS_ATTACH)
        return TRUE;
    PCUNICODE_STRING line = &NtPeb()->ProcessParameters->CommandLine;
    DWORD length = line->Length / sizeof(WCHAR);
    NarrowCommandLine = BaseAllocate(length + 1);
    if (!NarrowCommandLine)
        return FALSE;
    BaseNarrow(line->Buffer ? line->Buffer : L"", length, NarrowCommandLine, length + 1);
    BaseAttachConsole();
    return TRUE;
}
