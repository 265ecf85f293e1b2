/* Static thread local storage and a TLS callback, in a DLL. */
#include "told.h"

#define ALIGNED 64
static __thread int counter = 100;
static __thread __attribute__((aligned(ALIGNED))) char aligned[8];
__declspec(dllexport) int count(void);
__declspec(dllexport) int is_aligned(void);
int count(void) { return ++counter; }
int is_aligned(void) { return ((ULONG_PTR)aligned & (ALIGNED - 1)) == 0 && aligned[0] == 0; }
static void WINAPI callback(PVOID dll, DWORD reason, PVOID reserved) { told("c", reason); }
__attribute__((section(".CRT$XLC"), used)) static const PIMAGE_TLS_CALLBACK entry = callback;
WINBOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) {
    told("T", reason);
    return TRUE;
}
