/* Modules by name and by address. */
#include "kernel32.h"

#define MAXIMUM_NAME 1024u

#define LOAD_AS_DATA (LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_DATAFILE_EXCLUSIVE | LOAD_LIBRARY_AS_IMAGE_RESOURCE)
#define LOAD_SEARCH                                                                                                                                  \
    (LOAD_WITH_ALTERED_SEARCH_PATH | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_USER_DIRS |        \
     LOAD_LIBRARY_SEARCH_SYSTEM32 | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS)
#define LOAD_KNOWN (LOAD_AS_DATA | LOAD_SEARCH | DONT_RESOLVE_DLL_REFERENCES | LOAD_IGNORE_CODE_AUTHZ_LEVEL)

HMODULE WINAPI LoadLibraryExW(LPCWSTR Name, HANDLE File, DWORD Flags) {
    UNICODE_STRING name;
    PVOID base;
    ULONG characteristics = (Flags & DONT_RESOLVE_DLL_REFERENCES) ? IMAGE_FILE_EXECUTABLE_IMAGE : 0;
    if (!Name || !*Name || File || (Flags & ~(DWORD)LOAD_KNOWN)) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    RtlInitUnicodeString(&name, Name);
    PWSTR search = (PWSTR)((ULONG_PTR)(Flags & LOAD_SEARCH) | 1);
    if (Flags & LOAD_AS_DATA)
        return BaseResult(RtlpMapDll(search, &name, Flags & LOAD_AS_DATA, &base)) ? base : NULL;
    return BaseResult(LdrLoadDll(search, &characteristics, &name, &base)) ? base : NULL;
}
HMODULE WINAPI LoadLibraryW(LPCWSTR Name) { return LoadLibraryExW(Name, NULL, 0); }
HMODULE WINAPI LoadLibraryExA(LPCSTR Name, HANDLE File, DWORD Flags) {
    PWSTR wide = BaseWide(Name);
    if (Name && !wide)
        return NULL;
    HMODULE module = LoadLibraryExW(wide, File, Flags);
    BaseFree(wide);
    return module;
}
HMODULE WINAPI LoadLibraryA(LPCSTR Name) { return LoadLibraryExA(Name, NULL, 0); }
WINBOOL WINAPI FreeLibrary(HMODULE Module) { return BaseResult(LdrUnloadDll(Module)); }
WINBOOL WINAPI DisableThreadLibraryCalls(HMODULE Module) { return BaseResult(LdrDisableThreadCalloutsForDll(Module)); }

WINBOOL WINAPI GetModuleHandleExW(DWORD Flags, LPCWSTR Name, HMODULE *Module) {
    PVOID base = NtPeb()->ImageBaseAddress;
    NTSTATUS status = STATUS_SUCCESS;
    if (!Module)
        return BaseFail(ERROR_INVALID_PARAMETER);
    if (Flags & ~(DWORD)7 || (Flags & 3) == 3) {
        *Module = NULL;
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) {
        status = RtlPcToFileHeader((PVOID)Name, &base) ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
    } else if (Name) {
        UNICODE_STRING name;
        RtlInitUnicodeString(&name, Name);
        status = LdrGetDllHandle(NULL, NULL, &name, &base);
    }
    if (NT_SUCCESS(status) && !(Flags & GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT))
        status = LdrAddRefDll((Flags & GET_MODULE_HANDLE_EX_FLAG_PIN) ? 1 : 0, base);
    *Module = NT_SUCCESS(status) ? base : NULL;
    return BaseResult(status);
}
WINBOOL WINAPI GetModuleHandleExA(DWORD Flags, LPCSTR Name, HMODULE *Module) {
    if ((Flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) || !Name)
        return GetModuleHandleExW(Flags, (LPCWSTR)(PVOID)Name, Module);
    PWSTR wide = BaseWide(Name);
    *Module = NULL;
    BOOL done = wide ? GetModuleHandleExW(Flags, wide, Module) : FALSE;
    BaseFree(wide);
    return done;
}
HMODULE WINAPI GetModuleHandleW(LPCWSTR Name) {
    HMODULE module;
    return GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, Name, &module) ? module : NULL;
}
HMODULE WINAPI GetModuleHandleA(LPCSTR Name) {
    HMODULE module;
    return GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, Name, &module) ? module : NULL;
}

/* A name below 65536 is an ordinal. */
FARPROC WINAPI GetProcAddress(HMODULE Module, LPCSTR Name) {
    ANSI_STRING name;
    PVOID address;
    PVOID base = Module ? (PVOID)Module : NtPeb()->ImageBaseAddress;
    NTSTATUS status;
    if ((ULONG_PTR)Name >> 16) {
        RtlInitAnsiString(&name, Name);
        status = LdrGetProcedureAddress(base, &name, 0, &address);
    } else {
        status = LdrGetProcedureAddress(base, NULL, (ULONG)(ULONG_PTR)Name, &address);
    }
    return BaseResult(status) ? (FARPROC)(ULONG_PTR)address : NULL;
}

/* Cut short and terminated when it does not fit, with ERROR_INSUFFICIENT_BUFFER. */
DWORD WINAPI GetModuleFileNameW(HMODULE Module, LPWSTR Buffer, DWORD Size) {
    WCHAR full[MAXIMUM_NAME];
    UNICODE_STRING name = {.Buffer = full, .MaximumLength = sizeof full};
    if (!BaseResult(LdrGetDllFullName(Module, &name)))
        return 0;
    DWORD length = name.Length / sizeof(WCHAR);
    if (!Size)
        return (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
    DWORD copied = length < Size ? length : Size - 1;
    memcpy(Buffer, full, copied * sizeof(WCHAR));
    Buffer[copied] = 0;
    RtlSetLastWin32Error(copied < length ? ERROR_INSUFFICIENT_BUFFER : NO_ERROR);
    return copied < length ? Size : length;
}
DWORD WINAPI GetModuleFileNameA(HMODULE Module, LPSTR Buffer, DWORD Size) {
    WCHAR full[MAXIMUM_NAME];
    DWORD length = GetModuleFileNameW(Module, full, ARRAYSIZE(full));
    if (!length)
        return 0;
    if (!Size)
        return (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
    DWORD copied = length < Size ? length : Size - 1;
    full[copied] = 0;
    BaseNarrow(full, copied, Buffer, Size);
    RtlSetLastWin32Error(copied < length ? ERROR_INSUFFICIENT_BUFFER : NO_ERROR);
    return copied < length ? Size : length;
}

/* ---- Where DLLs are looked for ---------------------------------------------------------------------------------------------------- */
WINBOOL WINAPI SetDllDirectoryW(LPCWSTR Path) {
    UNICODE_STRING path;
    if (!Path)
        return BaseResult(LdrSetDllDirectory(NULL));
    RtlInitUnicodeString(&path, Path);
    return BaseResult(LdrSetDllDirectory(&path));
}
WINBOOL WINAPI SetDllDirectoryA(LPCSTR Path) {
    PWSTR wide = BaseWide(Path);
    if (Path && !wide)
        return FALSE;
    BOOL done = SetDllDirectoryW(wide);
    BaseFree(wide);
    return done;
}
/* The length, or the size needed with the terminator. */
DWORD WINAPI GetDllDirectoryW(DWORD Size, LPWSTR Buffer) {
    UNICODE_STRING path = {.Buffer = Buffer, .MaximumLength = (USHORT)(Size > 0x7FFF ? 0xFFFE : Size * sizeof(WCHAR))};
    LdrGetDllDirectory(&path);
    RtlSetLastWin32Error(NO_ERROR);
    return path.Length / sizeof(WCHAR);
}
DLL_DIRECTORY_COOKIE WINAPI AddDllDirectory(PCWSTR Path) {
    UNICODE_STRING path;
    PVOID cookie;
    RtlInitUnicodeString(&path, Path);
    return BaseResult(LdrAddDllDirectory(&path, &cookie)) ? cookie : NULL;
}
WINBOOL WINAPI RemoveDllDirectory(DLL_DIRECTORY_COOKIE Cookie) { return BaseResult(LdrRemoveDllDirectory(Cookie)); }
WINBOOL WINAPI SetDefaultDllDirectories(DWORD Flags) { return BaseResult(LdrSetDefaultDllDirectories(Flags)); }
