/* Says which of several copies it is. */
__declspec(dllexport) int where(void);
int where(void) { return WHERE; }
