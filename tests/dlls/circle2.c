/* Imports from circle1.dll, which imports from this one. */
#include "told.h"

__declspec(dllimport) int circle1(int depth);
__declspec(dllexport) int circle2(int depth);
int circle2(int depth) { return depth ? circle1(depth - 1) : 2; }
WINBOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
    told("2", reason);
    return TRUE;
}
