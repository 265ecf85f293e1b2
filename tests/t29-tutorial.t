#!/bin/sh
# The listings of docs/tutorial.md, as they stand there: they compile, and its transcripts are what comes out.
. tests/lib.sh
ringside=$(realpath "$ringside")
awk -v out="$work" '
    /^```c file=/ { file = out "/" substr($0, 11); next }
    /^```/ { file = ""; transcript = /^```console/; next }
    file != "" { print > file; next }
    transcript && /^\$ / { n++; print substr($0, 3) > (out "/command." n); next }
    transcript { print > (out "/expected." n) }' docs/tutorial.md
PATH=$(dirname "$ringside"):$PATH
n=0
while [ -f "$work/command.$((n + 1))" ]; do
    n=$((n + 1))
    touch "$work/expected.$n"
    # The two streams of a run are compared sorted: their order on one terminal is not what this is about.
    (cd "$work" && sh "./command.$n" 2>&1 </dev/null | tr -d '\r' | sort >"got.$n")
    sort "$work/expected.$n" | diff - "$work/got.$n" >"$work/out" 2>&1
    ok $? "\$ $(cat "$work/command.$n")"
done
[ $n -gt 5 ]
ok $? "there were $n commands"
run "$ringside" cc "$work/broken.c" -o "$work/broken.sys"
exits 0 "the broken driver"
run "$ringside" run -d "$work/broken.sys" "$work/note.exe"
exits 134 "stops the machine"
err_has 'STOP 0x0000003B' "with the code that is told"
err_has 'broken.sys!BrokenOpen' "at the place"
err_has 'broken.c:9' "and the line"
done_testing
