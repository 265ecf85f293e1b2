#!/bin/sh
# T6: programs that mingw-w64's own libraries link to the Universal C run-time library, by the names of its API sets; and what is said of names that nobody has.
. tests/lib.sh

run "$ringside" cc tests/sources/ucrt.c -o "$work/ucrt.exe" --crt ucrt
exits 0 "cc --crt ucrt"
run "$ringside" inspect "$work/ucrt.exe"
out_has "api-ms-win-crt-stdio-l1-1-0.dll (ucrtbase.dll): Ringside has" "it imports API sets, and inspect knows who hosts them"
out_has "verdict     it can be run" "and that it can be run"
run "$ringside" run "$work/ucrt.exe" argument
exits 3 "it runs"
printf '%s\n' '2 argument 3.142 1099511627776 7' '8 abcd' '3.5 12' 'wide and wide' '1.500000e+10 inf' 1970-01-01 'No such file or directory' \
    '0 0.841471 English_United States.utf8' >"$work/expected"
cmp -s "$work/expected" "$work/out"
ok $? "and prints what it does on Windows"
run "$ringside" cc tests/sources/ucrt.c -o "$work/old.exe" --crt msvcrt
exits 0 "cc --crt msvcrt"
run "$ringside" cc tests/sources/ucrt.c -o "$work/x.exe" --crt other
exits 125 "another library"
err_has "--crt ucrt" "says which there are"
run "$ringside" cc tests/sources/ucrt.c -o "$work/x.sys" --crt ucrt
exits 125 "a driver has none"

# The tests of streams, built for this library.
run "$ringside" cc tests/user/stdio.c -o "$work/stdio.exe" --crt ucrt -- -Itests/user -D_WIN32_WINNT=0x0A00 -Wno-everything -lntdll
exits 0 "tests/user/stdio.c for the UCRT"
run "$ringside" run --timeout 60 "$work/stdio.exe"
exits 0 "it runs"
grep -q '^1\.\.' "$work/out" && ! grep -q '^not ok' "$work/out"
ok $? "and all is well"
done_testing
