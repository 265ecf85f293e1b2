/* Where a user's files are: the machine has no profiles, so that is what USERPROFILE says, for every token. */
#include "ntdll.h"

WINBOOL WINAPI GetUserProfileDirectoryA(HANDLE Token, LPSTR Path, LPDWORD Size); /* userenv.h would import them */
WINBOOL WINAPI GetUserProfileDirectoryW(HANDLE Token, LPWSTR Path, LPDWORD Size);

#define NAME      L"USERPROFILE"
#define MOST_ROOM MAX_PATH

static BOOL Fail(DWORD Error) {
    SetLastError(Error);
    return FALSE;
}

/* *Size: characters with the zero, both ways ("GetUserProfileDirectory"). */
static BOOL CopyOut(HANDLE Token, LPWSTR Wide, LPSTR Narrow, LPDWORD Size) {
    TOKEN_TYPE type;
    DWORD done, room = Size ? *Size : 0;
    WCHAR path[MOST_ROOM];
    if (!NT_SUCCESS(NtQueryInformationToken(Token, TokenType, &type, sizeof type, &done)))
        return Fail(ERROR_INVALID_HANDLE);
    if (!Size)
        return Fail(ERROR_INVALID_PARAMETER);
    DWORD length = GetEnvironmentVariableW(NAME, path, MOST_ROOM);
    if (!length || length >= MOST_ROOM)
        return Fail(ERROR_FILE_NOT_FOUND);
    *Size = length + 1;
    if (room <= length || (!Wide && !Narrow))
        return Fail(ERROR_INSUFFICIENT_BUFFER);
    if (Wide)
        memcpy(Wide, path, (length + 1) * sizeof(WCHAR));
    else
        WideCharToMultiByte(CP_ACP, 0, path, (int)length + 1, Narrow, (int)room, NULL, NULL);
    return TRUE;
}
WINBOOL WINAPI GetUserProfileDirectoryW(HANDLE Token, LPWSTR Path, LPDWORD Size) { return CopyOut(Token, Path, NULL, Size); }
WINBOOL WINAPI GetUserProfileDirectoryA(HANDLE Token, LPSTR Path, LPDWORD Size) { return CopyOut(Token, NULL, Path, Size); }
