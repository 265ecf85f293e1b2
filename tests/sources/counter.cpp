/* A driver in C++ as Visual C++ takes it: classes with virtual functions, templates, placement new, lambdas, SEH, the kit's overloads, names of headers in any case. */
#include <NtIfs.h>
#include <NTDDK.H>
#include "Shared\counter.h"

constexpr ULONG Tag = 'tnuC';

void *operator new(size_t Size, POOL_TYPE Type) { return ExAllocatePoolWithTag(Type, Size, Tag); }
void *operator new(size_t, void *Place) { return Place; }
void operator delete(void *Block, size_t) { ExFreePoolWithTag(Block, Tag); }

class FastLock {
    FAST_MUTEX Mutex;

public:
    FastLock() { ExInitializeFastMutex(&Mutex); }
    void Lock() { ExAcquireFastMutex(&Mutex); }
    void Unlock() { ExReleaseFastMutex(&Mutex); }
};

template <typename T> struct Locked {
    explicit Locked(T &Which) : Which(Which) { Which.Lock(); }
    ~Locked() { Which.Unlock(); }
    T &Which;
};

struct Counter {
    virtual ULONG Add(ULONG Count) = 0;
    virtual ~Counter() { DbgPrint("counter gone\n"); }
};

class LockedCounter : public Counter {
    FastLock Lock;
    ULONG Total = 0;

public:
    ULONG Add(ULONG Count) override {
        Locked Guard(Lock);
        return Total += Count;
    }
};

static Counter *TheCounter;
static const WCHAR LinkName[] = L"\\??\\" COUNTER_NAME;
DRIVER_DISPATCH Open, Control;
DRIVER_UNLOAD Unload;

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status = STATUS_SUCCESS, ULONG_PTR Information = 0) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

_Use_decl_annotations_ NTSTATUS Open(PDEVICE_OBJECT, PIRP Irp) { return Complete(Irp); }

static NTSTATUS Fill(CounterTotal *Out) {
    PEPROCESS Process = nullptr;
    KAPC_STATE State;
    auto Status = PsLookupProcessByProcessId(PsGetCurrentProcessId(), &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    KeStackAttachProcess(Process, &State); /* no cast: PEPROCESS is PRKPROCESS after ntifs.h */
    __try {
        ProbeForWrite(Out, sizeof(*Out), 1);
        Out->Calls = TheCounter->Add(0);
        wcscpy_s(Out->Who, L"counter.cpp");
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    KeUnstackDetachProcess(&State);
    ObDereferenceObject(Process);
    return Status;
}

_Use_decl_annotations_ NTSTATUS Control(PDEVICE_OBJECT, PIRP Irp) {
    auto &Parameters = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl;
    switch (Parameters.IoControlCode) {
    case COUNTER_ADD: {
        if (Parameters.InputBufferLength < sizeof(ULONG))
            return Complete(Irp, STATUS_BUFFER_TOO_SMALL);
        auto Add = [=](auto Count) { return TheCounter->Add(Count); };
        KdPrint((__FUNCTION__ ": now %u\n", Add(*static_cast<ULONG *>(Irp->AssociatedIrp.SystemBuffer))));
        return Complete(Irp);
    }
    case COUNTER_TOTAL: return Complete(Irp, Fill(static_cast<CounterTotal *>(Irp->UserBuffer)));
    }
    return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST);
}

_Use_decl_annotations_ void Unload(PDRIVER_OBJECT Driver) {
    UNICODE_STRING Link = RTL_CONSTANT_STRING(LinkName);
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(Driver->DeviceObject);
    delete TheCounter;
}

extern "C" NTSTATUS DriverEntry(__in PDRIVER_OBJECT Driver, __in PUNICODE_STRING) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\" COUNTER_NAME), Link = RTL_CONSTANT_STRING(LinkName);
    PDEVICE_OBJECT Device = nullptr;
    alignas(LockedCounter) UCHAR Place[sizeof(LockedCounter)];
    auto Local = new (Place) LockedCounter;
    NT_VERIFY(Local->Add(3) == 3);

    TheCounter = new (NonPagedPoolNx) LockedCounter;
    if (!TheCounter)
        return STATUS_INSUFFICIENT_RESOURCES;
    Driver->MajorFunction[IRP_MJ_CREATE] = Driver->MajorFunction[IRP_MJ_CLOSE] = Open;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    Driver->DriverUnload = Unload;
    auto Status = IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    return NT_SUCCESS(Status) ? IoCreateSymbolicLink(&Link, &Name) : Status;
}
