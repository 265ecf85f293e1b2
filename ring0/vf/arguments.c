/* What drivers pass to the functions of objects, handles, waits and resources ("Bug Check 0xC4: DRIVER_VERIFIER_DETECTED_VIOLATION"). */
#include "etw/etw.h"
#include "ke/ke.h"
#include "mm/mm.h"
#include "ob/ob.h"
#include "ps/ps.h"
#include "vf/vfp.h"

/* ---- Handles ---------------------------------------------------------------------------------------------------------------------- */
static BOOLEAN VfpIsOpen(HANDLE Handle, POBJECT_TYPE Type, NTSTATUS *Status) {
    PVOID Object;

    *Status = ObReferenceObjectByHandle(Handle, 0, Type, KernelMode, &Object, NULL);
    if (NT_SUCCESS(*Status))
        ObfDereferenceObject(Object);
    return NT_SUCCESS(*Status);
}

/*
 * ObReferenceObjectByHandle. What a program has sent is referenced with UserMode, and may be anything; a handle that a driver vouches for with KernelMode is a
 * kernel handle that is open.
 */
VOID VfCheck_handle(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    HANDLE Handle = (HANDLE)Arguments[0];
    ULONG_PTR Type = Arguments[2], Process = (ULONG_PTR)PsGetCurrentProcess();
    KPROCESSOR_MODE Mode = (KPROCESSOR_MODE)Arguments[3];
    NTSTATUS Status;

    if (Handle == NtCurrentProcess() || Handle == NtCurrentThread())
        return;
    if (Mode != KernelMode) {
        if (Process == (ULONG_PTR)PsInitialSystemProcess && ObIsKernelHandle(Handle))
            VfpRefuseArguments(Contract, Arguments, C4, (ULONG_PTR[4]){0xF7, (ULONG_PTR)Handle, Type, (ULONG_PTR)Mode},
                               (PCSTR[3]){"handle", "object type", "access mode"},
                               " with UserMode for a kernel handle in the System process, where no program's handles are: pass KernelMode");
        return;
    }
    if (Handle == NULL)
        VfpRefuseArguments(Contract, Arguments, C4, (ULONG_PTR[4]){0xF5, (ULONG_PTR)Handle, Type}, (PCSTR[3]){"handle", "object type", ""},
                           " with KernelMode for the handle NULL");
    if (!VfpIsOpen(Handle, (POBJECT_TYPE)Type, &Status))
        VfpRefuseArguments(Contract, Arguments, C4, (ULONG_PTR[4]){0x3C, (ULONG_PTR)Handle, Type}, (PCSTR[3]){"handle", "object type", ""},
                           Status == STATUS_OBJECT_TYPE_MISMATCH ? " with KernelMode for a handle of an object of another type"
                                                                 : " with KernelMode for a handle that is not open");
    if (Process != (ULONG_PTR)PsInitialSystemProcess && !ObIsKernelHandle(Handle))
        VfpRefuseArguments(
            Contract, Arguments, C4, (ULONG_PTR[4]){0xF6, (ULONG_PTR)Handle, Process, Arguments[-1]},
            (PCSTR[3]){"handle", "process", "address in the driver"},
            " with KernelMode for a handle of a program's, which the program may close or replace: pass UserMode, or open the object with "
            "OBJ_KERNEL_HANDLE");
}

/* A regular registration handle: what has been unregistered is none any more. */
VOID VfCheck_etw(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    if (!EtwIsRegistered(Arguments[0]))
        VfpRefuseArguments(Contract, Arguments, C4, (ULONG_PTR[4]){0xDC}, (PCSTR[3]){"", "", ""},
                           " for a handle that EtwRegister did not give, or no more");
}

/* ---- Names that Zw functions get ---------------------------------------------------------------------------------------------------- */
static VOID VfpCheckAddress(const VF_CONTRACT *Contract, const ULONG64 *Arguments, const VOID *Address) {
    if (Address != NULL && (ULONG_PTR)Address < HAL_USER_END)
        VfpRefuseArguments(Contract, Arguments, C4, (ULONG_PTR[4]){0xE3, Arguments[-1], (ULONG_PTR)Address},
                           (PCSTR[3]){"address of the call", "address", ""},
                           " with an address of user space, which Zw functions take for one of the kernel's: copy what is there first");
}

/* MmIsAddressValid and nothing else: a string may be in pageable memory that is away. */
static VOID VfpCheckString(const VF_CONTRACT *Contract, const ULONG64 *Arguments, PCUNICODE_STRING String) {
    if (String == NULL)
        return;
    VfpCheckAddress(Contract, Arguments, String);
    if (!MmIsRangeAccessible((PVOID)(ULONG_PTR)String, sizeof(*String), FALSE))
        return;
    VfpCheckAddress(Contract, Arguments, String->Buffer);
    if ((String->Length & 1) != 0 || String->Length > String->MaximumLength || (String->Length != 0 && String->Buffer == NULL))
        VfpRefuseArguments(Contract, Arguments, C4, (ULONG_PTR[4]){0xE4, Arguments[-1], (ULONG_PTR)String},
                           (PCSTR[3]){"address of the call", "UNICODE_STRING", ""},
                           " with a malformed UNICODE_STRING: Length is even, in bytes, and not more than MaximumLength");
}

VOID VfCheck_names(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    for (ULONG I = 0; Contract->Arguments[I] != '\0'; I++) {
        POBJECT_ATTRIBUTES Attributes = (POBJECT_ATTRIBUTES)Arguments[I];

        if (Contract->Arguments[I] == 'U')
            VfpCheckString(Contract, Arguments, (PCUNICODE_STRING)Arguments[I]);
        if (Contract->Arguments[I] != 'O' || Attributes == NULL)
            continue;
        VfpCheckAddress(Contract, Arguments, Attributes);
        if (MmIsRangeAccessible(Attributes, sizeof(*Attributes), FALSE))
            VfpCheckString(Contract, Arguments, Attributes->ObjectName);
    }
}

/* ---- Objects that threads wait for -------------------------------------------------------------------------------------------------- */
static VOID VfpCheckResident(const VF_CONTRACT *Contract, const ULONG64 *Arguments, PVOID Object) {
    if (VfpIsPageable(Object))
        VfpRefuseArguments(Contract, Arguments, C4, (ULONG_PTR[4]){0xE1, (ULONG_PTR)Object}, (PCSTR[3]){"object", "", ""},
                           " for an object in paged pool, where the kernel cannot touch it at DISPATCH_LEVEL: allocate it from nonpaged pool");
}

/* The first argument is the object, which the kernel touches at DISPATCH_LEVEL. */
VOID VfCheck_object(const VF_CONTRACT *Contract, const ULONG64 *Arguments) { VfpCheckResident(Contract, Arguments, (PVOID)Arguments[0]); }

static VOID VfpCheckWaitObject(const VF_CONTRACT *Contract, const ULONG64 *Arguments, PVOID Object, KPROCESSOR_MODE Mode) {
    PKTHREAD Thread = KiCurrentThread();

    VfpCheckResident(Contract, Arguments, Object);
    if (Mode == UserMode && (ULONG_PTR)Object < Thread->StackTop && (ULONG_PTR)Object >= (ULONG_PTR)Arguments)
        VfpRefuseArguments(Contract, Arguments, C4, (ULONG_PTR[4]){0x123, (ULONG_PTR)Object}, (PCSTR[3]){"object", "", ""},
                           " with UserMode for an object on the kernel stack, which may be paged out meanwhile: pass KernelMode");
}

VOID VfCheck_wait(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    VfpCheckWaitObject(Contract, Arguments, (PVOID)Arguments[0], (KPROCESSOR_MODE)Arguments[2]);
}

VOID VfCheck_waits(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    PVOID *Objects = (PVOID *)Arguments[1];

    for (ULONG I = 0; I < (ULONG)Arguments[0] && I < MAXIMUM_WAIT_OBJECTS; I++)
        VfpCheckWaitObject(Contract, Arguments, Objects[I], (KPROCESSOR_MODE)Arguments[4]);
}

VOID VfCheck_workitem(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    if (VfpIsPageable((PVOID)Arguments[0]))
        VfpRefuseArguments(Contract, Arguments, C4, (ULONG_PTR[4]){0x131, Arguments[0]}, (PCSTR[3]){"work item", "", ""},
                           " for a work item in paged pool: allocate it from nonpaged pool");
}

/* ---- Resources ---------------------------------------------------------------------------------------------------------------------- */
VOID VfCheck_resource(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    PERESOURCE Resource = (PERESOURCE)Arguments[0];

    if ((ULONG_PTR)Resource % __alignof(ULONG64) != 0)
        VfpRefuseArguments(Contract, Arguments, C4, (ULONG_PTR[4]){0x3D, 0, 0, (ULONG_PTR)Resource}, (PCSTR[3]){"", "", "resource"},
                           " for a resource that is not aligned: its address is a multiple of 8");
}

/* ExInitializeResourceLite. */
VOID VfCheck_newresource(const VF_CONTRACT *Contract, const ULONG64 *Arguments) {
    VfCheck_resource(Contract, Arguments);
    VfCheck_object(Contract, Arguments);
}
