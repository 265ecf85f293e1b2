#!/bin/sh
# T16: memory comes and goes. A machine with little of it holds more than fits, in turns; what is too much fails with its status.
. tests/lib.sh
run "$ringside" run --alone --timeout 120 --memory 16M "$build/tests/user/t16-memory.exe" 32
exits 0 "32 MiB in a machine of 16 MiB"
join_tap
run "$ringside" run --alone --timeout 120 --memory 16M -d "$build/tests/kernel/t16-little.sys"
exits 0 "a driver in a machine of 16 MiB"
sed 's/^dbg: //' "$work/err" >"$work/out"
join_tap
done_testing
