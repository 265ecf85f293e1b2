#!/bin/sh
# T6: what runs before and beside a program's own code: DLLs, loaded and freed while it runs.
. tests/lib.sh
d=$build/tests/dlls
root=$work/root
mkdir -p "$root/sub" "$root/current" "$root/path"
cp $d/*.dll $d/dlls.exe "$root"
mv "$root/where1.dll" "$root/where.dll"
rm "$root"/where[2-4].dll
cp $d/where2.dll "$root/sub/where.dll"
cp $d/dependent.dll "$root/sub"
cp $d/where3.dll "$root/current/where.dll"
cp $d/where3.dll "$root/current/only.dll"
cp $d/where4.dll "$root/path/only.dll"
echo "This is no DLL." >"$root/text.dll"
run "$ringside" run --timeout 60 --root "$root" 'C:\dlls.exe'
exits 0 "the program"
! grep -v '^ok\|^1\.\.' "$work/out"
ok $? "every check"
grep -q '^1\.\.' "$work/out"
ok $? "to the end"
done_testing
