/* Inside kd/. */
#pragma once
#include "kd/kd.h"

/* Adds text to the line being collected; each newline sends one off. */
VOID KdpPutText(const WCHAR *Text, SIZE_T Count);
/* Is output of Level from Component to be shown? */
BOOLEAN KdpIsEnabled(ULONG Component, ULONG Level);
