/* Functions that a program makes at run time, and how it describes them: by a table, by one that grows, or by a callback. */
#include "ntdllp.h"

typedef struct _FUNCTION_TABLE {
    struct _FUNCTION_TABLE *Next;
    PVOID Identifier; /* what it is deleted by */
    ULONG64 Base;
    ULONG64 End; /* of the range that a callback or a growing table describes; 0: wherever its functions are */
    PRUNTIME_FUNCTION Functions;
    ULONG Count;
    ULONG MaximumCount;
    PGET_RUNTIME_FUNCTION_CALLBACK Callback;
    PVOID Context;
} FUNCTION_TABLE;

static FUNCTION_TABLE *FunctionTables;

static PRUNTIME_FUNCTION FindInTable(const FUNCTION_TABLE *Table, ULONG64 ControlPc) {
    if (Table->End != 0 && (ControlPc < Table->Base || ControlPc >= Table->End))
        return NULL;
    if (Table->Callback)
        return Table->Callback(ControlPc, Table->Context);
    for (ULONG n = 0; n < Table->Count; n++) {
        PRUNTIME_FUNCTION function = &Table->Functions[n];
        if (ControlPc >= Table->Base + function->BeginAddress && ControlPc < Table->Base + function->EndAddress)
            return function;
    }
    return NULL;
}

PRUNTIME_FUNCTION RtlpFindDynamicFunction(ULONG64 ControlPc, PULONG64 ImageBase) {
    for (FUNCTION_TABLE *table = FunctionTables; table; table = table->Next) {
        PRUNTIME_FUNCTION function = FindInTable(table, ControlPc);
        if (function) {
            *ImageBase = table->Base;
            return function;
        }
    }
    return NULL;
}

static FUNCTION_TABLE *AddTable(const FUNCTION_TABLE *Table) {
    FUNCTION_TABLE *table = RtlpAllocate(sizeof *table);
    if (!table)
        return NULL;
    *table = *Table;
    if (!table->Identifier)
        table->Identifier = table;
    RtlEnterCriticalSection(&LdrpLoaderLock);
    table->Next = FunctionTables;
    FunctionTables = table;
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    return table;
}

static BOOLEAN DeleteTable(PVOID Identifier) {
    RtlEnterCriticalSection(&LdrpLoaderLock);
    FUNCTION_TABLE **at = &FunctionTables;
    while (*at && (*at)->Identifier != Identifier)
        at = &(*at)->Next;
    FUNCTION_TABLE *table = *at;
    if (table)
        *at = table->Next;
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    RtlpFree(table);
    return table != NULL;
}

BOOLEAN __cdecl RtlAddFunctionTable(PRUNTIME_FUNCTION Functions, DWORD Count, DWORD64 Base) {
    FUNCTION_TABLE table = {.Identifier = Functions, .Functions = Functions, .Count = Count, .Base = Base};
    return AddTable(&table) != NULL;
}

BOOLEAN __cdecl RtlDeleteFunctionTable(PRUNTIME_FUNCTION Functions) { return DeleteTable(Functions); }

/* The two low bits of an identifier keep it apart from a table's address. The DLL is for a debugger. */
BOOLEAN __cdecl RtlInstallFunctionTableCallback(DWORD64 Identifier, DWORD64 Base, DWORD Length, PGET_RUNTIME_FUNCTION_CALLBACK Callback,
                                                PVOID Context, PCWSTR OutOfProcessDll) {
    FUNCTION_TABLE table = {.Identifier = (PVOID)Identifier, .Base = Base, .End = Base + Length, .Callback = Callback, .Context = Context};
    return (Identifier & 3) == 3 && AddTable(&table) != NULL;
}

DWORD NTAPI RtlAddGrowableFunctionTable(PVOID *Table, PRUNTIME_FUNCTION Functions, DWORD Count, DWORD MaximumCount, ULONG_PTR Base, ULONG_PTR End) {
    FUNCTION_TABLE table = {.Base = Base, .End = End, .Functions = Functions, .Count = Count, .MaximumCount = MaximumCount};
    *Table = AddTable(&table);
    return *Table ? STATUS_SUCCESS : (DWORD)STATUS_NO_MEMORY;
}

/* Entries are written before they are counted, so that whoever looks one up meanwhile sees it whole or not at all. */
VOID NTAPI RtlGrowFunctionTable(PVOID Table, DWORD NewCount) {
    FUNCTION_TABLE *table = Table;
    if (NewCount <= table->MaximumCount)
        table->Count = NewCount;
}

VOID NTAPI RtlDeleteGrowableFunctionTable(PVOID Table) { DeleteTable(Table); }
