/* reg query */
#include "reg.h"
#include <stdlib.h>
#include <wchar.h>

#define NAME_ROOM 16384

static void PrintValue(const wchar_t *name, DWORD type, const BYTE *data, DWORD size) {
    wchar_t *text = FormatData(type, data, size);

    Print(L"    %ls    %ls    %ls\n", *name != 0 ? name : L"(Default)", TypeName(type), text != NULL ? text : L"");
    free(text);
}

/* FALSE: the value that was asked for is not in this key. */
static BOOL PrintValues(HKEY key, const wchar_t *path, const wchar_t *wanted) {
    wchar_t *name = malloc(NAME_ROOM * sizeof *name);
    BYTE *data = NULL;
    DWORD longest = 0;
    BOOL any = FALSE;

    if (RegQueryInfoKeyW(key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &longest, NULL, NULL) == ERROR_SUCCESS)
        data = malloc((size_t)longest + 1);
    for (DWORD i = 0; name != NULL && data != NULL; i++) {
        DWORD room = NAME_ROOM, size = longest, type;

        if (RegEnumValueW(key, i, name, &room, NULL, &type, data, &size) != ERROR_SUCCESS)
            break;
        if (wanted != NULL && _wcsicmp(wanted, name) != 0)
            continue;
        if (!any)
            Print(L"\n%ls\n", path);
        any = TRUE;
        PrintValue(name, type, data, size);
    }
    free(name);
    free(data);
    return any;
}

static wchar_t *Join(const wchar_t *path, const wchar_t *name) {
    wchar_t *joined = malloc((wcslen(path) + wcslen(name) + 2) * sizeof *joined);

    if (joined != NULL)
        wcscat(wcscat(wcscpy(joined, path), L"\\"), name);
    return joined;
}

/* Names of subkeys, or with /s what is in them. */
static BOOL Walk(HKEY key, const wchar_t *path, const request *request) {
    wchar_t name[257];
    BOOL any = PrintValues(key, path, request->value);

    if (any && request->value == NULL)
        Print(L"\n");
    for (DWORD i = 0;; i++) {
        DWORD room = ARRAYSIZE(name);
        wchar_t *below;
        HKEY child;

        if ((request->value != NULL && !request->subkeys) || RegEnumKeyExW(key, i, name, &room, NULL, NULL, NULL, NULL) != ERROR_SUCCESS)
            return any;
        below = Join(path, name);
        if (below != NULL && !request->subkeys)
            Print(L"%ls\n", below);
        else if (below != NULL && RegOpenKeyExW(key, name, 0, KEY_READ, &child) == ERROR_SUCCESS) {
            any |= Walk(child, below, request);
            RegCloseKey(child);
        }
        free(below);
    }
}

int VerbQuery(const request *request) {
    wchar_t *path = *request->path != 0 ? Join(request->root_name, request->path) : _wcsdup(request->root_name);
    HKEY key;
    LSTATUS error = RegOpenKeyExW(request->root, request->path, 0, KEY_READ, &key);
    BOOL any;

    if (error != ERROR_SUCCESS || path == NULL) {
        free(path);
        return ComplainOf(error != ERROR_SUCCESS ? error : ERROR_NOT_ENOUGH_MEMORY);
    }
    any = Walk(key, path, request);
    RegCloseKey(key);
    free(path);
    if (request->value == NULL)
        return 0;
    Print(L"\n");
    return any ? 0 : ComplainOf(ERROR_FILE_NOT_FOUND);
}
