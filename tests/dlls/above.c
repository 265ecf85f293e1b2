/* Imports from fails.dll: is never told anything. */
#include "told.h"

__declspec(dllimport) int use(void);
__declspec(dllexport) int above(void);
int above(void) { return use(); }
WINBOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
    told("A", reason);
    return TRUE;
}
