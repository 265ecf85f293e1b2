#!/bin/sh
# machine.sh TEST.exe: runs one test in a machine of its own. What it leaves for later is in out/.
name=$(basename "$1" .exe)
ringside run --strict --timeout 60 --seed "${SEED:-0}" --trace="out/$name.trace" --log "out/$name.log" -d out/counter.sys "$1" 2>"out/$name.err"
code=$?
[ $code = 0 ] || cat "out/$name.err" >&2
exit $code
