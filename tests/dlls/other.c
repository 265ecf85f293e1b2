/* Functions that plain.dll forwards to. */
#include "told.h"

__declspec(dllexport) int twice(int value);
int twice(int value) { return value * 2; }
WINBOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
    told("O", reason);
    return TRUE;
}
