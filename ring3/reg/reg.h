/*
 * reg.exe: the registry from the command line: query, add, delete, with the options, layout and exit codes of Windows' program of that name ("reg commands" in
 * the Windows commands reference). A verb returns the exit code: 0, or 1 after it has said why.
 */
#pragma once
#include "../program/program.h"
#include <winreg.h>

typedef struct {
    HKEY root;
    const wchar_t *root_name; /* in full, as it is printed */
    wchar_t *path;            /* below the root; "" is the root itself */
    const wchar_t *value;     /* /v: its name; /ve: ""; NULL: neither */
    const wchar_t *type, *data, *separator;
    BOOL all_values, subkeys, force; /* /va, /s, /f */
} request;

int VerbQuery(const request *request);
int VerbAdd(const request *request);
int VerbDelete(const request *request);

/* "ERROR: " and the text; returns 1. */
int Complain(const wchar_t *text);
int ComplainOf(LSTATUS error);
int Succeed(void);

/* data.c */
const wchar_t *TypeName(DWORD type);
BOOL FindType(const wchar_t *name, DWORD *type);
/* Data as one line of text, and back; malloc. NULL: no memory, or (MakeData) text that is no data of that type. */
wchar_t *FormatData(DWORD type, const BYTE *data, DWORD size);
BYTE *MakeData(DWORD type, const wchar_t *text, const wchar_t *separator, DWORD *size);
