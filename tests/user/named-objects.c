/* Objects to be looked at: tests/t32-objects.t shows them while this waits for a line of input. */
#include <windows.h>
#include <stdio.h>

/* Everyone may do everything: a descriptor that is one block. */
static struct {
    SECURITY_DESCRIPTOR_RELATIVE Descriptor;
    ACL Acl;
    ACE_HEADER Header;
    DWORD Mask;
    SID Everyone;
} block = {{SECURITY_DESCRIPTOR_REVISION, 0, SE_SELF_RELATIVE | SE_DACL_PRESENT, 0, 0, 0, sizeof(SECURITY_DESCRIPTOR_RELATIVE)},
           {ACL_REVISION, 0, sizeof(ACL) + sizeof(ACE_HEADER) + sizeof(DWORD) + sizeof(SID), 1, 0},
           {ACCESS_ALLOWED_ACE_TYPE, 0, sizeof(ACE_HEADER) + sizeof(DWORD) + sizeof(SID)},
           EVENT_ALL_ACCESS,
           {SID_REVISION, 1, SECURITY_WORLD_SID_AUTHORITY, {SECURITY_WORLD_RID}}};

int main(void) {
    SECURITY_ATTRIBUTES security = {sizeof security, &block, FALSE};
    if (!CreateEventA(&security, TRUE, TRUE, "shown event") || !CreateMutexA(NULL, TRUE, "shown mutex") ||
        !CreateSemaphoreA(NULL, 2, 5, "Global\\shown semaphore"))
        return 1;
    DefineDosDeviceA(DDD_RAW_TARGET_PATH, "Shown", "\\Device\\First");
    DefineDosDeviceA(DDD_RAW_TARGET_PATH, "Shown", "\\Device\\Second");
    puts("there");
    fflush(stdout);
    getchar();
    return 0;
}
