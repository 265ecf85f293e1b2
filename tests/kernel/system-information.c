/* ZwQuerySystemInformation as drivers use it: the lists that they walk, and the protocol of lengths. */
#include "kernel/more.h"

NTSTATUS NTAPI ZwQuerySystemInformation(ULONG, PVOID, ULONG, PULONG);
NTSTATUS NTAPI ZwSetSystemInformation(ULONG, PVOID, ULONG);
PVOID NTAPI RtlFindExportedRoutineByName(PVOID, PCSTR);

typedef struct _MODULE { /* RTL_PROCESS_MODULE_INFORMATION */
    HANDLE Section;
    PVOID MappedBase, ImageBase;
    ULONG ImageSize, Flags;
    USHORT LoadOrderIndex, InitOrderIndex, LoadCount, OffsetToFileName;
    CHAR FullPathName[256];
} MODULE;
typedef struct _MODULES {
    ULONG NumberOfModules;
    MODULE Modules[1];
} MODULES;
typedef struct _MODULE_EX {
    USHORT NextOffset;
    MODULE Base;
    ULONG Checksum, TimeDateStamp;
    PVOID DefaultBase;
} MODULE_EX;
typedef struct _THREAD_ENTRY { /* SYSTEM_THREAD_INFORMATION */
    LARGE_INTEGER Times[3];
    ULONG WaitTime;
    PVOID StartAddress;
    CLIENT_ID ClientId;
    LONG Priority, BasePriority;
    ULONG ContextSwitches, ThreadState, WaitReason;
} THREAD_ENTRY;
typedef struct _PROCESS_ENTRY { /* SYSTEM_PROCESS_INFORMATION */
    ULONG NextEntryOffset, NumberOfThreads;
    LARGE_INTEGER Times[6];
    UNICODE_STRING ImageName;
    LONG BasePriority;
    HANDLE UniqueProcessId, InheritedFromUniqueProcessId;
    ULONG HandleCount, SessionId;
    ULONG_PTR Rest[19];
    THREAD_ENTRY Threads[1];
} PROCESS_ENTRY;
C_ASSERT(FIELD_OFFSET(PROCESS_ENTRY, Threads) == 0x100);
typedef struct _HANDLE_ENTRY {
    USHORT UniqueProcessId, CreatorBackTraceIndex;
    UCHAR ObjectTypeIndex, HandleAttributes;
    USHORT HandleValue;
    PVOID Object;
    ULONG GrantedAccess;
} HANDLE_ENTRY;
typedef struct _HANDLE_EX {
    PVOID Object;
    ULONG_PTR UniqueProcessId, HandleValue;
    ULONG GrantedAccess;
    USHORT CreatorBackTraceIndex, ObjectTypeIndex;
    ULONG HandleAttributes, Reserved;
} HANDLE_EX;
typedef struct _TAG_ENTRY {
    ULONG Tag;
    struct {
        ULONG Allocs, Frees;
        SIZE_T Used;
    } Paged, NonPaged;
} TAG_ENTRY;

#define TAG 'qSeT'

static PVOID Query(ULONG Class, PULONG Size) { /* as drivers do it: ask, allocate, ask again */
    ULONG Needed = 0;
    PVOID Buffer;
    if (ZwQuerySystemInformation(Class, NULL, 0, &Needed) != STATUS_INFO_LENGTH_MISMATCH || Needed == 0)
        return NULL;
    Needed += 0x1000;
    Buffer = ExAllocatePoolWithTag(PagedPool, Needed, TAG);
    if (Buffer && !NT_SUCCESS(ZwQuerySystemInformation(Class, Buffer, Needed, Size))) {
        ExFreePool(Buffer);
        Buffer = NULL;
    }
    return Buffer;
}

static VOID Free(PVOID Buffer) {
    if (Buffer)
        ExFreePool(Buffer);
}

static VOID TestModules(PDRIVER_OBJECT Driver) {
    ULONG Size, Count = 0;
    MODULES *Modules = Query(11, &Size);
    MODULE *Own = NULL;
    PVOID Kernel = NULL;
    ok(Modules != NULL, "SystemModuleInformation");
    if (!Modules)
        return;
    is(Size, FIELD_OFFSET(MODULES, Modules) + Modules->NumberOfModules * sizeof(MODULE), "its size");
    ok(strcmp(Modules->Modules[0].FullPathName + Modules->Modules[0].OffsetToFileName, "ntoskrnl.exe") == 0, "the kernel is the first");
    Kernel = Modules->Modules[0].ImageBase;
    ok(*(PUSHORT)Kernel == 0x5A4D, "an image is at its base");
    ok(RtlFindExportedRoutineByName(Kernel, "MmGetSystemRoutineAddress") == MmGetSystemRoutineAddress(U("MmGetSystemRoutineAddress")), "and exports");
    for (ULONG i = 0; i < Modules->NumberOfModules; i++)
        if (Modules->Modules[i].ImageBase == Driver->DriverStart)
            Own = &Modules->Modules[i];
    ok(Own && Own->ImageSize == Driver->DriverSize && strcmp(Own->FullPathName + Own->OffsetToFileName, "system-information.sys") == 0,
       "and this driver");
    MODULE_EX *Ex = Query(77, &Size), *At = Ex;
    ok(Ex != NULL, "SystemModuleInformationEx");
    for (; At && At->NextOffset; At = (PVOID)((PUCHAR)At + At->NextOffset))
        Count++;
    is(Count, Modules->NumberOfModules, "has as many");
    is(Size, Count * sizeof(MODULE_EX) + sizeof(USHORT), "and an end");
    Free(Ex);
    ExFreePool(Modules);
}

static VOID TestProcesses(VOID) {
    ULONG Size, Found = 0, OwnThread = 0;
    PROCESS_ENTRY *Entries = Query(5, &Size), *Entry = Entries;
    ok(Entries != NULL, "SystemProcessInformation");
    if (!Entries)
        return;
    ok(Entry->UniqueProcessId == NULL && Entry->ImageName.Buffer == NULL && Entry->NumberOfThreads == (ULONG)KeNumberProcessors,
       "first the idle process");
    for (;;) {
        if (Entry->UniqueProcessId == PsGetCurrentProcessId()) {
            Found++;
            ok(RtlEqualUnicodeString(&Entry->ImageName, U("System"), FALSE), "the System process, with its name");
            ok(Entry->HandleCount != 0 && Entry->NumberOfThreads > 1, "handles and threads");
            for (ULONG i = 0; i < Entry->NumberOfThreads; i++)
                OwnThread += Entry->Threads[i].ClientId.UniqueThread == PsGetCurrentThreadId() && Entry->Threads[i].ThreadState == 2;
        }
        if (!Entry->NextEntryOffset)
            break;
        Entry = (PVOID)((PUCHAR)Entry + Entry->NextEntryOffset);
    }
    is(Found, 1, "once");
    is(OwnThread, 1, "this thread among them, running");
    ok((ULONG)((PUCHAR)Entry - (PUCHAR)Entries) < Size, "the last within the size");
    ExFreePool(Entries);
}

static VOID TestHandles(VOID) {
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Event;
    PVOID Object = NULL;
    ULONG Size, Found = 0, FoundEx = 0;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE), 0, "an event");
    ObReferenceObjectByHandle(Event, 0, *ExEventObjectType, KernelMode, &Object, NULL);
    PUCHAR Handles = Query(16, &Size), HandlesEx = Query(64, &Size);
    ok(Handles && HandlesEx, "SystemHandleInformation and SystemExtendedHandleInformation");
    if (Handles && HandlesEx) {
        HANDLE_ENTRY *Entry = (PVOID)(Handles + 8);
        HANDLE_EX *Ex = (PVOID)(HandlesEx + 16);
        for (ULONG i = 0; i < *(PULONG)Handles; i++)
            Found += Entry[i].Object == Object && Entry[i].UniqueProcessId == 4 && Entry[i].GrantedAccess == EVENT_ALL_ACCESS &&
                     Entry[i].HandleValue == (USHORT)(ULONG_PTR)Event;
        for (ULONG_PTR i = 0; i < *(PULONG_PTR)HandlesEx; i++)
            FoundEx += Ex[i].Object == Object && Ex[i].UniqueProcessId == 4 && (Ex[i].HandleValue | 0xFFFFFFFF80000000ull) == (ULONG_PTR)Event;
    }
    is(Found, 1, "the event's handle is in the one");
    is(FoundEx, 1, "and in the other");
    ObDereferenceObject(Object);
    ZwClose(Event);
    Free(Handles);
    Free(HandlesEx);
}

static VOID TestPool(VOID) {
    PVOID Big = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, 'giBT'), Small = ExAllocatePoolWithTag(PagedPool, 40, 'llST');
    ULONG Size, Found = 0, FoundBig = 0;
    PUCHAR Tags = Query(22, &Size), Blocks = Query(66, &Size);
    ok(Tags && Blocks, "SystemPoolTagInformation and SystemBigPoolInformation");
    if (Tags && Blocks) {
        TAG_ENTRY *Entry = (PVOID)(Tags + 8);
        struct {
            ULONG_PTR Address;
            SIZE_T Size;
            ULONG Tag;
        } *Block = (PVOID)(Blocks + 8);
        for (ULONG i = 0; i < *(PULONG)Tags; i++) {
            Found += Entry[i].Tag == 'giBT' && Entry[i].NonPaged.Allocs - Entry[i].NonPaged.Frees == 1 && Entry[i].NonPaged.Used == 3 * PAGE_SIZE;
            Found += Entry[i].Tag == 'llST' && Entry[i].Paged.Allocs - Entry[i].Paged.Frees == 1 && Entry[i].Paged.Used >= 40;
        }
        for (ULONG i = 0; i < *(PULONG)Blocks; i++)
            FoundBig += Block[i].Address == ((ULONG_PTR)Big | 1) && Block[i].Tag == 'giBT' && Block[i].Size == 3 * PAGE_SIZE;
    }
    is(Found, 2, "blocks by their tags");
    is(FoundBig, 1, "and a block of pages");
    ExFreePool(Big);
    ExFreePool(Small);
    Free(Tags);
    Free(Blocks);
}

static VOID TestFixed(VOID) {
    UCHAR Buffer[0x200];
    ULONG Size = 0;
    const struct {
        ULONG Class, Size;
        PCSTR Name;
    } Fixed[] = {{0, 0x40, "SystemBasicInformation"},
                 {1, 0x0C, "SystemProcessorInformation"},
                 {7, 0x18, "SystemDeviceInformation"},
                 {24, 0x14, "SystemDpcBehaviorInformation"},
                 {28, 0x0C, "SystemTimeAdjustmentInformation"},
                 {35, 2, "SystemKernelDebuggerInformation"},
                 {90, 0x20, "SystemBootEnvironmentInformation"},
                 {103, 8, "SystemCodeIntegrityInformation"},
                 {145, 2, "SystemSecureBootInformation"},
                 {149, 3, "SystemKernelDebuggerInformationEx"}};
    for (ULONG i = 0; i < RTL_NUMBER_OF(Fixed); i++) {
        Size = 0;
        STATUS(ZwQuerySystemInformation(Fixed[i].Class, Buffer, Fixed[i].Size + 1, &Size), STATUS_INFO_LENGTH_MISMATCH, Fixed[i].Name);
        is(Size, Fixed[i].Size, "what it needs");
        STATUS(ZwQuerySystemInformation(Fixed[i].Class, Buffer, Fixed[i].Size, NULL), 0, "and gets");
    }
    STATUS(ZwQuerySystemInformation(2, Buffer, 0x158, &Size), 0, "SystemPerformanceInformation");
    is(Size, 0x158, "of this Windows");
    ok(((PULONG)Buffer)[11] != 0 && ((PULONG)Buffer)[11] < ((PULONG)Buffer)[13], "fewer pages are available than can be committed");
    STATUS(ZwQuerySystemInformation(2, Buffer, 0x138, &Size), 0, "and of older ones");
    STATUS(ZwQuerySystemInformation(8, Buffer, sizeof Buffer, &Size), 0, "SystemProcessorPerformanceInformation");
    is(Size, 0x30 * (ULONG)KeNumberProcessors, "each processor");
    STATUS(ZwQuerySystemInformation(23, Buffer, sizeof Buffer, &Size), 0, "SystemInterruptInformation");
    ok(Size == 0x18 * (ULONG)KeNumberProcessors && *(PULONG)Buffer != 0, "switches of threads");
    STATUS(ZwQuerySystemInformation(73, Buffer, sizeof Buffer, &Size), 0, "SystemLogicalProcessorInformation");
    is(*(PULONG_PTR)Buffer, 1, "of the first processor");
    STATUS(ZwQuerySystemInformation(17, Buffer, sizeof Buffer, &Size), STATUS_UNSUCCESSFUL, "SystemObjectInformation: the flag is not set");
    STATUS(ZwQuerySystemInformation(4, Buffer, sizeof Buffer, &Size), STATUS_INVALID_INFO_CLASS, "a class that is not there");
    struct {
        HANDLE Id;
        UNICODE_STRING Name;
    } Named = {(HANDLE)0x77770, {0, sizeof Buffer, (PWSTR)Buffer}};
    STATUS(ZwQuerySystemInformation(88, &Named, sizeof Named, NULL), STATUS_INVALID_CID, "SystemProcessIdInformation: no such process");
    Named.Id = (HANDLE)4;
    STATUS(ZwQuerySystemInformation(88, &Named, sizeof Named, NULL), 0, "of System");
    is(Named.Name.Length, 0, "which has no image");
}

/* ---- A driver's own firmware tables ---- */
typedef struct _TABLE {
    ULONG Signature, Action, Id, Length;
    UCHAR Buffer[16];
} TABLE;

static NTSTATUS __cdecl GiveTable(TABLE *Table) {
    ULONG Room = Table->Length;
    Table->Length = 8;
    if (Room < 8)
        return STATUS_BUFFER_TOO_SMALL;
    RtlFillMemory(Table->Buffer, 8, (UCHAR)Table->Id);
    return STATUS_SUCCESS;
}

static VOID TestFirmware(PDRIVER_OBJECT Driver) {
    struct {
        ULONG Signature;
        BOOLEAN Register;
        NTSTATUS(__cdecl *Routine)(TABLE *);
        PVOID Driver;
    } Handler = {'TEST', TRUE, GiveTable, Driver};
    TABLE Table = {'RSMB', 1, 0, sizeof Table.Buffer, {0}};
    ULONG Size = 0;
    STATUS(ZwQuerySystemInformation(76, &Table, sizeof Table, &Size), STATUS_NOT_IMPLEMENTED, "SystemFirmwareTableInformation: there is no SMBIOS");
    Table.Signature = 'TEST';
    STATUS(ZwSetSystemInformation(75, &Handler, sizeof Handler), 0, "a driver provides tables");
    STATUS(ZwSetSystemInformation(75, &Handler, sizeof Handler), STATUS_OBJECT_NAME_EXISTS, "once");
    Table.Id = 0x5A;
    STATUS(ZwQuerySystemInformation(76, &Table, sizeof Table, &Size), 0, "and is asked for one");
    ok(Size == 16 + 8 && Table.Length == 8 && Table.Buffer[7] == 0x5A && Table.Buffer[8] == 0, "which it gives");
    Table.Length = 4;
    STATUS(ZwQuerySystemInformation(76, &Table, sizeof Table, &Size), STATUS_BUFFER_TOO_SMALL, "into little room");
    is(Size, 16 + 8, "it says how much it needs");
    Handler.Register = FALSE;
    STATUS(ZwSetSystemInformation(75, &Handler, sizeof Handler), 0, "it takes them back");
    STATUS(ZwQuerySystemInformation(76, &Table, sizeof Table, &Size), STATUS_NOT_IMPLEMENTED, "and there are none");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestModules(DriverObject);
    TestProcesses();
    TestHandles();
    TestPool();
    TestFixed();
    TestFirmware(DriverObject);
}
