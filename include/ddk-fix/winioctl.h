/* winioctl.h, whose device interface GUIDs mingw-w64 would define once more in a source that defines INITGUID before windows.h, which includes it too. */
#if !defined(INITGUID) || !defined(RINGSIDE_WINIOCTL_GUIDS)
#ifdef INITGUID
#define RINGSIDE_WINIOCTL_GUIDS
#endif
#include_next <winioctl.h>
#endif
