/*
 * Control sets ("The registry's control sets", SYSTEM\Select): which one a boot uses, and which one is the last known good.
 *
 * SYSTEM\Select names them by number: Current, the one in use; Default, what the next boot uses; LastKnownGood, a copy of the one with which the machine last
 * came up; Failed, the one that LastKnownGood replaced. How many boots in a row did not come up is in the state file "boot", which the host reads too.
 */
#include "cm/store.h"
#include "kd/kd.h"
#include "ke/ke.h"

#define BOOT_FILE  "boot"
#define SELECT_KEY L"\\REGISTRY\\MACHINE\\SYSTEM\\Select"
#define MAX_SET    999u

static ULONG CmpSelected(PCWSTR Name) {
    ULONG type = REG_NONE, number = 0, size = sizeof(number);
    NTSTATUS status = CmpQueryValue(SELECT_KEY, Name, &type, &number, &size);
    return NT_SUCCESS(status) && type == REG_DWORD && size == sizeof(number) && number <= MAX_SET ? number : 0;
}

static VOID CmpSelectSet(PCWSTR Name, ULONG Number) {
    if (!NT_SUCCESS(CmpSetValue(SELECT_KEY, Name, REG_DWORD, &Number, sizeof(Number))))
        KdMessage("SYSTEM\\Select: %S cannot be set: no memory", Name);
}

/* "ControlSet001" into Buffer, which Name gets. */
static PCUNICODE_STRING CmpSetName(ULONG Number, PWSTR Buffer, PUNICODE_STRING Name) {
    static const WCHAR pattern[] = L"ControlSet000";
    RtlCopyMemory(Buffer, pattern, sizeof(pattern));
    for (ULONG i = sizeof(pattern) / sizeof(WCHAR) - 2; Number != 0; i--, Number /= 10)
        Buffer[i] = (WCHAR)(L'0' + Number % 10);
    RtlInitUnicodeString(Name, Buffer);
    return Name;
}

/* NULL: there is none of that number. */
static PCM_NODE CmpFindSet(ULONG Number) {
    WCHAR buffer[16];
    UNICODE_STRING name;
    return Number != 0 ? CmpFindChild(CmpNodeByPath(L"\\REGISTRY\\MACHINE\\SYSTEM"), CmpSetName(Number, buffer, &name)) : NULL;
}

static PCM_NODE CmpMakeSet(ULONG Number) {
    WCHAR buffer[16];
    UNICODE_STRING name;
    PCM_NODE set = CmpFindSet(Number);
    if (set == NULL) {
        set = CmpCreateNode(CmpNodeByPath(L"\\REGISTRY\\MACHINE\\SYSTEM"), CmpSetName(Number, buffer, &name));
        if (set != NULL)
            CmpLogKey(set);
    }
    return set;
}

PCUNICODE_STRING CmpDefaultControlSet(VOID) {
    static WCHAR buffer[16];
    static UNICODE_STRING name;
    ULONG number = CmpSelected(L"Current");
    return CmpSetName(number != 0 ? number : 1, buffer, &name);
}

static VOID CmpWriteBootCount(ULONG Count) {
    CHAR text[] = "0000\n";
    for (ULONG i = 4; i-- > 0; Count /= 10)
        text[i] = (CHAR)('0' + Count % 10);
    if (HalOps->state_replace(BOOT_FILE, text, sizeof(text) - 1) != 0)
        KdMessage(BOOT_FILE ": cannot be written: boots that do not come up are not counted");
}

static VOID CmpCountBoot(VOID) {
    CHAR text[4];
    ULONG count = 0;
    int64_t size = HalOps->state_read(BOOT_FILE, 0, text, sizeof(text));
    for (int64_t i = 0; i < size && text[i] >= '0' && text[i] <= '9'; i++)
        count = count * 10 + (ULONG)(text[i] - '0');
    CmpWriteBootCount(count < 9999 ? count + 1 : count);
}

VOID CmpChooseControlSet(VOID) {
    ULONG wanted = CmpSelected(L"Default"), good = CmpSelected(L"LastKnownGood"), number = wanted, failed = CmpSelected(L"Failed");
    if (KiMachine->stays_up)
        CmpCountBoot();
    if (CmpFindSet(good) == NULL)
        good = 0;
    if (CmpFindSet(number) == NULL) {
        number = good != 0 ? good : 1;
        if (wanted != 0)
            KdMessage("SYSTEM\\Select: the default control set %lu is not there: control set %lu is used", wanted, number);
    }
    if (KiMachine->last_good && good == 0) {
        KdMessage("--last-known-good: this machine has never come up, so there is none: control set %lu is used", number);
    } else if (KiMachine->last_good) {
        if (good != number)
            failed = number;
        number = good;
    }
    if (CmpMakeSet(number) == NULL)
        KiFatal("no memory for a control set at boot");
    CmpSelectSet(L"Current", number);
    CmpSelectSet(L"Default", number);
    CmpSelectSet(L"LastKnownGood", good != 0 ? good : number);
    CmpSelectSet(L"Failed", failed);
}

BOOLEAN CmFallBack(VOID) {
    ULONG current = CmpSelected(L"Current"), good = CmpSelected(L"LastKnownGood");
    if (!KiMachine->stays_up || good == current || CmpFindSet(good) == NULL)
        return FALSE;
    CmpSelectSet(L"Failed", current);
    CmpSelectSet(L"Default", good);
    return NT_SUCCESS(CmpFlushStore());
}

VOID CmAcceptBoot(VOID) {
    ULONG current = CmpSelected(L"Current"), good = CmpSelected(L"LastKnownGood"), failed = CmpSelected(L"Failed");
    if (!KiMachine->stays_up)
        return;
    if (good == 0 || good == current || good == failed)
        for (good = 1; good == current || good == failed; good++)
            ;
    if (!KiMachine->safe) { /* a safe boot says nothing of the drivers that it leaves out */
        PCM_NODE from = CmpFindSet(current), to = CmpMakeSet(good);
        if (from != NULL && to != NULL && NT_SUCCESS(CmpCopyTree(from, to)))
            CmpSelectSet(L"LastKnownGood", good);
        else
            KdMessage("SYSTEM: no memory for a copy of the control set: this boot is not the last known good one");
    }
    CmpFlushStore();
    CmpWriteBootCount(0);
}
