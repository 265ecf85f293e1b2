/* Resources of modules. A resource's handle is its entry in the image, and what LoadResource gives is the data itself: nothing is ever freed. */
#include "kernel32.h"

/* A name as the loader takes it: a number, also one that is written as "#123" ("MAKEINTRESOURCE"), or the string. FALSE: the last error is set. */
static BOOL ResourceKey(PCWSTR Name, ULONG_PTR *Key) {
    ULONG number = 0;
    *Key = (ULONG_PTR)Name;
    if (!((ULONG_PTR)Name >> 16) || *Name != '#')
        return TRUE;
    if (!*++Name)
        return BaseFail(ERROR_INVALID_PARAMETER);
    for (; *Name; Name++) {
        if (*Name < '0' || *Name > '9' || (number = number * 10 + (ULONG)(*Name - '0')) > 0xFFFF)
            return BaseFail(ERROR_INVALID_PARAMETER);
    }
    *Key = number;
    return TRUE;
}

static PVOID ModuleBase(HMODULE Module) { return Module ? (PVOID)Module : NtPeb()->ImageBaseAddress; }

HRSRC WINAPI FindResourceExW(HMODULE Module, LPCWSTR Type, LPCWSTR Name, WORD Language) {
    ULONG_PTR path[3] = {0, 0, Language};
    IMAGE_RESOURCE_DATA_ENTRY *entry;
    if (!ResourceKey(Type, &path[0]) || !ResourceKey(Name, &path[1]))
        return NULL;
    return BaseResult(LdrFindResource_U(ModuleBase(Module), path, 3, &entry)) ? (HRSRC)(PVOID)entry : NULL;
}
HRSRC WINAPI FindResourceW(HMODULE Module, LPCWSTR Name, LPCWSTR Type) { return FindResourceExW(Module, Type, Name, 0); }

/* Strings become wide; numbers stay what they are, and own nothing. */
static BOOL WideKey(PCSTR Name, PWSTR *Wide, PWSTR *Owned) {
    *Owned = NULL;
    *Wide = (PWSTR)(PVOID)Name;
    if (!((ULONG_PTR)Name >> 16))
        return TRUE;
    *Wide = *Owned = BaseWide(Name);
    return *Owned != NULL;
}
HRSRC WINAPI FindResourceExA(HMODULE Module, LPCSTR Type, LPCSTR Name, WORD Language) {
    PWSTR type, name, own_type, own_name = NULL;
    HRSRC found = WideKey(Type, &type, &own_type) && WideKey(Name, &name, &own_name) ? FindResourceExW(Module, type, name, Language) : NULL;
    BaseFree(own_type);
    BaseFree(own_name);
    return found;
}
HRSRC WINAPI FindResourceA(HMODULE Module, LPCSTR Name, LPCSTR Type) { return FindResourceExA(Module, Type, Name, 0); }

HGLOBAL WINAPI LoadResource(HMODULE Module, HRSRC Resource) {
    PVOID data;
    if (!Resource)
        return NULL;
    return BaseResult(LdrAccessResource(ModuleBase(Module), (PVOID)Resource, &data, NULL)) ? data : NULL;
}
LPVOID WINAPI LockResource(HGLOBAL Data) { return Data; }
WINBOOL WINAPI FreeResource(HGLOBAL Data) { return FALSE; } /* 0 is success for this one */
DWORD WINAPI SizeofResource(HMODULE Module, HRSRC Resource) {
    ULONG size;
    return Resource && BaseResult(LdrAccessResource(ModuleBase(Module), (PVOID)Resource, NULL, &size)) ? size : 0;
}

/* ---- Enumeration ------------------------------------------------------------------------------------------------------------------ */
typedef BOOL (*ON_ENTRY)(PVOID Context, ULONG_PTR Id, PCWSTR Name, SIZE_T Length);

/* Calls back for each entry below Path until it says FALSE, which is ERROR_RESOURCE_ENUM_USER_STOP. */
static BOOL ListEntries(HMODULE Module, const ULONG_PTR *Path, ULONG Levels, ON_ENTRY Call, PVOID Context) {
    for (ULONG n = 0;; n++) {
        UNICODE_STRING name = {0};
        ULONG_PTR id;
        NTSTATUS status = RtlpListResources(ModuleBase(Module), Path, Levels, n, &id, &name);
        if (status == STATUS_NO_MORE_ENTRIES)
            return TRUE;
        if (!BaseResult(status))
            return FALSE;
        PWSTR copy = NULL;
        if (name.Buffer) {
            copy = BaseAllocate(name.Length + sizeof(WCHAR));
            if (!copy)
                return BaseFail(ERROR_NOT_ENOUGH_MEMORY);
            memcpy(copy, name.Buffer, name.Length);
            copy[name.Length / sizeof(WCHAR)] = 0;
        }
        BOOL more = Call(Context, id, copy, name.Length / sizeof(WCHAR));
        BaseFree(copy);
        if (!more)
            return BaseFail(ERROR_RESOURCE_ENUM_USER_STOP);
    }
}

typedef struct _LISTING {
    HMODULE Module;
    PVOID Call;
    LONG_PTR Parameter;
    PVOID Type, Name; /* as the caller gave them */
    BOOL Narrow;
} LISTING;

/* The entry's name in the caller's kind of string. *Copy: to be freed. */
static PVOID NameFor(const LISTING *Listing, ULONG_PTR Id, PCWSTR Name, SIZE_T Length, PSTR *Copy) {
    *Copy = NULL;
    if (!Name)
        return (PVOID)Id;
    if (!Listing->Narrow)
        return (PVOID)Name;
    *Copy = BaseAllocate(Length * 2 + 1);
    if (*Copy)
        BaseNarrow(Name, Length, *Copy, (DWORD)(Length * 2 + 1));
    return *Copy;
}
static BOOL OnType(PVOID Context, ULONG_PTR Id, PCWSTR Name, SIZE_T Length) {
    LISTING *listing = Context;
    PSTR copy;
    PVOID type = NameFor(listing, Id, Name, Length, &copy);
    BOOL more = ((ENUMRESTYPEPROCW)(ULONG_PTR)listing->Call)(listing->Module, type, listing->Parameter);
    BaseFree(copy);
    return more;
}
static BOOL OnName(PVOID Context, ULONG_PTR Id, PCWSTR Name, SIZE_T Length) {
    LISTING *listing = Context;
    PSTR copy;
    PVOID name = NameFor(listing, Id, Name, Length, &copy);
    BOOL more = ((ENUMRESNAMEPROCW)(ULONG_PTR)listing->Call)(listing->Module, listing->Type, name, listing->Parameter);
    BaseFree(copy);
    return more;
}
static BOOL OnLanguage(PVOID Context, ULONG_PTR Id, PCWSTR Name, SIZE_T Length) {
    LISTING *listing = Context;
    return ((ENUMRESLANGPROCW)(ULONG_PTR)listing->Call)(listing->Module, listing->Type, listing->Name, (WORD)Id, listing->Parameter);
}

WINBOOL WINAPI EnumResourceTypesW(HMODULE Module, ENUMRESTYPEPROCW Call, LONG_PTR Parameter) {
    LISTING listing = {.Module = Module, .Call = (PVOID)(ULONG_PTR)Call, .Parameter = Parameter};
    return ListEntries(Module, NULL, 0, OnType, &listing);
}
WINBOOL WINAPI EnumResourceTypesA(HMODULE Module, ENUMRESTYPEPROCA Call, LONG_PTR Parameter) {
    LISTING listing = {.Module = Module, .Call = (PVOID)(ULONG_PTR)Call, .Parameter = Parameter, .Narrow = TRUE};
    return ListEntries(Module, NULL, 0, OnType, &listing);
}
WINBOOL WINAPI EnumResourceNamesW(HMODULE Module, LPCWSTR Type, ENUMRESNAMEPROCW Call, LONG_PTR Parameter) {
    LISTING listing = {.Module = Module, .Call = (PVOID)(ULONG_PTR)Call, .Parameter = Parameter, .Type = (PVOID)Type};
    ULONG_PTR path[1];
    return ResourceKey(Type, &path[0]) && ListEntries(Module, path, 1, OnName, &listing);
}
WINBOOL WINAPI EnumResourceNamesA(HMODULE Module, LPCSTR Type, ENUMRESNAMEPROCA Call, LONG_PTR Parameter) {
    LISTING listing = {.Module = Module, .Call = (PVOID)(ULONG_PTR)Call, .Parameter = Parameter, .Type = (PVOID)Type, .Narrow = TRUE};
    PWSTR type, own;
    ULONG_PTR path[1];
    BOOL done = WideKey(Type, &type, &own) && ResourceKey(type, &path[0]) && ListEntries(Module, path, 1, OnName, &listing);
    BaseFree(own);
    return done;
}
WINBOOL WINAPI EnumResourceLanguagesW(HMODULE Module, LPCWSTR Type, LPCWSTR Name, ENUMRESLANGPROCW Call, LONG_PTR Parameter) {
    LISTING listing = {.Module = Module, .Call = (PVOID)(ULONG_PTR)Call, .Parameter = Parameter, .Type = (PVOID)Type, .Name = (PVOID)Name};
    ULONG_PTR path[2];
    return ResourceKey(Type, &path[0]) && ResourceKey(Name, &path[1]) && ListEntries(Module, path, 2, OnLanguage, &listing);
}
WINBOOL WINAPI EnumResourceLanguagesA(HMODULE Module, LPCSTR Type, LPCSTR Name, ENUMRESLANGPROCA Call, LONG_PTR Parameter) {
    LISTING listing = {.Module = Module, .Call = (PVOID)(ULONG_PTR)Call, .Parameter = Parameter, .Type = (PVOID)Type, .Name = (PVOID)Name};
    PWSTR type, name, own_type, own_name = NULL;
    ULONG_PTR path[2];
    BOOL done = WideKey(Type, &type, &own_type) && WideKey(Name, &name, &own_name) && ResourceKey(type, &path[0]) && ResourceKey(name, &path[1]) &&
                ListEntries(Module, path, 2, OnLanguage, &listing);
    BaseFree(own_type);
    BaseFree(own_name);
    return done;
}
