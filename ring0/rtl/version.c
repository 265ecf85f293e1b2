/* The version this machine claims: Windows 10 22H2, build 19045, a workstation. */
#include "rtl/rtlp.h"

#define MAJOR 10
#define MINOR 0
#define BUILD 19045

NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW VersionInformation) {
    VersionInformation->dwMajorVersion = MAJOR;
    VersionInformation->dwMinorVersion = MINOR;
    VersionInformation->dwBuildNumber = BUILD;
    VersionInformation->dwPlatformId = 2; /* VER_PLATFORM_WIN32_NT */
    VersionInformation->szCSDVersion[0] = 0;
    if (VersionInformation->dwOSVersionInfoSize == sizeof(RTL_OSVERSIONINFOEXW)) {
        PRTL_OSVERSIONINFOEXW Extended = (PRTL_OSVERSIONINFOEXW)VersionInformation;
        Extended->wServicePackMajor = 0;
        Extended->wServicePackMinor = 0;
        Extended->wSuiteMask = VER_SUITE_SINGLEUSERTS;
        Extended->wProductType = VER_NT_WORKSTATION;
        Extended->wReserved = 0;
    }
    return STATUS_SUCCESS;
}

#undef RtlIsNtDdiVersionAvailable /* the DDK links a copy of it into drivers, by another name */
BOOLEAN NTAPI RtlIsNtDdiVersionAvailable(ULONG Version);

/* NTDDI versions: operating system in the upper 16 bits, service pack 0 asked for here. */
BOOLEAN NTAPI RtlIsNtDdiVersionAvailable(ULONG Version) { return (Version & 0xFFFF) == 0 && Version <= 0x0A000000; }

VOID NTAPI RtlGetNtVersionNumbers(PULONG Major, PULONG Minor, PULONG Build);
VOID NTAPI RtlGetNtVersionNumbers(PULONG Major, PULONG Minor, PULONG Build) {
    if (Major) {
        *Major = MAJOR;
    }
    if (Minor) {
        *Minor = MINOR;
    }
    if (Build) {
        *Build = 0xF0000000 | BUILD; /* F: a free build */
    }
}

#define CONDITION_BITS 3

ULONGLONG NTAPI VerSetConditionMask(ULONGLONG ConditionMask, ULONG TypeMask, UCHAR Condition) {
    for (ULONG Bit = 0; Bit < 8; Bit++) {
        if (TypeMask & 1u << Bit) {
            ConditionMask |= (ULONGLONG)(Condition & VER_CONDITION_MASK) << (Bit * CONDITION_BITS);
            break;
        }
    }
    return ConditionMask;
}

static ULONG RtlpCondition(ULONGLONG Mask, ULONG Type) { return (ULONG)(Mask >> ((ULONG)__builtin_ctz(Type) * CONDITION_BITS)) & VER_CONDITION_MASK; }

static BOOLEAN RtlpMeets(ULONG Have, ULONG Want, ULONG Condition) {
    switch (Condition) {
    case VER_EQUAL: return Have == Want;
    case VER_GREATER: return Have > Want;
    case VER_GREATER_EQUAL: return Have >= Want;
    case VER_LESS: return Have < Want;
    case VER_LESS_EQUAL: return Have <= Want;
    default: return FALSE;
    }
}

/* Major, minor and service pack are compared as one number of several digits, by the condition of the highest one asked for. */
NTSTATUS NTAPI RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW VersionInfo, ULONG TypeMask, ULONGLONG ConditionMask) {
    if (!TypeMask || !ConditionMask) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((TypeMask & VER_BUILDNUMBER) && !RtlpMeets(BUILD, VersionInfo->dwBuildNumber, RtlpCondition(ConditionMask, VER_BUILDNUMBER))) {
        return STATUS_REVISION_MISMATCH;
    }
    if ((TypeMask & VER_PLATFORMID) && !RtlpMeets(2, VersionInfo->dwPlatformId, RtlpCondition(ConditionMask, VER_PLATFORMID))) {
        return STATUS_REVISION_MISMATCH;
    }
    if ((TypeMask & VER_PRODUCT_TYPE) && !RtlpMeets(VER_NT_WORKSTATION, VersionInfo->wProductType, RtlpCondition(ConditionMask, VER_PRODUCT_TYPE))) {
        return STATUS_REVISION_MISMATCH;
    }
    if (TypeMask & VER_SUITENAME) {
        ULONG Common = VersionInfo->wSuiteMask & VER_SUITE_SINGLEUSERTS;
        ULONG Condition = RtlpCondition(ConditionMask, VER_SUITENAME);
        if ((Condition == VER_AND && Common != VersionInfo->wSuiteMask) || (Condition == VER_OR && !Common) ||
            (Condition != VER_AND && Condition != VER_OR)) {
            return STATUS_REVISION_MISMATCH;
        }
    }
    const struct {
        ULONG Type, Have, Want;
    } Part[] = {{VER_MAJORVERSION, MAJOR, VersionInfo->dwMajorVersion},
                {VER_MINORVERSION, MINOR, VersionInfo->dwMinorVersion},
                {VER_SERVICEPACKMAJOR, 0, VersionInfo->wServicePackMajor},
                {VER_SERVICEPACKMINOR, 0, VersionInfo->wServicePackMinor}};
    ULONG Condition = 0;
    for (ULONG I = 0; I < RTL_NUMBER_OF(Part); I++) {
        if (!(TypeMask & Part[I].Type)) {
            continue;
        }
        Condition = Condition ? Condition : RtlpCondition(ConditionMask, Part[I].Type);
        if (Part[I].Have != Part[I].Want) {
            return Condition != VER_EQUAL && RtlpMeets(Part[I].Have, Part[I].Want, Condition) ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH;
        }
    }
    return !Condition || RtlpMeets(0, 0, Condition) ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH;
}
