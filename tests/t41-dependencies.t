#!/bin/sh
# T41: StartService starts what a service depends on; nothing stops that is needed.
. tests/lib.sh
"$ringside" cc tests/sources/quiet.c -o "$work/A.sys" || exit 1
for n in B C D E; do cp "$work/A.sys" "$work/$n.sys"; done
run "$ringside" run --root "$work" "$build/tests/programs/dependencies.exe"
exits 0 "the program"
grep '^not ok' "$work/out"
ok "$([ "$(grep -c '^not ok' "$work/out")" = 0 ] && echo 0 || echo 1)" "every check"
order=$(sed -n 's/^dbg: //p' "$work/err" | head -6 | tr '\n' ' ')
ok "$([ "$order" = '\Driver\A starts \Driver\B starts \Driver\C starts \Driver\C stops \Driver\B stops \Driver\A stops ' ] && echo 0 || echo 1)" \
    "drivers start and stop in order"
done_testing
