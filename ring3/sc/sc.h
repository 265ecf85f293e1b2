/*
 * sc.exe: the service database from the command line, with the verbs, options, output and exit codes of Windows' program of that name
 * ("sc.exe" in the Windows commands reference; the layout as it prints it). A verb returns a Win32 error, which is the exit code.
 */
#pragma once
#include "../program/program.h"
#include <winsvc.h>

typedef struct {
    const wchar_t *name;
    const wchar_t *usage; /* what follows the verb */
    int least;            /* how many arguments it must have after the verb */
    DWORD (*run)(SC_HANDLE manager, int count, wchar_t **arguments);
    DWORD access; /* to the manager, besides SC_MANAGER_CONNECT */
} verb;

/* "[SC] CALL FAILED n:" and the system's text for the last error; returns the error. */
DWORD Failed(const wchar_t *call);
/* "[SC] CALL SUCCESS"; returns 0. */
DWORD Succeeded(const wchar_t *call);
/* How the verb is used; returns ERROR_INVALID_COMMAND_LINE. */
DWORD Usage(const verb *verb);
/* NULL after a message that begins with `call`. */
SC_HANDLE Open(SC_HANDLE manager, const wchar_t *name, DWORD access, const wchar_t *call);

/* A word and the number it stands for; lists end with a NULL word. */
typedef struct {
    const wchar_t *word;
    DWORD value;
} word;
BOOL FindWord(const word *words, const wchar_t *text, DWORD *value);
const wchar_t *WordFor(const word *words, DWORD value); /* L"" if there is none */

/* status.c */
void PrintStatus(const SERVICE_STATUS *status);
void PrintProcess(const SERVICE_STATUS_PROCESS *status);
DWORD VerbQuery(SC_HANDLE manager, int count, wchar_t **arguments);
DWORD VerbQueryEx(SC_HANDLE manager, int count, wchar_t **arguments);
DWORD VerbEnumDepend(SC_HANDLE manager, int count, wchar_t **arguments);

/* control.c */
DWORD VerbStart(SC_HANDLE manager, int count, wchar_t **arguments);
DWORD VerbStop(SC_HANDLE manager, int count, wchar_t **arguments);
DWORD VerbPause(SC_HANDLE manager, int count, wchar_t **arguments);
DWORD VerbContinue(SC_HANDLE manager, int count, wchar_t **arguments);
DWORD VerbInterrogate(SC_HANDLE manager, int count, wchar_t **arguments);
DWORD VerbControl(SC_HANDLE manager, int count, wchar_t **arguments);
DWORD VerbDelete(SC_HANDLE manager, int count, wchar_t **arguments);

/* config.c */
DWORD VerbCreate(SC_HANDLE manager, int count, wchar_t **arguments);
DWORD VerbConfig(SC_HANDLE manager, int count, wchar_t **arguments);
DWORD VerbQueryConfig(SC_HANDLE manager, int count, wchar_t **arguments);

/* config2.c */
DWORD VerbDescription(SC_HANDLE manager, int count, wchar_t **arguments);
DWORD VerbQueryDescription(SC_HANDLE manager, int count, wchar_t **arguments);
DWORD VerbFailure(SC_HANDLE manager, int count, wchar_t **arguments);
DWORD VerbQueryFailure(SC_HANDLE manager, int count, wchar_t **arguments);
DWORD VerbDisplayName(SC_HANDLE manager, int count, wchar_t **arguments);
DWORD VerbKeyName(SC_HANDLE manager, int count, wchar_t **arguments);
