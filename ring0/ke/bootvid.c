/*
 * The boot display (Inbv). The machine has no boot video driver, and the display is nobody's from the start, as it is on Windows when a display driver runs:
 * what is said to it is kept where a caller can ask for it again, and nothing is shown.
 */
#include "ke/ke.h"

#define WHITE 15u

static BOOLEAN KipDisplayOwned, KipStringsEnabled;
static ULONG KipTextColor = WHITE;

BOOLEAN NTAPI InbvIsBootDriverInstalled(VOID);
VOID NTAPI InbvAcquireDisplayOwnership(VOID);
BOOLEAN NTAPI InbvCheckDisplayOwnership(VOID);
VOID NTAPI InbvNotifyDisplayOwnershipLost(PVOID ResetDisplayParameters);
BOOLEAN NTAPI InbvEnableDisplayString(BOOLEAN Enable);
BOOLEAN NTAPI InbvDisplayString(PCSTR String);
BOOLEAN NTAPI InbvResetDisplay(VOID);
VOID NTAPI InbvEnableBootDriver(BOOLEAN Enable);
VOID NTAPI InbvSetScrollRegion(ULONG Left, ULONG Top, ULONG Right, ULONG Bottom);
ULONG NTAPI InbvSetTextColor(ULONG Color);
VOID NTAPI InbvSolidColorFill(ULONG Left, ULONG Top, ULONG Right, ULONG Bottom, ULONG Color);

BOOLEAN NTAPI InbvIsBootDriverInstalled(VOID) { return FALSE; }

VOID NTAPI InbvAcquireDisplayOwnership(VOID) { KipDisplayOwned = TRUE; }

BOOLEAN NTAPI InbvCheckDisplayOwnership(VOID) { return KipDisplayOwned; }

VOID NTAPI InbvNotifyDisplayOwnershipLost(PVOID ResetDisplayParameters) { KipDisplayOwned = FALSE; }

BOOLEAN NTAPI InbvEnableDisplayString(BOOLEAN Enable) {
    BOOLEAN Old = KipStringsEnabled;
    KipStringsEnabled = Enable;
    return Old;
}

BOOLEAN NTAPI InbvDisplayString(PCSTR String) { return FALSE; }

BOOLEAN NTAPI InbvResetDisplay(VOID) { return FALSE; }

VOID NTAPI InbvEnableBootDriver(BOOLEAN Enable) {}

VOID NTAPI InbvSetScrollRegion(ULONG Left, ULONG Top, ULONG Right, ULONG Bottom) {}

ULONG NTAPI InbvSetTextColor(ULONG Color) {
    ULONG Old = KipTextColor;
    KipTextColor = Color;
    return Old;
}

VOID NTAPI InbvSolidColorFill(ULONG Left, ULONG Top, ULONG Right, ULONG Bottom, ULONG Color) {}
