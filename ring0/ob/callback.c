/*
 * ObRegisterCallbacks: drivers that watch handles to processes and threads being made, and take rights away.
 *
 * A handle that is being made calls every callback of its object's type before, highest altitude first, and the same ones after it, lowest first. A registration
 * that is called is held by its rundown protection, for which ObUnRegisterCallbacks waits.
 */
#include "ob/object.h"
#include "ldr/ldr.h"

typedef struct _OBP_CALLBACK {
    LIST_ENTRY Links; /* OBJECT_TYPE.Callbacks */
    struct _OBP_CALLBACK_SET *Set;
    POBJECT_TYPE Type;
    OB_OPERATION Operations;
    POB_PRE_OPERATION_CALLBACK Pre;
    POB_POST_OPERATION_CALLBACK Post;
} OBP_CALLBACK, *POBP_CALLBACK;

typedef struct _OBP_CALLBACK_SET { /* one registration */
    PVOID Context;
    UNICODE_STRING Altitude;
    ULONG Count;
    EX_RUNDOWN_REF Running; /* held from before the pre-operation callback until after the post-operation callback */
    OBP_CALLBACK Callbacks[];
} OBP_CALLBACK_SET, *POBP_CALLBACK_SET;

USHORT NTAPI ObGetFilterVersion(VOID) { return OB_FLT_REGISTRATION_VERSION; }

INT ObpCompareAltitudes(PCUNICODE_STRING A, PCUNICODE_STRING B) {
    PCUNICODE_STRING String[2] = {A, B};
    USHORT At[2] = {0, 0}, End[2], Whole[2];
    for (ULONG I = 0; I < 2; I++) {
        End[I] = String[I]->Length / sizeof(WCHAR);
        while (At[I] < End[I] && String[I]->Buffer[At[I]] == L'0')
            At[I]++;
        Whole[I] = At[I];
        while (Whole[I] < End[I] && String[I]->Buffer[Whole[I]] != L'.')
            Whole[I]++;
    }
    if (Whole[0] - At[0] != Whole[1] - At[1])
        return Whole[0] - At[0] < Whole[1] - At[1] ? -1 : 1;
    while (At[0] < End[0] || At[1] < End[1]) {
        WCHAR Left = At[0] < End[0] ? A->Buffer[At[0]++] : L'0', Right = At[1] < End[1] ? B->Buffer[At[1]++] : L'0';
        if (Left == L'.')
            Left = Right == L'.' ? Left : L'0';
        else if (Right == L'.')
            Right = L'0';
        if (Left != Right)
            return Left < Right ? -1 : 1;
    }
    return 0;
}

static BOOLEAN ObpIsAltitudeTaken(POBJECT_TYPE Type, PCUNICODE_STRING Altitude) {
    for (LIST_ENTRY *Link = Type->Callbacks.Flink; Link != &Type->Callbacks; Link = Link->Flink)
        if (ObpCompareAltitudes(&CONTAINING_RECORD(Link, OBP_CALLBACK, Links)->Set->Altitude, Altitude) == 0)
            return TRUE;
    return FALSE;
}

static NTSTATUS ObpCheckOperation(POB_CALLBACK_REGISTRATION Registration, ULONG Index) {
    OB_OPERATION_REGISTRATION *Operation = &Registration->OperationRegistration[Index];
    if (Operation->ObjectType == NULL || !(*Operation->ObjectType)->Info.Callbacks || Operation->Operations == 0 ||
        (Operation->Operations & ~(OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE)) != 0 ||
        (Operation->PreOperation == NULL && Operation->PostOperation == NULL))
        return STATUS_INVALID_PARAMETER;
    if ((Operation->PreOperation != NULL && !LdrIsIntegrityForced((PVOID)Operation->PreOperation, "ObRegisterCallbacks")) ||
        (Operation->PostOperation != NULL && !LdrIsIntegrityForced((PVOID)Operation->PostOperation, "ObRegisterCallbacks")))
        return STATUS_ACCESS_DENIED;
    for (ULONG I = 0; I < Index; I++)
        if (*Registration->OperationRegistration[I].ObjectType == *Operation->ObjectType)
            return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
    return ObpIsAltitudeTaken(*Operation->ObjectType, &Registration->Altitude) ? STATUS_FLT_INSTANCE_ALTITUDE_COLLISION : STATUS_SUCCESS;
}

static NTSTATUS ObpCheckRegistration(POB_CALLBACK_REGISTRATION Registration) {
    NTSTATUS Status = STATUS_SUCCESS;
    if ((Registration->Version & 0xFF00) != (OB_FLT_REGISTRATION_VERSION & 0xFF00) || Registration->OperationRegistrationCount == 0)
        return STATUS_INVALID_PARAMETER;
    for (ULONG I = 0; I < Registration->OperationRegistrationCount && NT_SUCCESS(Status); I++)
        Status = ObpCheckOperation(Registration, I);
    return Status;
}

NTSTATUS NTAPI ObRegisterCallbacks(POB_CALLBACK_REGISTRATION Registration, PVOID *RegistrationHandle) {
    NTSTATUS Status = ObpCheckRegistration(Registration);
    if (!NT_SUCCESS(Status))
        return Status;
    SIZE_T Size = sizeof(OBP_CALLBACK_SET) + Registration->OperationRegistrationCount * sizeof(OBP_CALLBACK);
    POBP_CALLBACK_SET Set = ExAllocatePoolWithTag(NonPagedPoolNx, Size + Registration->Altitude.Length, OBP_TAG);
    if (Set == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Set, Size);
    ExInitializeRundownProtection(&Set->Running);
    Set->Context = Registration->RegistrationContext;
    Set->Count = Registration->OperationRegistrationCount;
    Set->Altitude.Buffer = (PWSTR)((PUCHAR)Set + Size);
    Set->Altitude.Length = Set->Altitude.MaximumLength = Registration->Altitude.Length;
    RtlCopyMemory(Set->Altitude.Buffer, Registration->Altitude.Buffer, Registration->Altitude.Length);
    for (ULONG I = 0; I < Set->Count; I++) {
        POBP_CALLBACK Callback = &Set->Callbacks[I];
        Callback->Set = Set;
        Callback->Type = *Registration->OperationRegistration[I].ObjectType;
        Callback->Operations = Registration->OperationRegistration[I].Operations;
        Callback->Pre = Registration->OperationRegistration[I].PreOperation;
        Callback->Post = Registration->OperationRegistration[I].PostOperation;
        LIST_ENTRY *Before = Callback->Type->Callbacks.Flink;
        while (Before != &Callback->Type->Callbacks &&
               ObpCompareAltitudes(&CONTAINING_RECORD(Before, OBP_CALLBACK, Links)->Set->Altitude, &Set->Altitude) >= 0)
            Before = Before->Flink;
        InsertTailList(Before, &Callback->Links);
    }
    *RegistrationHandle = Set;
    return STATUS_SUCCESS;
}

VOID NTAPI ObUnRegisterCallbacks(PVOID RegistrationHandle) {
    POBP_CALLBACK_SET Set = RegistrationHandle;
    ExWaitForRundownProtectionRelease(&Set->Running);
    for (ULONG I = 0; I < Set->Count; I++)
        RemoveEntryList(&Set->Callbacks[I].Links);
    ExFreePoolWithTag(Set, OBP_TAG);
}

PVOID ObpFindCallbackIn(POBJECT_TYPE Type, const VOID *Start, SIZE_T Size) {
    for (LIST_ENTRY *Link = Type->Callbacks.Flink; Link != &Type->Callbacks; Link = Link->Flink) {
        POBP_CALLBACK Callback = CONTAINING_RECORD(Link, OBP_CALLBACK, Links);
        if ((ULONG_PTR)Callback->Pre - (ULONG_PTR)Start < Size)
            return (PVOID)Callback->Pre;
        if ((ULONG_PTR)Callback->Post - (ULONG_PTR)Start < Size)
            return (PVOID)Callback->Post;
    }
    return NULL;
}

/* ---- Calling ---- */
static NTSTATUS ObpCollectCallbacks(POBP_OPERATION Operation) {
    LIST_ENTRY *List = &Operation->Header->Type->Callbacks;
    ULONG Count = 0;
    for (LIST_ENTRY *Link = List->Flink; Link != List; Link = Link->Flink)
        Count++;
    Operation->Called = ExAllocatePoolWithTag(NonPagedPoolNx, Count * sizeof(*Operation->Called), OBP_TAG);
    if (Operation->Called == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (LIST_ENTRY *Link = List->Flink; Link != List; Link = Link->Flink) {
        POBP_CALLBACK Callback = CONTAINING_RECORD(Link, OBP_CALLBACK, Links);
        if ((Callback->Operations & Operation->Kind) && ExAcquireRundownProtection(&Callback->Set->Running))
            Operation->Called[Operation->Count++] = (OBP_CALLED){Callback, NULL};
    }
    return STATUS_SUCCESS;
}

static VOID ObpCallPre(POBP_OPERATION Operation, OBP_CALLED *Called, ACCESS_MASK Original, PACCESS_MASK Granted) {
    OB_PRE_OPERATION_PARAMETERS Parameters;
    OB_PRE_OPERATION_INFORMATION Information;
    RtlZeroMemory(&Parameters, sizeof(Parameters));
    RtlZeroMemory(&Information, sizeof(Information));
    Parameters.DuplicateHandleInformation.DesiredAccess = *Granted; /* both kinds begin alike */
    Parameters.DuplicateHandleInformation.OriginalDesiredAccess = Original;
    if (Operation->Kind == OB_OPERATION_HANDLE_DUPLICATE) {
        Parameters.DuplicateHandleInformation.SourceProcess = Operation->Source;
        Parameters.DuplicateHandleInformation.TargetProcess = Operation->Target;
    }
    Information.Operation = Operation->Kind;
    Information.KernelHandle = Operation->KernelHandle;
    Information.Object = ObpBody(Operation->Header);
    Information.ObjectType = Operation->Header->Type;
    Information.Parameters = &Parameters;
    KeEnterCriticalRegion();
    Called->Callback->Pre(Called->Callback->Set->Context, &Information);
    KeLeaveCriticalRegion();
    Called->Context = Information.CallContext;
    if (!Operation->KernelHandle) /* rights may be taken from user handles only, and never added */
        *Granted &= Parameters.CreateHandleInformation.DesiredAccess;
}

NTSTATUS ObpCallPreCallbacks(POBP_OPERATION Operation, PACCESS_MASK Granted) {
    ACCESS_MASK Original = *Granted;
    if (IsListEmpty(&Operation->Header->Type->Callbacks))
        return STATUS_SUCCESS;
    NTSTATUS Status = ObpCollectCallbacks(Operation);
    for (ULONG I = 0; I < Operation->Count; I++)
        if (Operation->Called[I].Callback->Pre != NULL)
            ObpCallPre(Operation, &Operation->Called[I], Original, Granted);
    return Status;
}

VOID ObpCallPostCallbacks(POBP_OPERATION Operation, ACCESS_MASK Granted, NTSTATUS Status) {
    while (Operation->Count != 0) {
        OBP_CALLED *Called = &Operation->Called[--Operation->Count];
        POBP_CALLBACK_SET Set = Called->Callback->Set;
        OB_POST_OPERATION_PARAMETERS Parameters;
        OB_POST_OPERATION_INFORMATION Information;
        RtlZeroMemory(&Information, sizeof(Information));
        Parameters.CreateHandleInformation.GrantedAccess = NT_SUCCESS(Status) ? Granted : 0;
        Information.Operation = Operation->Kind;
        Information.KernelHandle = Operation->KernelHandle;
        Information.Object = ObpBody(Operation->Header);
        Information.ObjectType = Operation->Header->Type;
        Information.CallContext = Called->Context;
        Information.ReturnStatus = Status;
        Information.Parameters = &Parameters;
        if (Called->Callback->Post != NULL) {
            KeEnterCriticalRegion();
            Called->Callback->Post(Set->Context, &Information);
            KeLeaveCriticalRegion();
        }
        ExReleaseRundownProtection(&Set->Running);
    }
    if (Operation->Called != NULL)
        ExFreePoolWithTag(Operation->Called, OBP_TAG);
}
