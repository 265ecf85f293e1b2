/* Exports by name, by ordinal alone, as data, and forwarded ones. Imports nothing from other.dll. */
#include "told.h"

int value(void);
int hidden(void);
int number = 1234;
int value(void) { return 41; }
int hidden(void) { return 7; }
WINBOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
    told("P", reason);
    if (reason == DLL_PROCESS_ATTACH && reserved)
        log_add("!"); /* it is not what the program itself imports */
    return TRUE;
}
