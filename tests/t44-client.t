#!/bin/sh
# T44: the client's side: a device by its DOS name, in any letters, by its NT name through GLOBALROOT; what is absent is INVALID_HANDLE_VALUE, and 2.
. tests/lib.sh
cat >"$work/open.c" <<'SOURCE'
#include <stdio.h>
#include <windows.h>
int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        SetLastError(0);
        HANDLE file = CreateFileA(argv[i], GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        DWORD error = GetLastError(), done = 0;
        if (file == INVALID_HANDLE_VALUE) {
            printf("%s: INVALID_HANDLE_VALUE, error %lu\n", argv[i], error);
            continue;
        }
        printf("%s: opened, ", argv[i]);
        BOOL good = WriteFile(file, "hi", 3, &done, NULL);
        printf("written %d %lu, ", good, done);
        printf("closed %d\n", CloseHandle(file));
    }
    return 0;
}
SOURCE
run "$ringside" cc "$work/open.c" -o "$work/open.exe"
exits 0 "a client"
for kind in buffered direct neither; do
    run "$ringside" run -d $build/samples/example-$kind.sys "$work/open.exe" '\\.\Example' '\\.\EXAMPLE' '\\?\Example' '\\.\GLOBALROOT\Device\Example' \
        '\\?\GLOBALROOT\Device\Example' '\\.\Nothing' '\\.\GLOBALROOT\Device\Nothing' '\\.\GLOBALROOT\None\Example'
    exits 0 "$kind"
    for name in '\\.\Example' '\\.\EXAMPLE' '\\?\Example' '\\.\GLOBALROOT\Device\Example' '\\?\GLOBALROOT\Device\Example'; do
        out_has "$name: opened, written 1 3, closed 1" "$kind: $name"
    done
    out_has '\\.\Nothing: INVALID_HANDLE_VALUE, error 2' "$kind: an absent name: ERROR_FILE_NOT_FOUND"
    out_has '\\.\GLOBALROOT\Device\Nothing: INVALID_HANDLE_VALUE, error 2' "$kind: an absent device"
    out_has '\\.\GLOBALROOT\None\Example: INVALID_HANDLE_VALUE, error 3' "$kind: an absent directory: ERROR_PATH_NOT_FOUND"
done
done_testing
