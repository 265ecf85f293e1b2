/* Writes to its own code: 0xBE. */
#include "bad.h"

MISTAKE VOID Mistake(VOID) { *(volatile UCHAR *)(ULONG_PTR)DriverEntry = 0x90; }
