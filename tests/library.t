#!/bin/sh
# Kernel-mode libraries: what a driver imports from is loaded with it, once, and goes after the last driver that needs it. And a program's own DLLs.
. tests/lib.sh
mkdir "$work/here" "$work/root" "$work/apart"
make_library() { "$ringside" cc tests/sources/library.c -o "$1" -- "-Wl,-implib:$work/library.lib" "$2"; }
make_library "$work/here/library.sys" -DWORKS && "$ringside" cc tests/sources/importer.c -o "$work/here/first.sys" -- "-Wl,$work/library.lib"
ok $? "a library and a driver that imports from it"
cp "$work/here/first.sys" "$work/here/second.sys"
cp "$work/here/first.sys" "$work/apart/first.sys"

run "$ringside" inspect "$work/here/first.sys"
out_has 'library.sys: 1, from the file beside it' "inspect sees it beside the driver"
run "$ringside" run -d "$work/here/first.sys" -d "$work/here/second.sys"
exits 0 "two drivers that need it, which lies beside them"
err_has 'library: begins, IRQL 0, \Registry\Machine\System\CurrentControlSet\Services\library' "DllInitialize gets a service key's path"
err_has 'first: call 1' "the first driver calls it"
err_has 'second: call 2' "the second one calls the same one"
err_lacks 'DriverEntry' "its DriverEntry is not called"
[ "$(grep -c 'library: begins' "$work/err")" = 1 ] && [ "$(tail -n 1 "$work/err")" = 'dbg: library: ends' ]
ok $? "it begins once, and ends after both"
run "$ringside" run -d "$work/here/library.sys" -d "$work/here/first.sys"
exits 0 "loaded as a driver first"
err_has 'library: DriverEntry' "it is one"
err_lacks 'library: begins' "and no library"

run "$ringside" run -d "$work/apart/first.sys"
exits 126 "it is nowhere"
err_has 'imports from library.sys, which is neither loaded nor there' "the message says what is missing"
run "$ringside" run --root "$work/root" -d "$work/apart/first.sys"
exits 126 "nor in that drive C"
mkdir -p "$work/root/Windows/System32/drivers"
cp "$work/here/library.sys" "$work/root/Windows/System32/drivers"
run "$ringside" run --root "$work/root" -d "$work/apart/first.sys"
exits 0 "it is among the drivers of Windows"
head -c 2000 "$work/here/library.sys" >"$work/apart/library.sys"
run "$ringside" run -d "$work/apart/first.sys"
exits 126 "it is damaged"
err_has 'imports from library.sys, which is cut off' "the message says which file"
make_library "$work/apart/library.sys" -DFAILS
run "$ringside" run -d "$work/apart/first.sys"
exits 126 "it cannot be initialised"
err_has 'imports from library.sys, whose DllInitialize returned an error (STATUS_DEVICE_CONFIGURATION_ERROR' "the message says so"
err_lacks 'library: ends' "it is not asked to unload"
make_library "$work/apart/library.sys" -DSTAYS
run "$ringside" run -d "$work/apart/first.sys" -d "$work/here/second.sys"
exits 0 "one without DllUnload"

printf '__declspec(dllexport) int Ten(void) { return 10; }\nint __stdcall DllMain(void *m, unsigned r, void *p) { return 1; }\n' >"$work/ten.c"
printf '__declspec(dllimport) int Ten(void);\nint main(void) { return Ten(); }\n' >"$work/user.c"
"$ringside" cc "$work/ten.c" -o "$work/here/ten.dll" -- "-Wl,-implib:$work/ten.lib" && "$ringside" cc "$work/user.c" -o "$work/here/user.exe" -- "-Wl,$work/ten.lib"
run "$ringside" run "$work/here/user.exe"
exits 10 "a program finds its DLL beside it"
rm "$work/here/ten.dll"
run "$ringside" run "$work/here/user.exe"
exits 126 "unless it is not there"
run "$ringside" inspect "$build/tests/images/fixed.sys"
exits 126 "inspect: no relocations"
out_has 'no relocations' "as when it is loaded"
done_testing
