#include "cm/cm.h"
#include "etw/etw.h"
#include "ex/ex.h"
#include "io/io.h"
#include "kd/kd.h"
#include "ke/init.h"
#include "ke/ke.h"
#include "ldr/ldr.h"
#include "lpc/lpc.h"
#include "mm/mm.h"
#include "mon/mon.h"
#include "ob/ob.h"
#include "pnp/pnp.h"
#include "ps/ps.h"
#include "rtl/crt.h"
#include "rtl/rtl.h"
#include "se/se.h"
#include "vf/vf.h"
#include "wmi/wmi.h"

/*
 * Boot, in two phases as on NT. Phase 0 runs on the boot stack and builds what threads need; then the boot thread becomes the idle thread and
 * phase 1, a system thread, loads the inbox drivers, and runs what the command line names or, in a machine that stays up, becomes its monitor.
 */

hal_machine *KiMachine;
const hal_ops *HalOps;
KUSER_SHARED_DATA *KiSharedData;
PKTHREAD KiMonitorThread;

static const PCSTR InboxDrivers[] = {"null.sys", "condrv.sys", "hostfs.sys", "scm.sys", "npfs.sys", "pci.sys"};

/* The two pages that every process sees: KUSER_SHARED_DATA, and the address that ntdll's stubs jump to. */
static VOID MapSharedPages(VOID) {
    MM_PFN Shared, SystemCall;
    if (!MiAllocateFrames(1, ~0ull, &Shared) || !MiAllocateFrames(1, ~0ull, &SystemCall)) {
        KiFatal("no memory for the shared pages at boot");
    }
    KiSharedData = MiRamAddress(Shared);
    *(ULONG64 *)MiRamAddress(SystemCall) = (ULONG64)(ULONG_PTR)&KiSystemCallEntry;
    HalOps->map(HAL_KUSER_USER, Shared * PAGE_SIZE, PAGE_SIZE, HAL_PROT_READ);
    HalOps->map(HAL_SYSCALL_PAGE, SystemCall * PAGE_SIZE, PAGE_SIZE, HAL_PROT_READ);
}

static DECLSPEC_NORETURN VOID Leave(ULONG ExitStatus) {
    KdFlush();
    VfFlushTrace();
    HalOps->exit(ExitStatus);
    __builtin_unreachable();
}

static VOID LoadInboxDrivers(VOID) {
    for (ULONG I = 0; I < RTL_NUMBER_OF(InboxDrivers); I++) {
        for (ULONG K = 0; K < KiMachine->image_count; K++) {
            if (strcmp(KiMachine->images[K].name, InboxDrivers[I]) != 0) {
                continue;
            }
            if (KiMachine->pci_slots == 0 && strcmp(InboxDrivers[I], "pci.sys") == 0) {
                continue; /* an empty bus needs no driver */
            }
            UNICODE_STRING Name;
            if (!NT_SUCCESS(MonToUnicode(L"", InboxDrivers[I], &Name))) {
                KiFatal("no memory at boot");
            }
            Name.Buffer[Name.Length / sizeof(WCHAR) - 4] = L'\0'; /* without ".sys" */
            NTSTATUS Status = IopLoadBootDriver(Name.Buffer, &KiMachine->images[K]);
            MonFreeString(&Name);
            if (!NT_SUCCESS(Status)) {
                KiFatal("inbox driver %s does not start: 0x%08X", InboxDrivers[I], Status);
            }
        }
    }
}

static VOID NTAPI MonitorThread(PVOID Context) {
    UNREFERENCED_PARAMETER(Context);
    MonServe();
}

/* The command line's own drivers and programs; the machine ends with them. A second thread listens to Ctrl+C meanwhile. */
static DECLSPEC_NORETURN VOID RunCommandLine(VOID) {
    static MON_JOB Job;
    HANDLE Thread;
    if (!NT_SUCCESS(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, MonitorThread, NULL))) {
        KiFatal("the monitor's thread cannot be made");
    }
    ZwClose(Thread);
    Job = (MON_JOB){.Drivers = KiMachine->drivers,
                    .Matches = KiMachine->driver_matches,
                    .DriverCount = KiMachine->driver_count,
                    .Programs = KiMachine->programs,
                    .ProgramCount = KiMachine->program_count};
    MonRunJob(&Job);
    if (Job.Result.Text[0] != '\0') {
        KdFlush();
        VfFlushTrace();
        HalOps->stop(Job.Result.Code, Job.Result.Text);
    }
    Leave(Job.Result.Code);
}

static VOID NTAPI Phase1(PVOID Context) {
    UNREFERENCED_PARAMETER(Context);
    IopCreateRaw();
    LoadInboxDrivers();
    PnpInitSystem();
    if (!KiMachine->stays_up) {
        RunCommandLine();
    }
    IopStartDrivers();
    MonServe();
}

VOID KiInitializeKernel(hal_machine *Machine) {
    KiMachine = Machine;
    HalOps = Machine->ops;
    if (Machine->version != HAL_VERSION) {
        KiFatal("kernel and host were built from different versions");
    }
    Machine->double_fault_stack_top = (ULONG64)(ULONG_PTR)&KiDoubleFaultStack + KI_DOUBLE_FAULT_STACK_SIZE;
    KiInitializeProcessors();
    Machine->trap_entry = (ULONG64)(ULONG_PTR)&KiTrapEntry;
    MiInitializeFrames();
    MiInitializePool();
    MapSharedPages();
    KiInitializeClock();
    ObInitSystem();
    MmInitSystem();
    SeInitSystem();
    LdrInitSystem();
    ExInitSystem();
    LpcInitSystem();
    PsInitSystem();
    CmInitSystem();
    KdInitSystem();
    EtwInitSystem();
    WmiInitSystem();
    IoInitSystem();
    MmCreatePhysicalMemory();
    MonInitSystem();
    KiStartProcessors();
    HANDLE Thread;
    if (!NT_SUCCESS(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Phase1, NULL))) {
        KiFatal("the first system thread cannot be made");
    }
    ZwClose(Thread);
    for (;;) {
        KiIdle();
    }
}
