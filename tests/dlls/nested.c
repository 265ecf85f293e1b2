/* Loads another DLL from its DllMain, with an importer of its own waiting (outer.dll). */
#include "told.h"

static HMODULE other;
__declspec(dllexport) int nested(void);
int nested(void) { return other != NULL; }
WINBOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
    if (reason == DLL_PROCESS_ATTACH) {
        log_add("(");
        other = LoadLibraryA("plain.dll");
        GetProcAddress(other, "twice");
        log_add(")");
    }
    told("N", reason);
    if (reason == DLL_PROCESS_DETACH && !reserved)
        FreeLibrary(other);
    return TRUE;
}
