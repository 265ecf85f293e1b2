/* A security descriptor out of parts of two others. */
#include "se/sep.h"

NTSTATUS SepMergeDescriptors(PSECURITY_DESCRIPTOR Old, PSECURITY_DESCRIPTOR Given, ULONG Information, PSECURITY_DESCRIPTOR *Merged) {
    static SECURITY_DESCRIPTOR_RELATIVE empty = {.Revision = SECURITY_DESCRIPTOR_REVISION, .Control = SE_SELF_RELATIVE};
    SECURITY_DESCRIPTOR parts = {.Revision = SECURITY_DESCRIPTOR_REVISION};
    ULONG length = 0;
    PSECURITY_DESCRIPTOR old = Old != NULL ? Old : &empty, given = Given != NULL ? Given : &empty;
    PSECURITY_DESCRIPTOR owner = Information & OWNER_SECURITY_INFORMATION ? given : old;
    PSECURITY_DESCRIPTOR group = Information & GROUP_SECURITY_INFORMATION ? given : old;
    PSECURITY_DESCRIPTOR dacl = Information & DACL_SECURITY_INFORMATION ? given : old;
    PSECURITY_DESCRIPTOR sacl = Information & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION) ? given : old;
    if (!(Information & SEP_ABSENT_PARTS_ALLOWED)) {
        if ((Information & OWNER_SECURITY_INFORMATION) && SepOwner(given) == NULL)
            return STATUS_INVALID_OWNER;
        if ((Information & GROUP_SECURITY_INFORMATION) && SepGroup(given) == NULL)
            return STATUS_INVALID_PRIMARY_GROUP;
    }
    parts.Owner = SepOwner(owner);
    parts.Group = SepGroup(group);
    parts.Dacl = SepDacl(dacl);
    parts.Sacl = SepSacl(sacl);
    parts.Control = (((SECURITY_DESCRIPTOR *)owner)->Control & SE_OWNER_DEFAULTED) | (((SECURITY_DESCRIPTOR *)group)->Control & SE_GROUP_DEFAULTED) |
                    (((SECURITY_DESCRIPTOR *)dacl)->Control & (SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_AUTO_INHERITED | SE_DACL_PROTECTED)) |
                    (((SECURITY_DESCRIPTOR *)sacl)->Control & (SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_AUTO_INHERITED | SE_SACL_PROTECTED));
    RtlAbsoluteToSelfRelativeSD(&parts, NULL, &length);
    *Merged = ExAllocatePoolWithTag(PagedPool, length, SEP_TAG);
    return *Merged != NULL ? RtlAbsoluteToSelfRelativeSD(&parts, *Merged, &length) : STATUS_INSUFFICIENT_RESOURCES;
}
