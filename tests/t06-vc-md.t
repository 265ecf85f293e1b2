#!/bin/sh
# T6: a program as Visual C++ builds it with /MD: ucrtbase, vcruntime140 and the API sets of the C run-time library are ours.
. tests/lib.sh
crt=$build/tests/crt

run "$ringside" run "$crt/md-runtime.exe" "two words" '*.c'
grep '^ok\|^not ok' "$work/out" >"$work/tap"
ok "$(grep -q '^not ok' "$work/tap"; [ $? = 1 ] && echo 0 || echo 1)" "everything the program checks itself"
ok "$(grep -q '^1\.\.53$' "$work/out"; echo $?)" "all of it"
exits 7 "main's value"
ok "$(tail -4 "$work/out" | tr '\n' '|' | grep -qF '1..53|# thread-local destructors first|# atexit last in, first out|unflushed# atexit ran'; echo $?)" "the end in its order, and flushed"

run "$ringside" run "$crt/md-ends.exe" abort
err_has 0xC0000409 "abort is a fast fail: STATUS_STACK_BUFFER_OVERRUN"
run "$ringside" run "$crt/md-ends.exe" terminate
exits 41 "a terminate handler"
run "$ringside" run "$crt/md-ends.exe" invalid
err_has 0xC0000409 "an invalid parameter without a handler ends the process"
out_has "before" "what was flushed before is there"
run "$ringside" run "$crt/md-ends.exe" quick
exits 5 "quick_exit"
out_has "quick, not atexit" "runs its own functions only"
run "$ringside" run "$crt/md-ends.exe" cookie
err_has 0xC0000409 "an overrun buffer is found by the cookie"
run "$ringside" run "$crt/md-ends.exe" fault
err_has "0xC0000005" "an access violation in main goes through _seh_filter_exe"
done_testing
