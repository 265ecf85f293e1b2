/* The command line. */
#include "reg.h"
#include <wchar.h>

static const struct {
    const wchar_t *brief, *name;
    HKEY key;
} roots[] = {
    {L"HKLM", L"HKEY_LOCAL_MACHINE", HKEY_LOCAL_MACHINE},   {L"HKCU", L"HKEY_CURRENT_USER", HKEY_CURRENT_USER},
    {L"HKCR", L"HKEY_CLASSES_ROOT", HKEY_CLASSES_ROOT},     {L"HKU", L"HKEY_USERS", HKEY_USERS},
    {L"HKCC", L"HKEY_CURRENT_CONFIG", HKEY_CURRENT_CONFIG},
};

static const struct {
    const wchar_t *name, *usage;
    int (*run)(const request *request);
} verbs[] = {
    {L"query", L"KEY [/v NAME | /ve] [/s]", VerbQuery},
    {L"add", L"KEY [/v NAME | /ve] [/t TYPE] [/s SEPARATOR] [/d DATA] [/f]", VerbAdd},
    {L"delete", L"KEY [/v NAME | /ve | /va] [/f]", VerbDelete},
};

int Complain(const wchar_t *text) {
    Print(L"ERROR: %ls\n", text);
    return 1;
}

int ComplainOf(LSTATUS error) {
    wchar_t *text;

    if (error == ERROR_FILE_NOT_FOUND)
        return Complain(L"The system was unable to find the specified registry key or value.");
    text = ErrorText((DWORD)error);
    Print(L"ERROR: %ls\n", text != NULL ? text : L"unknown");
    LocalFree(text);
    return 1;
}

int Succeed(void) {
    Print(L"The operation completed successfully.\n");
    return 0;
}

static int Usage(void) {
    for (size_t i = 0; i < ARRAYSIZE(verbs); i++)
        Print(L"REG %ls %ls\n", verbs[i].name, verbs[i].usage);
    Print(L"\nKEY is HKLM, HKCU, HKCR, HKU or HKCC, in full or in brief, a backslash, and the rest.\n");
    return 1;
}

static BOOL FindRoot(request *request, wchar_t *key) {
    wchar_t *rest = wcschr(key, '\\');

    if (rest != NULL)
        *rest++ = 0;
    request->path = rest != NULL ? rest : key + wcslen(key);
    for (size_t i = 0; i < ARRAYSIZE(roots); i++) {
        if (_wcsicmp(key, roots[i].brief) == 0 || _wcsicmp(key, roots[i].name) == 0) {
            request->root = roots[i].key;
            request->root_name = roots[i].name;
            return TRUE;
        }
    }
    return FALSE;
}

/* Options that take the next word. */
static const wchar_t **Target(request *request, const wchar_t *option, BOOL adding) {
    if (_wcsicmp(option, L"/v") == 0)
        return &request->value;
    if (_wcsicmp(option, L"/t") == 0)
        return &request->type;
    if (_wcsicmp(option, L"/d") == 0)
        return &request->data;
    return adding && _wcsicmp(option, L"/s") == 0 ? &request->separator : NULL;
}

static BOOL TakeOptions(request *request, int count, wchar_t **arguments, BOOL adding) {
    for (int i = 0; i < count; i++) {
        const wchar_t **target = Target(request, arguments[i], adding);

        if (target != NULL) {
            if (++i == count)
                return FALSE;
            *target = arguments[i];
        } else if (_wcsicmp(arguments[i], L"/ve") == 0) {
            request->value = L"";
        } else if (_wcsicmp(arguments[i], L"/va") == 0) {
            request->all_values = TRUE;
        } else if (_wcsicmp(arguments[i], L"/s") == 0) {
            request->subkeys = TRUE;
        } else if (_wcsicmp(arguments[i], L"/f") == 0) {
            request->force = TRUE;
        } else {
            return FALSE;
        }
    }
    return TRUE;
}

int wmain(int count, wchar_t **arguments) {
    request request = {.separator = L"\\0"};

    for (size_t i = 0; count > 2 && i < ARRAYSIZE(verbs); i++) {
        if (_wcsicmp(arguments[1], verbs[i].name) != 0)
            continue;
        if (!FindRoot(&request, arguments[2]))
            return Complain(L"Invalid key name.");
        if (!TakeOptions(&request, count - 3, arguments + 3, verbs[i].run == VerbAdd))
            return Complain(L"Invalid syntax.");
        return verbs[i].run(&request);
    }
    return Usage();
}
