/* Who may open the database and services ("Service Security and Access Rights"): the default descriptors, built once. */
#include "scmp.h"

#define SCM_CONNECTED (READ_CONTROL | SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE | 0x10u /* SC_MANAGER_QUERY_LOCK_STATUS */)
#define SCM_SYSTEM    (SCM_CONNECTED | 0x20u /* SC_MANAGER_MODIFY_BOOT_CONFIG */)
#define SERVICE_LOOKED_AT                                                                                                                            \
    (READ_CONTROL | SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS | SERVICE_ENUMERATE_DEPENDENTS | SERVICE_INTERROGATE | SERVICE_USER_DEFINED_CONTROL)
#define SERVICE_SYSTEM_USES (SERVICE_LOOKED_AT | SERVICE_START | SERVICE_STOP | SERVICE_PAUSE_CONTINUE)

typedef struct _SCM_PROTECTION {
    SECURITY_DESCRIPTOR Descriptor;
    ACL Acl;
    UCHAR Entries[128];
} SCM_PROTECTION;

static SCM_PROTECTION ManagerProtection, ServiceProtection;

static NTSTATUS Protect(SCM_PROTECTION *Protection, ACCESS_MASK Interactive, ACCESS_MASK System, ACCESS_MASK Administrators) {
    NTSTATUS Status = RtlCreateAcl(&Protection->Acl, sizeof *Protection - FIELD_OFFSET(SCM_PROTECTION, Acl), ACL_REVISION);

    if (NT_SUCCESS(Status))
        Status = RtlAddAccessAllowedAce(&Protection->Acl, ACL_REVISION, Interactive, SeExports->SeInteractiveSid);
    if (NT_SUCCESS(Status))
        Status = RtlAddAccessAllowedAce(&Protection->Acl, ACL_REVISION, System, SeExports->SeLocalSystemSid);
    if (NT_SUCCESS(Status))
        Status = RtlAddAccessAllowedAce(&Protection->Acl, ACL_REVISION, Administrators, SeExports->SeAliasAdminsSid);
    if (NT_SUCCESS(Status))
        Status = RtlCreateSecurityDescriptor(&Protection->Descriptor, SECURITY_DESCRIPTOR_REVISION);
    if (NT_SUCCESS(Status))
        Status = RtlSetDaclSecurityDescriptor(&Protection->Descriptor, TRUE, &Protection->Acl, FALSE);
    if (NT_SUCCESS(Status))
        Status = RtlSetOwnerSecurityDescriptor(&Protection->Descriptor, SeExports->SeLocalSystemSid, FALSE);
    return NT_SUCCESS(Status) ? RtlSetGroupSecurityDescriptor(&Protection->Descriptor, SeExports->SeLocalSystemSid, FALSE) : Status;
}

NTSTATUS ScmInitializeSecurity(PDEVICE_OBJECT Device) {
    SECURITY_DESCRIPTOR Open;
    HANDLE Handle;
    NTSTATUS Status = Protect(&ManagerProtection, SCM_CONNECTED, SCM_SYSTEM, SC_MANAGER_ALL_ACCESS);

    if (NT_SUCCESS(Status))
        Status = Protect(&ServiceProtection, SERVICE_LOOKED_AT, SERVICE_SYSTEM_USES, SERVICE_ALL_ACCESS);
    if (!NT_SUCCESS(Status))
        return Status;
    /* The rights of the database are not those of a file: the device lets everybody in as far as here. */
    RtlCreateSecurityDescriptor(&Open, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&Open, TRUE, NULL, FALSE);
    Status = ObOpenObjectByPointer(Device, OBJ_KERNEL_HANDLE, NULL, WRITE_DAC, NULL, KernelMode, &Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ZwSetSecurityObject(Handle, DACL_SECURITY_INFORMATION, &Open);
    ZwClose(Handle);
    return Status;
}

NTSTATUS ScmCheckAccess(BOOLEAN IsService, ACCESS_MASK Access, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode) {
    static GENERIC_MAPPING None; /* generic rights were mapped before they came here */
    ACCESS_MASK Granted;
    NTSTATUS Status;

    SeAccessCheck(IsService ? &ServiceProtection.Descriptor : &ManagerProtection.Descriptor, &AccessState->SubjectSecurityContext, FALSE, Access, 0,
                  NULL, &None, Mode, &Granted, &Status);
    return Status;
}
