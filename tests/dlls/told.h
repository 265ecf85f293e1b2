/* A DLL that writes down what its DllMain is told: NAME+ attached, NAME- detached, NAMEt and NAMEd for threads. */
#pragma once
#include <windows.h>

__declspec(dllimport) void log_add(const char *what);
static void told(const char *name, DWORD reason) {
    static const char *const what[] = {"-", "+", "t", "d"};
    log_add(name);
    log_add(what[reason]);
}
