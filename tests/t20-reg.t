#!/bin/sh
# T20: reg.exe: query, add, delete. Each run is a machine of its own, so --and lets several work on one registry.
. tests/lib.sh
reg='C:\Windows\System32\reg.exe'

# reg COMMAND-LINE...: each argument is one command line of reg.exe
reg() {
    first=$1
    shift
    set -- "$@" '' # a mark where the options begin
    while [ -n "$1" ]; do
        set -- "$@" --and "$reg $1"
        shift
    done
    shift
    # shellcheck disable=SC2086
    run "$ringside" run "$@" "$reg" $first
}

reg 'add HKCU\Software\Test /v Number /t REG_DWORD /d 42' 'query HKCU\Software\Test'
exits 0 "add"
out_has 'The operation completed successfully.' "and says so"
out_has 'HKEY_CURRENT_USER\Software\Test' "query: the key in full"
out_has '    Number    REG_DWORD    0x2a' "the value"
reg 'add HKLM\Software\Test\Below /ve /d text' 'add HKLM\Software\Test /v List /t REG_MULTI_SZ /d one\0two' 'add HKLM\Software\Test /v Bytes /t REG_BINARY /d 00ff' \
    'query HKLM\Software\Test /s'
out_has '    (Default)    REG_SZ    text' "the default value, in a subkey"
out_has '    List    REG_MULTI_SZ    one\0two' "a list"
out_has '    Bytes    REG_BINARY    00FF' "bytes"
reg 'query HKLM\Software\None'
exits 1 "no such key"
out_has 'ERROR: The system was unable to find the specified registry key or value.' "and the reason"
reg 'add HKLM\Software\Test /v Number /t REG_DWORD /d many'
exits 1 "data that are no number"
reg 'query HKXX\Software'
out_has 'ERROR: Invalid key name.' "a root that is none"
reg 'add HKLM\Software\Test\a\b /f' 'delete HKLM\Software\Test /f' 'query HKLM\Software\Test'
out_has 'unable to find' "delete, with all that is below"
reg 'add HKLM\Software\Test /v Here /d x' 'delete HKLM\Software\Test /v Here' 'query HKLM\Software\Test /v Here'
out_has 'Delete the registry value Here (Yes/No)?' "without /f it asks"
out_has '    Here    REG_SZ    x' "and no answer is no"
run "$ringside" run "$reg"
exits 1 "no arguments"
out_has 'REG query KEY' "usage"
done_testing
