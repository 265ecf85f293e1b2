/* Names that drivers have given, by name: what IopReportLeftovers and IoDeleteSymbolicLink look up, however many there are. */
#include "io/io.h"

#define IOP_NAMES_TAG 'mnDI'

static ULONG HashOf(PCUNICODE_STRING Name) {
    ULONG Hash = 0;
    RtlHashUnicodeString(Name, TRUE, HASH_STRING_ALGORITHM_X65599, &Hash);
    return Hash;
}

static IOP_NAME **BucketOf(IOP_NAMES *Names, ULONG Hash) { return &Names->Buckets[Hash & (Names->BucketCount - 1)]; }

/* Without memory for it the table stays as it is, and its chains grow. FALSE: there is no table yet. */
static BOOLEAN Grow(IOP_NAMES *Names) {
    ULONG Count = Names->BucketCount ? Names->BucketCount * 4 : 16;
    IOP_NAME **Buckets;

    if (Names->Count < Names->BucketCount * 2)
        return TRUE;
    Buckets = ExAllocatePoolWithTag(PagedPool, Count * sizeof *Buckets, IOP_NAMES_TAG);
    if (!Buckets)
        return Names->Buckets != NULL;
    RtlZeroMemory(Buckets, Count * sizeof *Buckets);
    if (Names->Buckets)
        ExFreePoolWithTag(Names->Buckets, IOP_NAMES_TAG);
    Names->Buckets = Buckets;
    Names->BucketCount = Count;
    for (PLIST_ENTRY Link = Names->All.Flink; Link != &Names->All; Link = Link->Flink) {
        IOP_NAME *Name = CONTAINING_RECORD(Link, IOP_NAME, Entry), **Bucket = BucketOf(Names, Name->Hash);
        Name->Next = *Bucket;
        *Bucket = Name;
    }
    return TRUE;
}

IOP_NAME *IopFindName(IOP_NAMES *Names, PCUNICODE_STRING Name, PVOID Owner) {
    ULONG Hash = HashOf(Name);
    for (IOP_NAME *Found = Names->Buckets ? *BucketOf(Names, Hash) : NULL; Found; Found = Found->Next)
        if (Found->Hash == Hash && Found->Owner == Owner && RtlEqualUnicodeString(&Found->Name, Name, TRUE))
            return Found;
    return NULL;
}

IOP_NAME *IopRememberName(IOP_NAMES *Names, PCUNICODE_STRING Name, PCUNICODE_STRING Target, PVOID Owner) {
    USHORT TargetLength = Target ? Target->Length : 0;
    IOP_NAME *New, **Bucket;

    New = Grow(Names) ? ExAllocatePoolWithTag(PagedPool, sizeof(IOP_NAME) + Name->Length + TargetLength, IOP_NAMES_TAG) : NULL;
    if (!New)
        return NULL;
    New->Owner = Owner;
    New->Hash = HashOf(Name);
    New->Name.Buffer = (PWSTR)(New + 1);
    New->Name.Length = New->Name.MaximumLength = Name->Length;
    RtlCopyMemory(New->Name.Buffer, Name->Buffer, Name->Length);
    New->Target.Buffer = (PWSTR)((PUCHAR)New->Name.Buffer + Name->Length);
    New->Target.Length = New->Target.MaximumLength = TargetLength;
    if (TargetLength)
        RtlCopyMemory(New->Target.Buffer, Target->Buffer, TargetLength);
    Bucket = BucketOf(Names, New->Hash);
    New->Next = *Bucket;
    *Bucket = New;
    InsertTailList(&Names->All, &New->Entry);
    Names->Count++;
    return New;
}

VOID IopForgetName(IOP_NAMES *Names, IOP_NAME *Name) {
    IOP_NAME **Link = BucketOf(Names, Name->Hash);
    while (*Link != Name)
        Link = &(*Link)->Next;
    *Link = Name->Next;
    RemoveEntryList(&Name->Entry);
    Names->Count--;
    ExFreePoolWithTag(Name, IOP_NAMES_TAG);
}

VOID IopForgetNames(IOP_NAMES *Names, PVOID Owner) {
    for (PLIST_ENTRY Link = Names->All.Flink, Next; Link != &Names->All; Link = Next) {
        IOP_NAME *Name = CONTAINING_RECORD(Link, IOP_NAME, Entry);
        Next = Link->Flink;
        if (Name->Owner == Owner)
            IopForgetName(Names, Name);
    }
}
