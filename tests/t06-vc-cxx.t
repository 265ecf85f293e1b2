#!/bin/sh
# T6: C++ as Visual C++ builds it with /MD: exceptions, their tables in both forms, types at run time.
. tests/lib.sh
crt=$build/tests/crt

# program IMAGE: it checks things itself.
program() {
    run "$ringside" run --timeout 60 "$@"
    ok "$(grep -q '^not ok' "$work/out"; [ $? = 1 ] && echo 0 || echo 1)" "$(basename "$1"): everything the program checks itself"
    exits 0 "$(basename "$1")"
}
program "$crt/cxx-throw.exe"
out_has "1..37" "all of it"
program "$crt/cxx-rtti.exe"
out_has "1..17" "all of it"
program "$crt/cxx-seh.exe"
out_has "1..10" "all of it"
program "$crt/cxx-compressed.exe"
out_has "1..5" "all of it"
run "$ringside" run "$crt/cxx-compressed.exe" noexcept
exits 43 "a function that its table marks as noexcept ends in std::terminate"

mkdir "$work/root"
cp "$crt/cxx-dll.exe" "$crt/cxx-library.dll" "$work/root"
run "$ringside" run --timeout 60 --root "$work/root" 'C:\cxx-dll.exe'
ok "$(grep -q '^not ok' "$work/out"; [ $? = 1 ] && echo 0 || echo 1)" "across the border of a DLL"
out_has "1..4" "all of it"

run "$ringside" run "$crt/cxx-ends.exe" uncaught
exits 255 "an exception that nobody catches"
out_has "before" "what was flushed before is there"
err_has "unhandled exception 0xE06D7363" "its message"
err_has "C++ exception of the type .?AVerror@@" "its type"
err_has "exit status 0xE06D7363" "its status"
run "$ringside" run "$crt/cxx-ends.exe" uncaught filtered
exits 43 "Visual C++'s filter ends in std::terminate"
out_has "terminate, handling E06D7363" "which can see the exception"
for how in rethrow noexcept destructor copy end; do
    run "$ringside" run "$crt/cxx-ends.exe" $how handled
    exits 43 "std::terminate: $how"
    ok "$(tail -n +2 "$work/out" | grep -qx 'terminate, handling 0'; echo $?)" "nothing is caught: $how"
    err_lacks "unhandled" "nor unhandled: $how"
done
run "$ringside" run "$crt/cxx-ends.exe" rethrow
err_has 0xC0000409 "without a handler of its own std::terminate is abort"
run "$ringside" run "$crt/cxx-ends.exe" "ordinary destructor"
exits 2 "a destructor may throw when it is not part of an unwind"
run "$ringside" run "$crt/cxx-ends.exe" wild
err_has "unhandled exception 0xC0000005" "/EHs does not catch an access violation"
done_testing
