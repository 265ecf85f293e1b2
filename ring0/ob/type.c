/* Object types. */
#include "ob/object.h"

POBJECT_TYPE ObpTypeObjectType, ObpDirectoryObjectType, ObpSymbolicLinkObjectType;
static POBP_DIRECTORY ObpTypesDirectory;
static ULONG ObpTypeCount;

static NTSTATUS ObpDuplicateName(PCWSTR Text, PUNICODE_STRING Name) {
    UNICODE_STRING Source;
    RtlInitUnicodeString(&Source, Text);
    Name->Length = Source.Length;
    Name->MaximumLength = Source.MaximumLength;
    Name->Buffer = ExAllocatePoolWithTag(PagedPool, Source.MaximumLength, OBP_TAG);
    if (Name->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Name->Buffer, Source.Buffer, Source.MaximumLength);
    return STATUS_SUCCESS;
}

/* A type's own name goes into \ObjectTypes as soon as that is there. */
static NTSTATUS ObpPublishType(POBJECT_TYPE Type) {
    POBP_HEADER Header = (POBP_HEADER)Type - 1;
    UNICODE_STRING Name;
    NTSTATUS Status = ObpDuplicateName(Type->Info.Name, &Name);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObpInsertEntry(ObpTypesDirectory, Header, &Name);
    if (!NT_SUCCESS(Status))
        ExFreePoolWithTag(Name.Buffer, OBP_TAG);
    return Status;
}

NTSTATUS ObCreateObjectType(const OB_TYPE_INITIALIZER *Initializer, POBJECT_TYPE *Type) {
    OBJECT_TYPE Seed = {.Info = {.PoolType = NonPagedPoolNx, .BodySize = sizeof(OBJECT_TYPE)}}; /* what the type Type is made from */
    POBP_HEADER Header = ObpAllocateObject(ObpTypeObjectType != NULL ? ObpTypeObjectType : &Seed, sizeof(OBJECT_TYPE));
    if (Header == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    POBJECT_TYPE NewType = ObpBody(Header);
    NewType->Info = *Initializer;
    RtlInitUnicodeString(&NewType->Name, Initializer->Name);
    NewType->Index = ObpTypeCount + 2;
    InitializeListHead(&NewType->TypeList);
    InitializeListHead(&NewType->Callbacks);
    Header->Flags = OBP_FLAG_PERMANENT | OBP_FLAG_KERNEL_ONLY;
    if (ObpTypeObjectType == NULL) {
        Header->Type = ObpTypeObjectType = NewType;
        Header->TypeIndex = (UCHAR)NewType->Index;
        NewType->Objects = NewType->PeakObjects = 1;
    }
    if (ObpTypesDirectory != NULL) {
        NTSTATUS Status = ObpPublishType(NewType);
        if (!NT_SUCCESS(Status)) {
            ObfDereferenceObject(NewType);
            return Status;
        }
    }
    ObpTypeCount++;
    *Type = NewType;
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
    NTSTATUS Status = ObCreateObjectType(&ObpTypeInitializer, &ObpTypeObjectType);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
    Status = ObCreateObjectType(&ObpDirectoryInitializer, &ObpDirectoryObjectType);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
    Status = ObCreateObjectType(&ObpSymbolicLinkInitializer, &ObpSymbolicLinkObjectType);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
}

VOID ObpPublishTypes(POBP_DIRECTORY Directory) {
    POBJECT_TYPE First[] = {ObpTypeObjectType, ObpDirectoryObjectType, ObpSymbolicLinkObjectType};
    ObpTypesDirectory = Directory;
    for (ULONG I = 0; I < RTL_NUMBER_OF(First); I++) {
        NTSTATUS Status = ObpPublishType(First[I]);
        NT_ASSERT_OURS(NT_SUCCESS(Status));
    }
}
