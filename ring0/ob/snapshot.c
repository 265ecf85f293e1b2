#include "ob/snapshot.h"
#include "ob/describe.h"
#include "ob/object.h"
#include "rtl/crt.h"
#include "se/se.h"

#define OBP_MAX_NAME  0x8000u
#define OBP_MAX_DEPTH 24u /* a program can nest directories without end, a kernel stack has one */

typedef struct _OBP_SNAPSHOT {
    OBP_EMIT Emit;
    PVOID Context;
    ULONG Depth;
} OBP_SNAPSHOT, *POBP_SNAPSHOT;

static VOID ObpEmitLine(POBP_SNAPSHOT Snapshot, POBP_JSON Json) {
    static const char Failed[] = "{\"error\":\"the machine has no memory for this line\",\"status\":\"0xC000009A\"}\n";
    ObpJsonClose(Json, '}');
    if (Json->Failed) {
        Snapshot->Emit(Snapshot->Context, Failed, sizeof(Failed) - 1);
    } else {
        Snapshot->Emit(Snapshot->Context, Json->Text, Json->Length);
        Snapshot->Emit(Snapshot->Context, "\n", 1);
    }
    ObpJsonFree(Json);
}

static VOID ObpEmitSecurity(POBP_JSON Json, PVOID Object) {
    PSECURITY_DESCRIPTOR *Place = ObpSecurity(Object);
    if (Place == NULL)
        return;
    if (*Place == NULL) {
        ObpJsonText(Json, "security", "none");
        return;
    }
    ULONG Size = SeFormatDescriptor(*Place, NULL, 0) + 1;
    PSTR Text = ExAllocatePoolWithTag(PagedPool, Size, OBP_TAG);
    if (Text == NULL) {
        Json->Failed = TRUE;
        return;
    }
    SeFormatDescriptor(*Place, Text, Size);
    ObpJsonText(Json, "security", Text);
    ExFreePoolWithTag(Text, OBP_TAG);
}

/* Held: references that the looking itself has. */
static VOID ObpEmitObject(POBP_SNAPSHOT Snapshot, PVOID Object, ULONG Held) {
    static const UNICODE_STRING None = {0}, Root = RTL_CONSTANT_STRING(L"\\");
    POBP_HEADER Header = ObpHeader(Object);
    OBP_JSON Json;
    ObpJsonStart(&Json);
    ObpJsonOpen(&Json, NULL, '{');
    ObpJsonObjectName(&Json, "path", Object);
    ObpJsonString(&Json, "name", Object == ObpRootDirectory ? &Root : Header->Name.Buffer != NULL ? &Header->Name : &None);
    ObpJsonString(&Json, "type", &Header->Type->Name);
    ObpJsonNumber(&Json, "references", Header->PointerCount - Held);
    ObpJsonNumber(&Json, "handles", Header->HandleCount);
    ObpJsonBoolean(&Json, "permanent", (Header->Flags & OBP_FLAG_PERMANENT) != 0);
    ObpDescribe(&Json, Object);
    ObpEmitSecurity(&Json, Object);
    ObpEmitLine(Snapshot, &Json);
}

static VOID ObpEmitEntry(PVOID Context, PCUNICODE_STRING Name, PVOID Object) {
    POBP_SNAPSHOT Snapshot = Context;
    ObpEmitObject(Snapshot, Object, 1);
    if (ObpHeader(Object)->Type != ObpDirectoryObjectType || Snapshot->Depth == OBP_MAX_DEPTH)
        return;
    Snapshot->Depth++;
    ObpWalkDirectory(Object, ObpEmitEntry, Snapshot);
    Snapshot->Depth--;
}

static VOID ObpEmitError(POBP_SNAPSHOT Snapshot, PCSTR Path, NTSTATUS Status) {
    PCSTR Why = Status == STATUS_OBJECT_NAME_NOT_FOUND || Status == STATUS_OBJECT_PATH_NOT_FOUND ? "there is no such object"
                : Status == STATUS_OBJECT_PATH_SYNTAX_BAD                                        ? "a path begins with a backslash"
                : Status == STATUS_OBJECT_TYPE_MISMATCH                                          ? "something on the way is no directory"
                                                                                                 : "this is no path of an object";
    OBP_JSON Json;
    ObpJsonStart(&Json);
    ObpJsonOpen(&Json, NULL, '{');
    ObpJsonText(&Json, "path", Path);
    ObpJsonText(&Json, "error", Why);
    ObpJsonHex(&Json, "status", (ULONG)Status);
    ObpEmitLine(Snapshot, &Json);
}

VOID ObpSnapshot(PCSTR Path, OBP_EMIT Emit, PVOID Context) {
    OBP_SNAPSHOT Snapshot = {Emit, Context, 0};
    SIZE_T Length = strlen(Path);
    PVOID Object = NULL;
    ULONG Bytes = 0;
    NTSTATUS Status = STATUS_NAME_TOO_LONG;
    PWSTR Text = Length < OBP_MAX_NAME ? ExAllocatePoolWithTag(PagedPool, Length * sizeof(WCHAR) + sizeof(WCHAR), OBP_TAG) : NULL;
    if (Text != NULL) {
        Status = RtlUTF8ToUnicodeN(Text, (ULONG)(Length * sizeof(WCHAR)), &Bytes, Path, (ULONG)Length);
        UNICODE_STRING Name = {(USHORT)Bytes, (USHORT)Bytes, Text};
        if (Status == STATUS_SUCCESS)
            Status = ObReferenceObjectByName(&Name, OBJ_CASE_INSENSITIVE, NULL, 0, ObpSymbolicLinkObjectType, KernelMode, NULL, &Object);
        if (Status == STATUS_OBJECT_TYPE_MISMATCH)
            Status = ObReferenceObjectByName(&Name, OBJ_CASE_INSENSITIVE, NULL, 0, NULL, KernelMode, NULL, &Object);
        ExFreePoolWithTag(Text, OBP_TAG);
    }
    if (!NT_SUCCESS(Status) || Object == NULL) {
        ObpEmitError(&Snapshot, Path, Status);
        return;
    }
    ObpEmitObject(&Snapshot, Object, 1);
    if (ObpHeader(Object)->Type == ObpDirectoryObjectType)
        ObpWalkDirectory(Object, ObpEmitEntry, &Snapshot);
    ObfDereferenceObject(Object);
}
