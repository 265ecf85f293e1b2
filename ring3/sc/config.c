/* How a service is set up: create, config, qc. */
#include "sc.h"
#include <stdlib.h>
#include <wchar.h>

/* The words of the command line, then those of the output. */
static const word type_words[] = {
    {L"own", SERVICE_WIN32_OWN_PROCESS},
    {L"share", SERVICE_WIN32_SHARE_PROCESS},
    {L"interact", SERVICE_INTERACTIVE_PROCESS},
    {L"kernel", SERVICE_KERNEL_DRIVER},
    {L"filesys", SERVICE_FILE_SYSTEM_DRIVER},
    {L"rec", SERVICE_RECOGNIZER_DRIVER},
    {L"adapt", SERVICE_ADAPTER},
    {NULL, 0},
};
#define DELAYED 0x100u /* auto, and a second call */
static const word start_words[] = {
    {L"boot", SERVICE_BOOT_START},
    {L"system", SERVICE_SYSTEM_START},
    {L"auto", SERVICE_AUTO_START},
    {L"demand", SERVICE_DEMAND_START},
    {L"disabled", SERVICE_DISABLED},
    {L"delayed-auto", SERVICE_AUTO_START | DELAYED},
    {NULL, 0},
};
static const word error_words[] = {
    {L"ignore", SERVICE_ERROR_IGNORE},
    {L"normal", SERVICE_ERROR_NORMAL},
    {L"severe", SERVICE_ERROR_SEVERE},
    {L"critical", SERVICE_ERROR_CRITICAL},
    {NULL, 0},
};
static const word yes_no[] = {{L"yes", TRUE}, {L"no", FALSE}, {NULL, 0}};
static const word type_names[] = {
    {L"KERNEL_DRIVER", SERVICE_KERNEL_DRIVER},
    {L"FILE_SYSTEM_DRIVER", SERVICE_FILE_SYSTEM_DRIVER},
    {L"ADAPTER", SERVICE_ADAPTER},
    {L"RECOGNIZER_DRIVER", SERVICE_RECOGNIZER_DRIVER},
    {L"WIN32_OWN_PROCESS", SERVICE_WIN32_OWN_PROCESS},
    {L"WIN32_SHARE_PROCESS", SERVICE_WIN32_SHARE_PROCESS},
    {NULL, 0},
};
static const wchar_t *const start_names[] = {L"BOOT_START", L"SYSTEM_START", L"AUTO_START", L"DEMAND_START", L"DISABLED"};
static const wchar_t *const error_names[] = {L"IGNORE", L"NORMAL", L"SEVERE", L"CRITICAL"};

typedef struct {
    DWORD type, start, error, tag;
    wchar_t *path, *group, *depend, *account, *display, *password;
} options;

/* "one/two/+three" as a list that ends in two terminators, from malloc; "/" or "" is the empty list. */
static wchar_t *List(const wchar_t *text) {
    size_t length = wcslen(text), used = 0;
    wchar_t *list = malloc((length + 2) * sizeof *list);

    if (list == NULL)
        return NULL;
    for (size_t i = 0; i <= length; i++) {
        if (text[i] != '/' && text[i] != 0)
            list[used++] = text[i];
        else if (used != 0 && list[used - 1] != 0)
            list[used++] = 0;
    }
    list[used] = 0;
    if (used == 0)
        list[1] = 0;
    return list;
}

/* FALSE: the words are wrong. depend is from malloc. */
static BOOL Parse(options *set, int count, wchar_t **arguments) {
    DWORD type = 0, more;

    if (count % 2 != 0)
        return FALSE;
    for (int i = 0; i < count; i += 2) {
        const wchar_t *option = arguments[i];
        wchar_t *value = arguments[i + 1];
        BOOL good = TRUE;

        if (_wcsicmp(option, L"type=") == 0) {
            good = FindWord(type_words, value, &more);
            type |= good ? more : 0;
        } else if (_wcsicmp(option, L"start=") == 0) {
            good = FindWord(start_words, value, &set->start);
        } else if (_wcsicmp(option, L"error=") == 0) {
            good = FindWord(error_words, value, &set->error);
        } else if (_wcsicmp(option, L"tag=") == 0) {
            good = FindWord(yes_no, value, &set->tag);
        } else if (_wcsicmp(option, L"binPath=") == 0) {
            set->path = value;
        } else if (_wcsicmp(option, L"group=") == 0) {
            set->group = value;
        } else if (_wcsicmp(option, L"depend=") == 0) {
            free(set->depend);
            set->depend = List(value);
        } else if (_wcsicmp(option, L"obj=") == 0) {
            set->account = value;
        } else if (_wcsicmp(option, L"DisplayName=") == 0) {
            set->display = value;
        } else if (_wcsicmp(option, L"password=") == 0) {
            set->password = value;
        } else {
            good = FALSE;
        }
        if (!good)
            return FALSE;
    }
    if (type != 0)
        set->type = type;
    return TRUE;
}

/* start= says whether an automatic start is delayed; FALSE with the last error. */
static BOOL SetDelayed(SC_HANDLE service, DWORD start) {
    SERVICE_DELAYED_AUTO_START_INFO delayed = {(start & DELAYED) != 0};

    return ChangeServiceConfig2W(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed);
}

DWORD VerbCreate(SC_HANDLE manager, int count, wchar_t **arguments) {
    options set = {.type = SERVICE_WIN32_OWN_PROCESS, .start = SERVICE_DEMAND_START, .error = SERVICE_ERROR_NORMAL};
    DWORD tag, error;
    SC_HANDLE service;

    if (!Parse(&set, count - 1, arguments + 1)) {
        free(set.depend);
        return ERROR_INVALID_COMMAND_LINE;
    }
    service = CreateServiceW(manager, arguments[0], set.display, SERVICE_ALL_ACCESS, set.type, set.start & ~DELAYED, set.error, set.path, set.group,
                             set.tag ? &tag : NULL, set.depend, set.account, set.password);
    if (service == NULL)
        error = Failed(L"CreateService");
    else if ((set.start & DELAYED) != 0 && !SetDelayed(service, set.start))
        error = Failed(L"ChangeServiceConfig2");
    else
        error = Succeeded(L"CreateService");
    if (service != NULL)
        CloseServiceHandle(service);
    free(set.depend);
    return error;
}

DWORD VerbConfig(SC_HANDLE manager, int count, wchar_t **arguments) {
    options set = {.type = SERVICE_NO_CHANGE, .start = SERVICE_NO_CHANGE, .error = SERVICE_NO_CHANGE};
    DWORD tag, error;
    SC_HANDLE service;

    if (!Parse(&set, count - 1, arguments + 1)) {
        free(set.depend);
        return ERROR_INVALID_COMMAND_LINE;
    }
    service = Open(manager, arguments[0], SERVICE_CHANGE_CONFIG, L"OpenService");
    if (service == NULL) {
        error = GetLastError();
    } else {
        DWORD start = set.start == SERVICE_NO_CHANGE ? set.start : set.start & ~DELAYED;

        if (!ChangeServiceConfigW(service, set.type, start, set.error, set.path, set.group, set.tag ? &tag : NULL, set.depend, set.account,
                                  set.password, set.display))
            error = Failed(L"ChangeServiceConfig");
        else if (start == SERVICE_AUTO_START && !SetDelayed(service, set.start))
            error = Failed(L"ChangeServiceConfig2");
        else
            error = Succeeded(L"ChangeServiceConfig");
        CloseServiceHandle(service);
    }
    free(set.depend);
    return error;
}

static void PrintConfig(SC_HANDLE service, const wchar_t *name, const QUERY_SERVICE_CONFIGW *config) {
    SERVICE_DELAYED_AUTO_START_INFO delayed = {FALSE};
    const wchar_t *before = L"        DEPENDENCIES       : ";
    DWORD needed, type = config->dwServiceType;

    if (config->dwStartType == SERVICE_AUTO_START)
        QueryServiceConfig2W(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, (BYTE *)&delayed, sizeof delayed, &needed);
    Print(L"[SC] QueryServiceConfig SUCCESS\n\nSERVICE_NAME: %ls\n", name);
    Print(L"        TYPE               : %lx  %ls %ls\n", type, WordFor(type_names, type & ~SERVICE_INTERACTIVE_PROCESS),
          type & SERVICE_INTERACTIVE_PROCESS ? L"(interactive)" : L"");
    Print(L"        START_TYPE         : %lx   %ls%ls\n", config->dwStartType,
          config->dwStartType < ARRAYSIZE(start_names) ? start_names[config->dwStartType] : L"", delayed.fDelayedAutostart ? L"  (DELAYED)" : L"");
    Print(L"        ERROR_CONTROL      : %lx   %ls\n", config->dwErrorControl,
          config->dwErrorControl < ARRAYSIZE(error_names) ? error_names[config->dwErrorControl] : L"");
    Print(L"        BINARY_PATH_NAME   : %ls \n", config->lpBinaryPathName);
    Print(L"        LOAD_ORDER_GROUP   : %ls\n", config->lpLoadOrderGroup);
    Print(L"        TAG                : %lu\n", config->dwTagId);
    Print(L"        DISPLAY_NAME       : %ls\n", config->lpDisplayName);
    if (*config->lpDependencies == 0)
        Print(L"%ls\n", before);
    for (const wchar_t *at = config->lpDependencies; *at != 0; at += wcslen(at) + 1) {
        Print(L"%ls%ls\n", before, at);
        before = L"                           : ";
    }
    Print(L"        SERVICE_START_NAME : %ls\n", config->lpServiceStartName);
}

DWORD VerbQueryConfig(SC_HANDLE manager, int count, wchar_t **arguments) {
    SC_HANDLE service = Open(manager, arguments[0], SERVICE_QUERY_CONFIG, L"OpenService");
    QUERY_SERVICE_CONFIGW *config;
    DWORD needed = 0, error = ERROR_SUCCESS;

    if (service == NULL)
        return GetLastError();
    QueryServiceConfigW(service, NULL, 0, &needed);
    config = malloc((size_t)needed + 1);
    if (config == NULL)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    if (config == NULL || !QueryServiceConfigW(service, config, needed, &needed))
        error = Failed(L"QueryServiceConfig");
    else
        PrintConfig(service, arguments[0], config);
    free(config);
    CloseServiceHandle(service);
    return error;
}
