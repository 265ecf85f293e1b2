/*
 * What programs need of COM where there is none: apartments, memory, identifiers and their text. No class is registered, so that nothing can be created; the errors
 * are those of "CoInitializeEx", "CoCreateInstance" and "CLSIDFromString" (learn.microsoft.com).
 */
#define _OLE32_
#include "ntdll.h"
#define COM_NO_WINDOWS_H
#include <objbase.h>
#include <rpc.h>

/* ---- Apartments: a thread's slot holds how often it has come in, and whether into an apartment of its own (the lowest bit) ---- */
static DWORD Slot = TLS_OUT_OF_INDEXES;

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved);
BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved) {
    if (Reason == DLL_PROCESS_ATTACH)
        Slot = TlsAlloc();
    else if (Reason == DLL_PROCESS_DETACH && !Reserved)
        TlsFree(Slot);
    return Slot != TLS_OUT_OF_INDEXES;
}

HRESULT WINAPI CoInitializeEx(LPVOID Reserved, DWORD Flags) {
    ULONG_PTR state = (ULONG_PTR)TlsGetValue(Slot), single = Flags & COINIT_APARTMENTTHREADED ? 1 : 0;
    if (Reserved || Flags & ~(DWORD)(COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE | COINIT_SPEED_OVER_MEMORY))
        return E_INVALIDARG;
    if (state && (state & 1) != single)
        return RPC_E_CHANGED_MODE;
    TlsSetValue(Slot, (PVOID)((state | single) + 2));
    return state ? S_FALSE : S_OK;
}
HRESULT WINAPI CoInitialize(LPVOID Reserved) { return CoInitializeEx(Reserved, COINIT_APARTMENTTHREADED); }
VOID WINAPI CoUninitialize(VOID) {
    ULONG_PTR state = (ULONG_PTR)TlsGetValue(Slot);
    if (state)
        TlsSetValue(Slot, state >= 4 ? (PVOID)(state - 2) : NULL);
}

/* ---- Objects: there are none ---- */
HRESULT WINAPI CoCreateInstance(REFCLSID Class, LPUNKNOWN Outer, DWORD Context, REFIID Interface, LPVOID *Object) {
    if (!Object)
        return E_POINTER;
    *Object = NULL;
    return TlsGetValue(Slot) ? REGDB_E_CLASSNOTREG : CO_E_NOTINITIALIZED;
}
HRESULT WINAPI CoGetClassObject(REFCLSID Class, DWORD Context, LPVOID Server, REFIID Interface, LPVOID *Object) {
    if (!Object)
        return E_INVALIDARG;
    *Object = NULL;
    return TlsGetValue(Slot) ? REGDB_E_CLASSNOTREG : CO_E_NOTINITIALIZED;
}

/* ---- Memory ---- */
LPVOID WINAPI CoTaskMemAlloc(SIZE_T Size) { return RtlAllocateHeap(NtPeb()->ProcessHeap, 0, Size); }
VOID WINAPI CoTaskMemFree(LPVOID Block) {
    if (Block)
        RtlFreeHeap(NtPeb()->ProcessHeap, 0, Block);
}
LPVOID WINAPI CoTaskMemRealloc(LPVOID Block, SIZE_T Size) {
    if (!Block)
        return CoTaskMemAlloc(Size);
    if (Size)
        return RtlReAllocateHeap(NtPeb()->ProcessHeap, 0, Block, Size);
    CoTaskMemFree(Block);
    return NULL;
}

/* ---- Identifiers ---- */
#define GUID_CHARACTERS 38 /* {01234567-0123-0123-0123-0123456789AB} */

HRESULT WINAPI CoCreateGuid(GUID *Guid) { return Guid ? HRESULT_FROM_WIN32(UuidCreate(Guid)) : E_INVALIDARG; }

int WINAPI StringFromGUID2(REFGUID Guid, LPOLESTR Text, int Room) {
    UNICODE_STRING text;
    if (Room <= GUID_CHARACTERS || !NT_SUCCESS(RtlStringFromGUID(Guid, &text)))
        return 0;
    memcpy(Text, text.Buffer, (GUID_CHARACTERS + 1) * sizeof(WCHAR));
    RtlFreeUnicodeString(&text);
    return GUID_CHARACTERS + 1;
}
HRESULT WINAPI StringFromCLSID(REFCLSID Class, LPOLESTR *Text) {
    *Text = CoTaskMemAlloc((GUID_CHARACTERS + 1) * sizeof(WCHAR));
    if (!*Text)
        return E_OUTOFMEMORY;
    StringFromGUID2(Class, *Text, GUID_CHARACTERS + 1);
    return S_OK;
}
HRESULT WINAPI StringFromIID(REFIID Interface, LPOLESTR *Text) { return StringFromCLSID(Interface, Text); }

static BOOL ParseGuid(LPCOLESTR Text, GUID *Guid) {
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, Text);
    return text.Length == GUID_CHARACTERS * sizeof(WCHAR) && NT_SUCCESS(RtlGUIDFromString(&text, Guid));
}
/* A name that is no identifier is one of a program, of which none is registered. */
HRESULT WINAPI CLSIDFromString(LPCOLESTR Text, LPCLSID Class) {
    if (!Class)
        return E_INVALIDARG;
    memset(Class, 0, sizeof *Class);
    return !Text || ParseGuid(Text, Class) ? S_OK : CO_E_CLASSSTRING;
}
HRESULT WINAPI CLSIDFromProgID(LPCOLESTR Name, LPCLSID Class) {
    if (!Name || !Class)
        return E_INVALIDARG;
    memset(Class, 0, sizeof *Class);
    return CO_E_CLASSSTRING;
}
HRESULT WINAPI IIDFromString(LPCOLESTR Text, LPIID Interface) {
    if (!Interface)
        return E_INVALIDARG;
    memset(Interface, 0, sizeof *Interface);
    return !Text || ParseGuid(Text, Interface) ? S_OK : E_INVALIDARG;
}
