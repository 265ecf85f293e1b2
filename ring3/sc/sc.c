/* The command line: which verb, and what is said when it is wrong. */
#include "sc.h"
#include <wchar.h>

#define CREATE_OPTIONS                                                                                                                               \
    L"NAME [type= own|share|interact|kernel|filesys] [start= boot|system|auto|demand|disabled|delayed-auto]\n"                                       \
    L"                  [error= normal|severe|critical|ignore] [binPath= PATH] [group= GROUP] [tag= yes|no]\n"                                       \
    L"                  [depend= NAME/+GROUP/...] [obj= ACCOUNT|OBJECT] [DisplayName= TEXT] [password= TEXT]"

static const verb verbs[] = {
    {L"query", L"[NAME | type= driver|service|all|kernel|filesys|own|share] [state= active|inactive|all] [bufsize= BYTES] [ri= INDEX] [group= GROUP]",
     0, VerbQuery, SC_MANAGER_ENUMERATE_SERVICE},
    {L"queryex", L"as query, with the process", 0, VerbQueryEx, SC_MANAGER_ENUMERATE_SERVICE},
    {L"start", L"NAME [ARGUMENT...]", 1, VerbStart, 0},
    {L"stop", L"NAME", 1, VerbStop, 0},
    {L"pause", L"NAME", 1, VerbPause, 0},
    {L"continue", L"NAME", 1, VerbContinue, 0},
    {L"interrogate", L"NAME", 1, VerbInterrogate, 0},
    {L"control", L"NAME paramchange|netbindadd|netbindremove|netbindenable|netbinddisable|128...255", 2, VerbControl, 0},
    {L"create", CREATE_OPTIONS, 2, VerbCreate, SC_MANAGER_CREATE_SERVICE},
    {L"config", CREATE_OPTIONS, 1, VerbConfig, 0},
    {L"delete", L"NAME", 1, VerbDelete, 0},
    {L"qc", L"NAME", 1, VerbQueryConfig, 0},
    {L"description", L"NAME [TEXT]", 1, VerbDescription, 0},
    {L"qdescription", L"NAME", 1, VerbQueryDescription, 0},
    {L"failure", L"NAME [reset= SECONDS] [reboot= MESSAGE] [command= LINE] [actions= restart|run|reboot/MILLISECONDS/...]", 1, VerbFailure, 0},
    {L"qfailure", L"NAME", 1, VerbQueryFailure, 0},
    {L"enumdepend", L"NAME", 1, VerbEnumDepend, 0},
    {L"getdisplayname", L"NAME", 1, VerbDisplayName, 0},
    {L"getkeyname", L"\"DISPLAY NAME\"", 1, VerbKeyName, 0},
};

DWORD Usage(const verb *verb) {
    Print(L"USAGE:\n        sc %ls %ls\n", verb->name, verb->usage);
    return ERROR_INVALID_COMMAND_LINE;
}

static DWORD UsageOfAll(void) {
    Print(L"DESCRIPTION:\n        Asks the service control manager about services and tells it what to do with them.\n"
          L"USAGE:\n        sc [\\\\SERVER] COMMAND [NAME] [OPTION= VALUE]...\n\n"
          L"        An option's name ends in '=', and its value is the next word. The exit code is the Win32 error, or 0.\n\nCOMMANDS:\n");
    for (size_t i = 0; i < ARRAYSIZE(verbs); i++)
        Print(L"        %-15ls %ls\n", verbs[i].name, verbs[i].usage);
    return ERROR_INVALID_COMMAND_LINE;
}

DWORD Failed(const wchar_t *call) {
    DWORD error = GetLastError();
    wchar_t *text = ErrorText(error);

    Print(L"[SC] %ls FAILED %lu:\n\n%ls\n", call, error, text != NULL ? text : L"");
    LocalFree(text);
    return error;
}

DWORD Succeeded(const wchar_t *call) {
    Print(L"[SC] %ls SUCCESS\n", call);
    return ERROR_SUCCESS;
}

SC_HANDLE Open(SC_HANDLE manager, const wchar_t *name, DWORD access, const wchar_t *call) {
    SC_HANDLE service = OpenServiceW(manager, name, access);

    if (service == NULL) {
        DWORD error = Failed(call);
        SetLastError(error);
    }
    return service;
}

BOOL FindWord(const word *words, const wchar_t *text, DWORD *value) {
    for (; words->word != NULL; words++) {
        if (_wcsicmp(words->word, text) == 0) {
            *value = words->value;
            return TRUE;
        }
    }
    return FALSE;
}

const wchar_t *WordFor(const word *words, DWORD value) {
    for (; words->word != NULL; words++)
        if (words->value == value)
            return words->word;
    return L"";
}

int wmain(int count, wchar_t **arguments) {
    const wchar_t *server = NULL;
    const verb *verb = NULL;
    SC_HANDLE manager;
    DWORD error;

    arguments++;
    count--;
    if (count > 0 && wcsncmp(arguments[0], L"\\\\", 2) == 0) {
        server = *arguments++;
        count--;
    }
    for (size_t i = 0; count > 0 && i < ARRAYSIZE(verbs); i++)
        if (_wcsicmp(verbs[i].name, arguments[0]) == 0)
            verb = &verbs[i];
    if (count > 0 && verb == NULL)
        Print(L"\nERROR:  Unrecognized command\n\n");
    if (verb == NULL)
        return (int)UsageOfAll();
    if (count - 1 < verb->least)
        return (int)Usage(verb);
    manager = OpenSCManagerW(server, NULL, SC_MANAGER_CONNECT | verb->access);
    if (manager == NULL)
        return (int)Failed(L"OpenSCManager");
    error = verb->run(manager, count - 1, arguments + 1);
    if (error == ERROR_INVALID_COMMAND_LINE)
        Usage(verb);
    CloseServiceHandle(manager);
    return (int)error;
}
