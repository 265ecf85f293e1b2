/* Object types. */
#include "ob/object.h"

POBJECT_TYPE ObpTypeObjectType, ObpDirectoryObjectType, ObpSymbolicLinkObjectType;
static POBP_DIRECTORY ObpTypesDirectory;
static ULONG ObpTypeCount;

static NTSTATUS ObpDuplicateName(PCWSTR Text, PUNICODE_STRING Name) {
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, Text);
    Name->Length = text.Length;
    Name->MaximumLength = text.MaximumLength;
    Name->Buffer = ExAllocatePoolWithTag(PagedPool, text.MaximumLength, OBP_TAG);
    if (Name->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Name->Buffer, text.Buffer, text.MaximumLength);
    return STATUS_SUCCESS;
}

/* A type's own name goes into \ObjectTypes as soon as that is there. */
static NTSTATUS ObpPublishType(POBJECT_TYPE Type) {
    POBP_HEADER header = (POBP_HEADER)Type - 1;
    UNICODE_STRING name;
    NTSTATUS status = ObpDuplicateName(Type->Info.Name, &name);
    if (!NT_SUCCESS(status))
        return status;
    status = ObpInsertEntry(ObpTypesDirectory, header, &name);
    if (!NT_SUCCESS(status))
        ExFreePoolWithTag(name.Buffer, OBP_TAG);
    return status;
}

NTSTATUS ObCreateObjectType(const OB_TYPE_INITIALIZER *Initializer, POBJECT_TYPE *Type) {
    OBJECT_TYPE seed = {.Info = {.PoolType = NonPagedPoolNx, .BodySize = sizeof(OBJECT_TYPE)}}; /* what the type Type is made from */
    POBP_HEADER header = ObpAllocateObject(ObpTypeObjectType != NULL ? ObpTypeObjectType : &seed, sizeof(OBJECT_TYPE));
    if (header == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    POBJECT_TYPE type = ObpBody(header);
    type->Info = *Initializer;
    RtlInitUnicodeString(&type->Name, Initializer->Name);
    type->Index = ObpTypeCount + 2;
    InitializeListHead(&type->TypeList);
    InitializeListHead(&type->Callbacks);
    header->Flags = OBP_FLAG_PERMANENT | OBP_FLAG_KERNEL_ONLY;
    if (ObpTypeObjectType == NULL) {
        header->Type = ObpTypeObjectType = type;
        header->TypeIndex = (UCHAR)type->Index;
        type->Objects = type->PeakObjects = 1;
    }
    if (ObpTypesDirectory != NULL) {
        NTSTATUS status = ObpPublishType(type);
        if (!NT_SUCCESS(status)) {
            ObfDereferenceObject(type);
            return status;
        }
    }
    ObpTypeCount++;
    *Type = type;
    return STATUS_SUCCESS;
}

static const OB_TYPE_INITIALIZER ObpTypeInitializer = {
    .Name = L"Type",
    .GenericMapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_EXECUTE, OBJECT_TYPE_ALL_ACCESS},
    .ValidAccess = OBJECT_TYPE_ALL_ACCESS,
    .PoolType = NonPagedPoolNx,
    .BodySize = sizeof(OBJECT_TYPE),
    .DispatcherOffset = ~0u,
};

static const OB_TYPE_INITIALIZER ObpDirectoryInitializer = {
    .Name = L"Directory",
    .GenericMapping = {STANDARD_RIGHTS_READ | DIRECTORY_QUERY | DIRECTORY_TRAVERSE,
                       STANDARD_RIGHTS_WRITE | DIRECTORY_CREATE_OBJECT | DIRECTORY_CREATE_SUBDIRECTORY,
                       STANDARD_RIGHTS_EXECUTE | DIRECTORY_QUERY | DIRECTORY_TRAVERSE, DIRECTORY_ALL_ACCESS},
    .ValidAccess = DIRECTORY_ALL_ACCESS,
    .PoolType = PagedPool,
    .BodySize = sizeof(OBP_DIRECTORY),
    .CaseInsensitive = TRUE,
    .Delete = ObpDeleteDirectory,
    .DispatcherOffset = ~0u,
};

static const OB_TYPE_INITIALIZER ObpSymbolicLinkInitializer = {
    .Name = L"SymbolicLink",
    .GenericMapping = {STANDARD_RIGHTS_READ | SYMBOLIC_LINK_QUERY, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_EXECUTE | SYMBOLIC_LINK_QUERY,
                       SYMBOLIC_LINK_ALL_ACCESS},
    .ValidAccess = SYMBOLIC_LINK_ALL_ACCESS,
    .PoolType = PagedPool,
    .BodySize = sizeof(OBP_SYMBOLIC_LINK),
    .CaseInsensitive = TRUE,
    .Delete = ObpDeleteSymbolicLink,
    .Parse = ObpParseSymbolicLink,
    .DispatcherOffset = ~0u,
};

VOID ObpCreateFirstTypes(VOID) {
    NTSTATUS status = ObCreateObjectType(&ObpTypeInitializer, &ObpTypeObjectType);
    NT_ASSERT_OURS(NT_SUCCESS(status));
    status = ObCreateObjectType(&ObpDirectoryInitializer, &ObpDirectoryObjectType);
    NT_ASSERT_OURS(NT_SUCCESS(status));
    status = ObCreateObjectType(&ObpSymbolicLinkInitializer, &ObpSymbolicLinkObjectType);
    NT_ASSERT_OURS(NT_SUCCESS(status));
}

VOID ObpPublishTypes(POBP_DIRECTORY Directory) {
    POBJECT_TYPE first[] = {ObpTypeObjectType, ObpDirectoryObjectType, ObpSymbolicLinkObjectType};
    ObpTypesDirectory = Directory;
    for (ULONG i = 0; i < RTL_NUMBER_OF(first); i++) {
        NTSTATUS status = ObpPublishType(first[i]);
        NT_ASSERT_OURS(NT_SUCCESS(status));
    }
}
