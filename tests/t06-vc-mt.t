#!/bin/sh
# T6: a program as Visual C++ builds it with /MT: its own C run-time library calls kernel32's Fls, list, heap and code page functions.
. tests/lib.sh

run "$ringside" run "$build/tests/crt/mt-start.exe"
ok "$(grep -q '^not ok' "$work/out"; [ $? = 1 ] && echo 0 || echo 1)" "everything the program checks itself"
ok "$(grep -c '^ok' "$work/out" | grep -qx 21; echo $?)" "all of it"
out_has "# thread data freed" "the callback of the fiber-local slot"
exits 9 "its exit code"
done_testing
