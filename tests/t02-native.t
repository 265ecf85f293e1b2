#!/bin/sh
# Native programs: imports from ntdll alone, entry NtProcessStartup. And what is not a program.
. tests/lib.sh
s=$build/samples
run "$ringside" run $s/native.exe one "two words"
exits 2 "a native program"
out_has 'Hello from below Win32!' "NtDisplayString writes to standard output"
out_has 'My command line is: C:\native.exe one "two words"' "the PEB is its argument"
[ ! -s "$work/err" ]
ok $? "and nothing else is said"
run "$ringside" cc --native samples/native/native.c -o "$work/mine.exe"
exits 0 "ringside cc --native"
[ ! -s "$work/err" ]
ok $? "without a warning"
run "$ringside" run "$work/mine.exe"
exits 0 "what it made"
out_has 'Hello from below Win32!' "runs"
run "$ringside" inspect "$work/mine.exe"
exits 0 "inspect"
out_has 'native' "says what it is"
run "$ringside" cc --native samples/native/native.c -o "$work/mine.dll"
exits 125 "--native is for programs"
run "$ringside" run -d $s/example-buffered.sys $s/native.exe
exits 0 "with a driver beside it"

cat >"$work/status.c" <<'END'
#include <windows.h>
#include <winternl.h>
NTSYSAPI NTSTATUS NTAPI NtTerminateProcess(HANDLE Process, NTSTATUS ExitStatus);
VOID NTAPI NtProcessStartup(PPEB Peb) {
    NtTerminateProcess((HANDLE)-1, STATUS);
}
END
for status in 0 1 255 0xC0000022; do
    run "$ringside" cc --native "$work/status.c" -o "$work/status.exe" -- -DSTATUS="(NTSTATUS)$status"
    run "$ringside" run "$work/status.exe"
    exits $((status & 255)) "exit status $status"
done
printf '#include <windows.h>\n#include <winternl.h>\nULONG NTAPI NtProcessStartup(PPEB Peb) { return 7; }\n' >"$work/return.c"
run "$ringside" cc --native "$work/return.c" -o "$work/return.exe"
run "$ringside" run "$work/return.exe"
exits 7 "a return from the entry"

refused() { # file, words, status, name
    run "$ringside" run "$1"
    exits 126 "$4"
    err_has "$2" "$4: the sentence says why"
    err_has "$3" "$4: with Windows' status"
    [ "$(wc -l <"$work/err")" = 1 ]
    ok $? "$4: one sentence"
}
refused $s/example-buffered.sys 'it is a driver, not a program' 'STATUS_DLL_NOT_FOUND 0xC0000135' "a driver given as program"
refused $build/ring3/kernel32.dll 'it is a DLL, not a program' 'STATUS_INVALID_IMAGE_FORMAT 0xC000007B' "a DLL given as program"
refused $build/tests/images/x86.sys 'x86' 'STATUS_INVALID_IMAGE_WIN_32 0xC0000359' "an x86 image given as program"
refused $build/tests/images/arm64.sys 'ARM64' 'STATUS_INVALID_IMAGE_FORMAT 0xC000007B' "an ARM64 image given as program"
refused tests/t02-native.t 'MZ' 'STATUS_INVALID_IMAGE_NOT_MZ 0xC000012F' "a text given as program"

# What CreateProcess says to them, and what becomes of programs that others leave behind.
mkdir "$work/root"
cp $s/native.exe $s/example-buffered.sys $build/tests/images/x86.sys $build/tests/images/arm64.sys "$work/root"
start=$build/tests/programs/start.exe
created() { # file, error, name
    run "$ringside" run --root "$work/root" $start "$1"
    exits 1 "CreateProcess: $3"
    out_has "error $2" "CreateProcess: $3: error $2"
}
created 'C:\native.exe' 129 "a native program"
created 'C:\example-buffered.sys' 129 "a driver"
created 'C:\x86.sys' 216 "an x86 image"
created 'C:\arm64.sys' 216 "an ARM64 image"
run "$ringside" run --timeout 20 $start --leave 'C:\start.exe --sleep'
exits 0 "a program that leaves another one behind"
err_has 'start.exe (process' "a note names it"
err_has 'terminated' "and says what became of it"
run "$ringside" run --timeout 20 -d $s/example-neither.sys $start --leave "C:\\start.exe --leave C:\\start.exe --sleep"
exits 0 "one whose child leaves a grandchild behind, with a driver"
err_has 'terminated' "which is terminated"
run "$ringside" run --timeout 20 $start --leave 'C:\start.exe --suspended'
exits 0 "one that never ran"
done_testing
