#!/bin/sh
# Debug output: what tests/bad/print.c prints, exactly.
. tests/lib.sh
run "$ringside" run -d "$build/tests/bad/print.sys"
exits 0 "a driver that prints"
sed -n 's/^dbg: //p' "$work/err" >"$work/got"
cat >"$work/wanted" <<'LINES'
wZ [wide] Z [ansi]
wZ [(null)] [(null)] Z [(null)]
ws [one] S [two] ls [three]
s [four] hs [five]
NULL [(null)] [(null)] [(null)] [(null)]
width [     abc] [abc     ] [     abc] [abc     ]|
precision [ab] [ab] [] [      ab] [ab      ]
star [   ab] [ab   ] [a] [ab   ]
wZ width [      wide] [wide      ] [wi] Z [  ansi]
c [a] C [b] lc [c] wc [d] hc [e] [   f] [g   ]
umlauts äöü € 中 αβ
d [42] [-42] [-1] u [4294967295] o [10] x [beef] X [BEEF]
min [-2147483648] [-9223372036854775808]
width [   42] [42   ] [00042] [+42] [ 42] [  007] []
sharp [0xbeef] [0XBEEF] [010] [0] [0x0000beef] [0000BEEF] [05]
64 [123456789abcdef0] [-5] [18446744073709551615] [fedcba9876543210] [-6] [0000000000000ABC]
32 [beef] [-7] I [123456789a] z [9] t [-8] l [10] [-11]
h [9029] [2345] [34] [255]
p [000000001234ABCD] [0000000000000000]
percent [%] [   50%]
status 0xC0000005 0
a line in three pieces
two
lines
carriage return

tab	here, bell\x07, escape \x1B[31m, delete \x7F, null is the end
forged\x0B\x08\x01line
prefix: formatted 1
012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789
default, error
default, information
driver, error
filter states 1 0
driver, information: shown now
driver, a mask of levels
bad argument 0xC0000005
from HIGH_LEVEL
no newline at the end
LINES
n=0
while IFS= read -r wanted <&3; do
    n=$((n + 1))
    got=$(sed -n "${n}p" "$work/got")
    [ "$got" = "$wanted" ]
    ok $? "line $n: $(printf %.60s "$wanted")"
    [ "$got" = "$wanted" ] || printf '# got:    %s\n# wanted: %s\n' "$got" "$wanted"
done 3<"$work/wanted"
[ "$(wc -l <"$work/got")" = "$(wc -l <"$work/wanted")" ]
ok $? "no line more"
done_testing
