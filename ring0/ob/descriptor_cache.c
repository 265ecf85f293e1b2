/*
 * Security descriptors that several objects share: ObLogSecurityDescriptor keeps one copy of equal ones. A file system keeps those of its files so.
 */
#include "ob/object.h"

typedef struct _OBP_SHARED_DESCRIPTOR {
    LIST_ENTRY Links;
    ULONG References;
    ULONG Length;
    UCHAR Descriptor[]; /* self-relative; what callers have */
} OBP_SHARED_DESCRIPTOR, *POBP_SHARED_DESCRIPTOR;
_Static_assert(offsetof(OBP_SHARED_DESCRIPTOR, Descriptor) % 8 == 0, "a descriptor is aligned");

#define OBP_BUCKETS 64u
static LIST_ENTRY ObpDescriptors[OBP_BUCKETS]; /* by length and bytes; zero: nothing has been there yet */

static PLIST_ENTRY ObpBucket(const UCHAR *Bytes, ULONG Length) {
    ULONG Hash = Length;
    for (ULONG I = 0; I < Length; I++)
        Hash = Hash * 31 + Bytes[I];
    PLIST_ENTRY Bucket = &ObpDescriptors[Hash % OBP_BUCKETS];
    if (Bucket->Flink == NULL)
        InitializeListHead(Bucket);
    return Bucket;
}

NTSTATUS NTAPI ObLogSecurityDescriptor(PSECURITY_DESCRIPTOR InputSecurityDescriptor, PSECURITY_DESCRIPTOR *OutputSecurityDescriptor, ULONG RefBias) {
    ULONG Length = RtlLengthSecurityDescriptor(InputSecurityDescriptor);
    PLIST_ENTRY Bucket = ObpBucket(InputSecurityDescriptor, Length);
    POBP_SHARED_DESCRIPTOR Shared;
    for (PLIST_ENTRY Link = Bucket->Flink; Link != Bucket; Link = Link->Flink) {
        Shared = CONTAINING_RECORD(Link, OBP_SHARED_DESCRIPTOR, Links);
        if (Shared->Length == Length && RtlCompareMemory(Shared->Descriptor, InputSecurityDescriptor, Length) == Length) {
            Shared->References += RefBias;
            *OutputSecurityDescriptor = Shared->Descriptor;
            return STATUS_SUCCESS;
        }
    }
    Shared = ExAllocatePoolWithTag(PagedPool, sizeof(*Shared) + Length, OBP_TAG);
    if (Shared == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Shared->References = RefBias;
    Shared->Length = Length;
    RtlCopyMemory(Shared->Descriptor, InputSecurityDescriptor, Length);
    InsertTailList(Bucket, &Shared->Links);
    *OutputSecurityDescriptor = Shared->Descriptor;
    return STATUS_SUCCESS;
}

static POBP_SHARED_DESCRIPTOR ObpShared(PSECURITY_DESCRIPTOR Descriptor) { return CONTAINING_RECORD(Descriptor, OBP_SHARED_DESCRIPTOR, Descriptor); }

VOID NTAPI ObReferenceSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Count) { ObpShared(SecurityDescriptor)->References += Count; }

VOID NTAPI ObDereferenceSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Count) {
    POBP_SHARED_DESCRIPTOR Shared = ObpShared(SecurityDescriptor);
    if (Shared->References > Count) {
        Shared->References -= Count;
        return;
    }
    RemoveEntryList(&Shared->Links);
    ExFreePoolWithTag(Shared, OBP_TAG);
}
