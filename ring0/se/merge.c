/* A security descriptor out of parts of two others. */
#include "se/sep.h"

NTSTATUS SepMergeDescriptors(PSECURITY_DESCRIPTOR Old, PSECURITY_DESCRIPTOR Given, ULONG Information, PSECURITY_DESCRIPTOR *Merged) {
    static SECURITY_DESCRIPTOR_RELATIVE Empty = {.Revision = SECURITY_DESCRIPTOR_REVISION, .Control = SE_SELF_RELATIVE};
    SECURITY_DESCRIPTOR Parts = {.Revision = SECURITY_DESCRIPTOR_REVISION};
    ULONG Length = 0;
    if (Old == NULL)
        Old = &Empty;
    if (Given == NULL)
        Given = &Empty;
    PSECURITY_DESCRIPTOR Owner = Information & OWNER_SECURITY_INFORMATION ? Given : Old;
    PSECURITY_DESCRIPTOR Group = Information & GROUP_SECURITY_INFORMATION ? Given : Old;
    PSECURITY_DESCRIPTOR Dacl = Information & DACL_SECURITY_INFORMATION ? Given : Old;
    PSECURITY_DESCRIPTOR Sacl = Information & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION) ? Given : Old;
    if (!(Information & SEP_ABSENT_PARTS_ALLOWED)) {
        if ((Information & OWNER_SECURITY_INFORMATION) && SepOwner(Given) == NULL)
            return STATUS_INVALID_OWNER;
        if ((Information & GROUP_SECURITY_INFORMATION) && SepGroup(Given) == NULL)
            return STATUS_INVALID_PRIMARY_GROUP;
    }
    Parts.Owner = SepOwner(Owner);
    Parts.Group = SepGroup(Group);
    Parts.Dacl = SepDacl(Dacl);
    Parts.Sacl = SepSacl(Sacl);
    Parts.Control = (((SECURITY_DESCRIPTOR *)Owner)->Control & SE_OWNER_DEFAULTED) | (((SECURITY_DESCRIPTOR *)Group)->Control & SE_GROUP_DEFAULTED) |
                    (((SECURITY_DESCRIPTOR *)Dacl)->Control & (SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_AUTO_INHERITED | SE_DACL_PROTECTED)) |
                    (((SECURITY_DESCRIPTOR *)Sacl)->Control & (SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_AUTO_INHERITED | SE_SACL_PROTECTED));
    RtlAbsoluteToSelfRelativeSD(&Parts, NULL, &Length);
    *Merged = ExAllocatePoolWithTag(PagedPool, Length, SEP_TAG);
    return *Merged != NULL ? RtlAbsoluteToSelfRelativeSD(&Parts, *Merged, &Length) : STATUS_INSUFFICIENT_RESOURCES;
}
