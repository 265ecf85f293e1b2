#!/bin/sh
# Drive C: for a program that runs as an ordinary user.
. tests/lib.sh
mkdir "$work/root"
run "$ringside" run --alone --root "$work/root" --user user $build/tests/programs/act.exe create 'C:\made.txt'
exits 0 "an ordinary user makes a file in C:\\"
run "$ringside" run --alone --root "$work/root" --user user $build/tests/programs/act.exe create 'C:\Windows\System32\drivers\made.sys'
exits 1 "but not in C:\\Windows"
[ ! -e "$work/root/Windows" ]
ok $? "of which nothing is to be seen in the folder"
run "$ringside" run --alone --root "$work/root" $build/tests/programs/act.exe create 'C:\Windows\System32\drivers\made.sys'
exits 0 "an administrator does"
done_testing
