#!/bin/sh
# What is written behind the program on the host is what main is given.
. tests/lib.sh
program=$build/tests/user/arguments.exe
run "$ringside" run "$program" one 'two words' '' 'a"b' 'c:\dir\' 'back\\"slash' '%d' "tab	in"
exits 8 "a program's exit code"
out_has '[one]' "a word"
out_has '[two words]' "an argument with a space"
out_has '[]' "an empty one"
out_has '[a"b]' "a quote"
out_has '[c:\dir\]' "a backslash at the end"
out_has '[back\\"slash]' "backslashes before a quote"
out_has '[%d]' "no format"
out_has '[tab	in]' "a tab"
done_testing
