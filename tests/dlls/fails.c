/* DllMain says no. */
#include "told.h"

__declspec(dllimport) int twice(int value);
__declspec(dllexport) int use(void);
int use(void) { return twice(1); }
WINBOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
    told("F", reason);
    return FALSE;
}
