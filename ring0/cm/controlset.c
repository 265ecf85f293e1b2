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
    ULONG Type = REG_NONE, Number = 0, Size = sizeof(Number);
    NTSTATUS Status = CmpQueryValue(SELECT_KEY, Name, &Type, &Number, &Size);
    return NT_SUCCESS(Status) && Type == REG_DWORD && Size == sizeof(Number) && Number <= MAX_SET ? Number : 0;
}

static VOID CmpSelectSet(PCWSTR Name, ULONG Number) {
    if (!NT_SUCCESS(CmpSetValue(SELECT_KEY, Name, REG_DWORD, &Number, sizeof(Number))))
        KdMessage("SYSTEM\\Select: %S cannot be set: no memory", Name);
}

/* "ControlSet001" into Buffer, which Name gets. */
static PCUNICODE_STRING CmpSetName(ULONG Number, PWSTR Buffer, PUNICODE_STRING Name) {
    static const WCHAR Pattern[] = L"ControlSet000";
    RtlCopyMemory(Buffer, Pattern, sizeof(Pattern));
    for (ULONG I = sizeof(Pattern) / sizeof(WCHAR) - 2; Number != 0; I--, Number /= 10)
        Buffer[I] = (WCHAR)(L'0' + Number % 10);
    RtlInitUnicodeString(Name, Buffer);
    return Name;
}

/* NULL: there is none of that number. */
static PCM_NODE CmpFindSet(ULONG Number) {
    WCHAR Buffer[16];
    UNICODE_STRING Name;
    return Number != 0 ? CmpFindChild(CmpNodeByPath(L"\\REGISTRY\\MACHINE\\SYSTEM"), CmpSetName(Number, Buffer, &Name)) : NULL;
}

static PCM_NODE CmpMakeSet(ULONG Number) {
    WCHAR Buffer[16];
    UNICODE_STRING Name;
    PCM_NODE Set = CmpFindSet(Number);
    if (Set == NULL) {
        Set = CmpCreateNode(CmpNodeByPath(L"\\REGISTRY\\MACHINE\\SYSTEM"), CmpSetName(Number, Buffer, &Name));
        if (Set != NULL)
            CmpLogKey(Set);
    }
    return Set;
}

PCUNICODE_STRING CmpDefaultControlSet(VOID) {
    static WCHAR Buffer[16];
    static UNICODE_STRING Name;
    ULONG Number = CmpSelected(L"Current");
    return CmpSetName(Number != 0 ? Number : 1, Buffer, &Name);
}

static VOID CmpWriteBootCount(ULONG Count) {
    CHAR Text[] = "0000\n";
    for (ULONG I = 4; I-- > 0; Count /= 10)
        Text[I] = (CHAR)('0' + Count % 10);
    if (HalOps->state_replace(BOOT_FILE, Text, sizeof(Text) - 1) != 0)
        KdMessage(BOOT_FILE ": cannot be written: boots that do not come up are not counted");
}

static VOID CmpCountBoot(VOID) {
    CHAR Text[4];
    ULONG Count = 0;
    int64_t Size = HalOps->state_read(BOOT_FILE, 0, Text, sizeof(Text));
    for (int64_t I = 0; I < Size && Text[I] >= '0' && Text[I] <= '9'; I++)
        Count = Count * 10 + (ULONG)(Text[I] - '0');
    CmpWriteBootCount(Count < 9999 ? Count + 1 : Count);
}

VOID CmpChooseControlSet(VOID) {
    ULONG Wanted = CmpSelected(L"Default"), Good = CmpSelected(L"LastKnownGood"), Number = Wanted, Failed = CmpSelected(L"Failed");
    if (KiMachine->stays_up)
        CmpCountBoot();
    if (CmpFindSet(Good) == NULL)
        Good = 0;
    if (CmpFindSet(Number) == NULL) {
        Number = Good != 0 ? Good : 1;
        if (Wanted != 0)
            KdMessage("SYSTEM\\Select: the default control set %lu is not there: control set %lu is used", Wanted, Number);
    }
    if (KiMachine->last_good && Good == 0) {
        KdMessage("--last-known-good: this machine has never come up, so there is none: control set %lu is used", Number);
    } else if (KiMachine->last_good) {
        if (Good != Number)
            Failed = Number;
        Number = Good;
    }
    if (CmpMakeSet(Number) == NULL)
        KiFatal("no memory for a control set at boot");
    CmpSelectSet(L"Current", Number);
    CmpSelectSet(L"Default", Number);
    CmpSelectSet(L"LastKnownGood", Good != 0 ? Good : Number);
    CmpSelectSet(L"Failed", Failed);
}

BOOLEAN CmFallBack(VOID) {
    ULONG Current = CmpSelected(L"Current"), Good = CmpSelected(L"LastKnownGood");
    if (!KiMachine->stays_up || Good == Current || CmpFindSet(Good) == NULL)
        return FALSE;
    CmpSelectSet(L"Failed", Current);
    CmpSelectSet(L"Default", Good);
    return NT_SUCCESS(CmpFlushStore());
}

VOID CmAcceptBoot(VOID) {
    ULONG Current = CmpSelected(L"Current"), Good = CmpSelected(L"LastKnownGood"), Failed = CmpSelected(L"Failed");
    if (!KiMachine->stays_up)
        return;
    if (Good == 0 || Good == Current || Good == Failed)
        for (Good = 1; Good == Current || Good == Failed; Good++)
            ;
    if (!KiMachine->safe) { /* a safe boot says nothing of the drivers that it leaves out */
        PCM_NODE From = CmpFindSet(Current), To = CmpMakeSet(Good);
        if (From != NULL && To != NULL && NT_SUCCESS(CmpCopyTree(From, To)))
            CmpSelectSet(L"LastKnownGood", Good);
        else
            KdMessage("SYSTEM: no memory for a copy of the control set: this boot is not the last known good one");
    }
    CmpFlushStore();
    CmpWriteBootCount(0);
}
