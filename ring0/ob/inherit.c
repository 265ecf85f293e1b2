/* Handles that a new process has from the beginning. */
#include "ob/object.h"

NTSTATUS ObpInheritHandles(PEPROCESS Parent, PEPROCESS Child) {
    POB_HANDLE_TABLE Source = Parent->HandleTable, Target = Child->HandleTable;
    NTSTATUS Status = STATUS_SUCCESS;
    NT_ASSERT_OURS(Target->Count == 0);
    if (Source == NULL)
        return STATUS_PROCESS_IS_TERMINATING;
    if (Source == ObpKernelTable)
        return STATUS_SUCCESS;
    if (!ObpExtendHandleTable(Target, Source->Limit))
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG Index = 0; Index < Target->Limit && Status != STATUS_INSUFFICIENT_RESOURCES; Index++) {
        POBP_HANDLE_ENTRY Entry = ObpHandleEntry(Source, Index);
        if (Entry == NULL || !(Entry->Attributes & OBJ_INHERIT))
            continue;
        OBP_HANDLE_ENTRY Copy = *Entry;
        Status = ObpCountHandle(Child, Copy.Object, Copy.Access, UserMode);
        if (NT_SUCCESS(Status))
            ObpPlaceHandle(Target, Index, Copy.Object, Copy.Access, Copy.Attributes);
    }
    ObpRelinkHandles(Target);
    return Status == STATUS_INSUFFICIENT_RESOURCES ? Status : STATUS_SUCCESS;
}

NTSTATUS ObpDuplicateHandle(PEPROCESS Source, HANDLE Handle, PEPROCESS Target, PHANDLE NewHandle) {
    POB_HANDLE_TABLE Table;
    ULONG Index;
    POBP_HANDLE_ENTRY Entry = ObpFindHandle(Handle, UserMode, Source, &Table, &Index);
    if (Entry == NULL)
        return STATUS_INVALID_HANDLE;
    return ObpCreateHandleEx(Target, Entry->Object, Entry->Access, Entry->Attributes, UserMode, OB_OPERATION_HANDLE_DUPLICATE, Source, NewHandle);
}

BOOLEAN ObpIsSameHandle(HANDLE Handle, PEPROCESS A, PEPROCESS B) {
    POB_HANDLE_TABLE Table;
    ULONG Index;
    POBP_HANDLE_ENTRY First = ObpFindHandle(Handle, UserMode, A, &Table, &Index), Second = ObpFindHandle(Handle, UserMode, B, &Table, &Index);
    return First != NULL && Second != NULL && First->Object == Second->Object;
}
