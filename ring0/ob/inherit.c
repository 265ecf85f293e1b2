/* Handles that a new process has from the beginning. */
#include "ob/object.h"

NTSTATUS ObpInheritHandles(PEPROCESS Parent, PEPROCESS Child) {
    POB_HANDLE_TABLE source = Parent->HandleTable, target = Child->HandleTable;
    NTSTATUS status = STATUS_SUCCESS;
    NT_ASSERT_OURS(target->Count == 0);
    if (source == NULL)
        return STATUS_PROCESS_IS_TERMINATING;
    if (source == ObpKernelTable)
        return STATUS_SUCCESS;
    if (!ObpExtendHandleTable(target, source->Limit))
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG index = 0; index < target->Limit && status != STATUS_INSUFFICIENT_RESOURCES; index++) {
        POBP_HANDLE_ENTRY entry = ObpHandleEntry(source, index);
        if (entry == NULL || !(entry->Attributes & OBJ_INHERIT))
            continue;
        OBP_HANDLE_ENTRY copy = *entry;
        status = ObpCountHandle(Child, copy.Object, copy.Access, UserMode);
        if (NT_SUCCESS(status))
            ObpPlaceHandle(target, index, copy.Object, copy.Access, copy.Attributes);
    }
    ObpRelinkHandles(target);
    return status == STATUS_INSUFFICIENT_RESOURCES ? status : STATUS_SUCCESS;
}

NTSTATUS ObpDuplicateHandle(PEPROCESS Source, HANDLE Handle, PEPROCESS Target, PHANDLE NewHandle) {
    POB_HANDLE_TABLE table;
    ULONG index;
    POBP_HANDLE_ENTRY entry = ObpFindHandle(Handle, UserMode, Source, &table, &index);
    if (entry == NULL)
        return STATUS_INVALID_HANDLE;
    return ObpCreateHandleEx(Target, entry->Object, entry->Access, entry->Attributes, UserMode, OB_OPERATION_HANDLE_DUPLICATE, Source, NewHandle);
}

BOOLEAN ObpIsSameHandle(HANDLE Handle, PEPROCESS A, PEPROCESS B) {
    POB_HANDLE_TABLE table;
    ULONG index;
    POBP_HANDLE_ENTRY a = ObpFindHandle(Handle, UserMode, A, &table, &index), b = ObpFindHandle(Handle, UserMode, B, &table, &index);
    return a != NULL && b != NULL && a->Object == b->Object;
}
