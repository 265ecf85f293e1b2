/* Imports from a DLL that is not there. */
__declspec(dllimport) int gone(void);
__declspec(dllexport) int orphan(void);
int orphan(void) { return gone(); }
