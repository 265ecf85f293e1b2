/* Imports from where.dll. */
__declspec(dllimport) int where(void);
__declspec(dllexport) int dependent(void);
int dependent(void) { return where(); }
