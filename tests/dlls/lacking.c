/* Imports a function that other.dll does not have. */
#include "told.h"

__declspec(dllimport) int thrice(int value);
__declspec(dllexport) int lacking(void);
int lacking(void) { return thrice(1); }
WINBOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
    told("L", reason);
    return TRUE;
}
