/* reg add, reg delete */
#include "reg.h"
#include <stdlib.h>
#include <wchar.h>

/* Without /f, a person is asked; the end of input means no. */
static BOOL Agree(const wchar_t *what, const wchar_t *name) {
    char answer[16] = "";
    DWORD size = 0;

    Print(L"%ls %ls (Yes/No)? ", what, name);
    return ReadFile(GetStdHandle(STD_INPUT_HANDLE), answer, sizeof answer - 1, &size, NULL) && size != 0 && (answer[0] == 'y' || answer[0] == 'Y');
}

int VerbAdd(const request *request) {
    DWORD type = REG_SZ, size = 0;
    BYTE *data = NULL;
    HKEY key;
    LSTATUS error;

    if (request->type != NULL && !FindType(request->type, &type))
        return Complain(L"Invalid syntax. The type is not one that values can have.");
    if (request->value != NULL) {
        data = MakeData(type, request->data != NULL ? request->data : type == REG_DWORD || type == REG_QWORD ? L"0" : L"", request->separator, &size);
        if (data == NULL)
            return Complain(L"Invalid syntax. The data are not of that type.");
    }
    error = RegCreateKeyExW(request->root, request->path, 0, NULL, 0, KEY_READ | KEY_WRITE, NULL, &key, NULL);
    if (error == ERROR_SUCCESS) {
        if (request->value != NULL && !request->force && RegQueryValueExW(key, request->value, NULL, NULL, NULL, NULL) == ERROR_SUCCESS &&
            !Agree(L"Overwrite the value", *request->value != 0 ? request->value : L"(Default)")) {
            RegCloseKey(key);
            free(data);
            return Complain(L"The operation was canceled by the user.");
        }
        if (request->value != NULL)
            error = RegSetValueExW(key, request->value, 0, type, data, size);
        RegCloseKey(key);
    }
    free(data);
    return error == ERROR_SUCCESS ? Succeed() : ComplainOf(error);
}

static LSTATUS DeleteValues(HKEY key) {
    wchar_t *name = malloc(16384 * sizeof *name);
    LSTATUS error = name != NULL ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;

    while (error == ERROR_SUCCESS) {
        DWORD room = 16384;

        error = RegEnumValueW(key, 0, name, &room, NULL, NULL, NULL, NULL);
        if (error == ERROR_SUCCESS)
            error = RegDeleteValueW(key, name);
    }
    free(name);
    return error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : error;
}

int VerbDelete(const request *request) {
    BOOL values = request->value != NULL || request->all_values;
    HKEY key;
    LSTATUS error;

    if (*request->path == 0 && !values)
        return Complain(L"Invalid key name: a root cannot be deleted.");
    if (!request->force && !Agree(values ? L"Delete the registry value" : L"Permanently delete the registry key",
                                  request->value != NULL ? request->value : request->path))
        return Complain(L"The operation was canceled by the user.");
    if (!values) {
        error = RegDeleteTreeW(request->root, request->path);
        return error == ERROR_SUCCESS ? Succeed() : ComplainOf(error);
    }
    error = RegOpenKeyExW(request->root, request->path, 0, KEY_READ | KEY_SET_VALUE, &key);
    if (error == ERROR_SUCCESS) {
        error = request->all_values ? DeleteValues(key) : RegDeleteValueW(key, request->value);
        RegCloseKey(key);
    }
    return error == ERROR_SUCCESS ? Succeed() : ComplainOf(error);
}
