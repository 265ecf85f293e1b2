/* Wants to hear nothing of threads. */
#include "told.h"

WINBOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
    told("Q", reason);
    return reason != DLL_PROCESS_ATTACH || DisableThreadLibraryCalls(dll);
}
