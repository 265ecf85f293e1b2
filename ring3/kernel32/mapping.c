/* File mappings: sections, of files and of the paging file. */
#include "kernel32.h"

#define SECTION_KINDS (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE | SEC_NOCACHE)

HANDLE WINAPI CreateFileMappingW(HANDLE File, LPSECURITY_ATTRIBUTES Security, DWORD Protect, DWORD SizeHigh, DWORD SizeLow, LPCWSTR Name) {
    HANDLE handle = NULL;
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attributes;
    LARGE_INTEGER size = {.u = {SizeLow, (LONG)SizeHigh}};
    ULONG kind = Protect & SECTION_KINDS, protect = Protect & ~SECTION_KINDS;
    ACCESS_MASK access = STANDARD_RIGHTS_REQUIRED | SECTION_QUERY | SECTION_MAP_READ;
    if (protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE))
        access |= SECTION_MAP_WRITE;
    if (protect & (PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY))
        access |= SECTION_MAP_EXECUTE;
    if ((kind & (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE)) == 0)
        kind |= SEC_COMMIT;
    if (File == INVALID_HANDLE_VALUE) {
        File = NULL;
        if (!size.QuadPart) {
            BaseFail(ERROR_INVALID_PARAMETER);
            return NULL;
        }
    }
    NTSTATUS status = BaseObjectAttributes(&attributes, &text, Name, Security, OBJ_OPENIF);
    if (NT_SUCCESS(status))
        status = NtCreateSection(&handle, access, &attributes, size.QuadPart ? &size : NULL, protect, kind, File);
    if (!NT_SUCCESS(status)) {
        BaseResult(status == STATUS_OBJECT_TYPE_MISMATCH ? STATUS_INVALID_HANDLE : status);
        return NULL;
    }
    RtlSetLastWin32Error(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : NO_ERROR);
    return handle;
}
HANDLE WINAPI CreateFileMappingA(HANDLE File, LPSECURITY_ATTRIBUTES Security, DWORD Protect, DWORD SizeHigh, DWORD SizeLow, LPCSTR Name) {
    PWSTR wide = BaseWide(Name);
    if (Name && !wide)
        return NULL;
    HANDLE handle = CreateFileMappingW(File, Security, Protect, SizeHigh, SizeLow, wide);
    if (wide)
        BaseFree(wide);
    return handle;
}

/* FILE_MAP_... as a section's access: copying needs to read, and "execute" of Win32 is another bit. */
static ACCESS_MASK SectionAccess(DWORD Access) {
    if ((Access & ~(DWORD)FILE_MAP_EXECUTE) == FILE_MAP_COPY)
        return SECTION_MAP_READ | ((Access & FILE_MAP_EXECUTE) ? SECTION_MAP_EXECUTE : 0);
    return (Access & ~(DWORD)FILE_MAP_EXECUTE) | ((Access & FILE_MAP_EXECUTE) ? SECTION_MAP_EXECUTE : 0);
}
HANDLE WINAPI OpenFileMappingW(DWORD Access, WINBOOL Inherit, LPCWSTR Name) {
    HANDLE handle = NULL;
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status = Name ? BaseObjectAttributes(&attributes, &text, Name, NULL, Inherit ? OBJ_INHERIT : 0) : STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status))
        status = NtOpenSection(&handle, SectionAccess(Access), &attributes);
    return BaseResult(status) ? handle : NULL;
}
HANDLE WINAPI OpenFileMappingA(DWORD Access, WINBOOL Inherit, LPCSTR Name) {
    PWSTR wide = BaseWide(Name);
    if (Name && !wide)
        return NULL;
    HANDLE handle = OpenFileMappingW(Access, Inherit, wide);
    if (wide)
        BaseFree(wide);
    return handle;
}

static DWORD ViewProtection(DWORD Access) {
    BOOL execute = (Access & FILE_MAP_EXECUTE) != 0;
    DWORD kind = Access & ~(DWORD)FILE_MAP_EXECUTE;
    if (kind == FILE_MAP_COPY)
        return execute ? PAGE_EXECUTE_WRITECOPY : PAGE_WRITECOPY;
    if (kind & FILE_MAP_WRITE)
        return execute ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
    if (kind & FILE_MAP_READ)
        return execute ? PAGE_EXECUTE_READ : PAGE_READONLY;
    return PAGE_NOACCESS;
}
LPVOID WINAPI MapViewOfFileEx(HANDLE Mapping, DWORD Access, DWORD OffsetHigh, DWORD OffsetLow, SIZE_T Size, LPVOID Base) {
    LARGE_INTEGER offset = {.u = {OffsetLow, (LONG)OffsetHigh}};
    return BaseResult(NtMapViewOfSection(Mapping, NtCurrentProcess(), &Base, 0, 0, &offset, &Size, NtViewShare, 0, ViewProtection(Access))) ? Base
                                                                                                                                            : NULL;
}
LPVOID WINAPI MapViewOfFile(HANDLE Mapping, DWORD Access, DWORD OffsetHigh, DWORD OffsetLow, SIZE_T Size) {
    return MapViewOfFileEx(Mapping, Access, OffsetHigh, OffsetLow, Size, NULL);
}
WINBOOL WINAPI UnmapViewOfFile(LPCVOID Base) { return BaseResult(NtUnmapViewOfSection(NtCurrentProcess(), (PVOID)Base)); }
WINBOOL WINAPI FlushViewOfFile(LPCVOID Base, SIZE_T Size) {
    PVOID base = (PVOID)Base;
    IO_STATUS_BLOCK io;
    return BaseResult(NtFlushVirtualMemory(NtCurrentProcess(), &base, &Size, &io));
}
