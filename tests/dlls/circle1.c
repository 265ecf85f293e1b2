/* Imports from circle2.dll, which imports from this one. */
#include "told.h"

__declspec(dllimport) int circle2(int depth);
__declspec(dllexport) int circle1(int depth);
int circle1(int depth) { return depth ? circle2(depth - 1) : 1; }
WINBOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
    told("1", reason);
    return TRUE;
}
