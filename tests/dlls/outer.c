/* Imports from nested.dll. */
#include "told.h"

__declspec(dllimport) int nested(void);
__declspec(dllexport) int outer(void);
int outer(void) { return nested(); }
WINBOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
    told("U", reason);
    return TRUE;
}
