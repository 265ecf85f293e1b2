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
    ULONG hash = Length;
    for (ULONG i = 0; i < Length; i++)
        hash = hash * 31 + Bytes[i];
    PLIST_ENTRY bucket = &ObpDescriptors[hash % OBP_BUCKETS];
    if (bucket->Flink == NULL)
        InitializeListHead(bucket);
    return bucket;
}

NTSTATUS NTAPI ObLogSecurityDescriptor(PSECURITY_DESCRIPTOR InputSecurityDescriptor, PSECURITY_DESCRIPTOR *OutputSecurityDescriptor, ULONG RefBias) {
    ULONG length = RtlLengthSecurityDescriptor(InputSecurityDescriptor);
    PLIST_ENTRY bucket = ObpBucket(InputSecurityDescriptor, length);
    POBP_SHARED_DESCRIPTOR shared;
    for (PLIST_ENTRY link = bucket->Flink; link != bucket; link = link->Flink) {
        shared = CONTAINING_RECORD(link, OBP_SHARED_DESCRIPTOR, Links);
        if (shared->Length == length && RtlCompareMemory(shared->Descriptor, InputSecurityDescriptor, length) == length) {
            shared->References += RefBias;
            *OutputSecurityDescriptor = shared->Descriptor;
            return STATUS_SUCCESS;
        }
    }
    shared = ExAllocatePoolWithTag(PagedPool, sizeof(*shared) + length, OBP_TAG);
    if (shared == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    shared->References = RefBias;
    shared->Length = length;
    RtlCopyMemory(shared->Descriptor, InputSecurityDescriptor, length);
    InsertTailList(bucket, &shared->Links);
    *OutputSecurityDescriptor = shared->Descriptor;
    return STATUS_SUCCESS;
}

static POBP_SHARED_DESCRIPTOR ObpShared(PSECURITY_DESCRIPTOR Descriptor) { return CONTAINING_RECORD(Descriptor, OBP_SHARED_DESCRIPTOR, Descriptor); }

VOID NTAPI ObReferenceSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Count) { ObpShared(SecurityDescriptor)->References += Count; }

VOID NTAPI ObDereferenceSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Count) {
    POBP_SHARED_DESCRIPTOR shared = ObpShared(SecurityDescriptor);
    if (shared->References > Count) {
        shared->References -= Count;
        return;
    }
    RemoveEntryList(&shared->Links);
    ExFreePoolWithTag(shared, OBP_TAG);
}
