/* Imports a function that its DLL does not have. */
#include <windows.h>

__declspec(dllimport) int NoSuchFunction(void);
int main(void) { return NoSuchFunction(); }
