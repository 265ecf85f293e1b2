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
    static const char failed[] = "{\"error\":\"the machine has no memory for this line\",\"status\":\"0xC000009A\"}\n";
    ObpJsonClose(Json, '}');
    if (Json->Failed) {
        Snapshot->Emit(Snapshot->Context, failed, sizeof(failed) - 1);
    } else {
        Snapshot->Emit(Snapshot->Context, Json->Text, Json->Length);
        Snapshot->Emit(Snapshot->Context, "\n", 1);
    }
    ObpJsonFree(Json);
}

static VOID ObpEmitSecurity(POBP_JSON Json, PVOID Object) {
    PSECURITY_DESCRIPTOR *place = ObpSecurity(Object);
    if (place == NULL)
        return;
    if (*place == NULL) {
        ObpJsonText(Json, "security", "none");
        return;
    }
    ULONG size = SeFormatDescriptor(*place, NULL, 0) + 1;
    PSTR text = ExAllocatePoolWithTag(PagedPool, size, OBP_TAG);
    if (text == NULL) {
        Json->Failed = TRUE;
        return;
    }
    SeFormatDescriptor(*place, text, size);
    ObpJsonText(Json, "security", text);
    ExFreePoolWithTag(text, OBP_TAG);
}

/* Held: references that the looking itself has. */
static VOID ObpEmitObject(POBP_SNAPSHOT Snapshot, PVOID Object, ULONG Held) {
    static const UNICODE_STRING none = {0}, root = RTL_CONSTANT_STRING(L"\\");
    POBP_HEADER header = ObpHeader(Object);
    OBP_JSON json;
    ObpJsonStart(&json);
    ObpJsonOpen(&json, NULL, '{');
    ObpJsonObjectName(&json, "path", Object);
    ObpJsonString(&json, "name", Object == ObpRootDirectory ? &root : header->Name.Buffer != NULL ? &header->Name : &none);
    ObpJsonString(&json, "type", &header->Type->Name);
    ObpJsonNumber(&json, "references", header->PointerCount - Held);
    ObpJsonNumber(&json, "handles", header->HandleCount);
    ObpJsonBoolean(&json, "permanent", (header->Flags & OBP_FLAG_PERMANENT) != 0);
    ObpDescribe(&json, Object);
    ObpEmitSecurity(&json, Object);
    ObpEmitLine(Snapshot, &json);
}

static VOID ObpEmitEntry(PVOID Context, PCUNICODE_STRING Name, PVOID Object) {
    POBP_SNAPSHOT snapshot = Context;
    ObpEmitObject(snapshot, Object, 1);
    if (ObpHeader(Object)->Type != ObpDirectoryObjectType || snapshot->Depth == OBP_MAX_DEPTH)
        return;
    snapshot->Depth++;
    ObpWalkDirectory(Object, ObpEmitEntry, snapshot);
    snapshot->Depth--;
}

static VOID ObpEmitError(POBP_SNAPSHOT Snapshot, PCSTR Path, NTSTATUS Status) {
    PCSTR why = Status == STATUS_OBJECT_NAME_NOT_FOUND || Status == STATUS_OBJECT_PATH_NOT_FOUND ? "there is no such object"
                : Status == STATUS_OBJECT_PATH_SYNTAX_BAD                                        ? "a path begins with a backslash"
                : Status == STATUS_OBJECT_TYPE_MISMATCH                                          ? "something on the way is no directory"
                                                                                                 : "this is no path of an object";
    OBP_JSON json;
    ObpJsonStart(&json);
    ObpJsonOpen(&json, NULL, '{');
    ObpJsonText(&json, "path", Path);
    ObpJsonText(&json, "error", why);
    ObpJsonHex(&json, "status", (ULONG)Status);
    ObpEmitLine(Snapshot, &json);
}

VOID ObpSnapshot(PCSTR Path, OBP_EMIT Emit, PVOID Context) {
    OBP_SNAPSHOT snapshot = {Emit, Context, 0};
    SIZE_T length = strlen(Path);
    PVOID object = NULL;
    ULONG bytes = 0;
    NTSTATUS status = STATUS_NAME_TOO_LONG;
    PWSTR text = length < OBP_MAX_NAME ? ExAllocatePoolWithTag(PagedPool, length * sizeof(WCHAR) + sizeof(WCHAR), OBP_TAG) : NULL;
    if (text != NULL) {
        status = RtlUTF8ToUnicodeN(text, (ULONG)(length * sizeof(WCHAR)), &bytes, Path, (ULONG)length);
        UNICODE_STRING name = {(USHORT)bytes, (USHORT)bytes, text};
        if (status == STATUS_SUCCESS)
            status = ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, NULL, 0, ObpSymbolicLinkObjectType, KernelMode, NULL, &object);
        if (status == STATUS_OBJECT_TYPE_MISMATCH)
            status = ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, NULL, 0, NULL, KernelMode, NULL, &object);
        ExFreePoolWithTag(text, OBP_TAG);
    }
    if (!NT_SUCCESS(status) || object == NULL) {
        ObpEmitError(&snapshot, Path, status);
        return;
    }
    ObpEmitObject(&snapshot, object, 1);
    if (ObpHeader(object)->Type == ObpDirectoryObjectType)
        ObpWalkDirectory(object, ObpEmitEntry, &snapshot);
    ObfDereferenceObject(object);
}
