#!/bin/sh
# T31: names that lead to devices, and drive letters that are pointed elsewhere.
. tests/lib.sh

mkdir "$work/public" "$work/outside"
printf 'from the host\n' >"$work/public/given.txt"
printf 'secret\n' >"$work/outside/passwd"
ln -s "$work/outside" "$work/public/out"

run "$ringside" run --alone --share "public=$work/public" -d "$build/samples/example-buffered.sys" "$build/tests/user/shares.exe"
exits 0 "E: as Example, then as a share"
join_tap
ok "$([ $count -gt 35 ] && echo 0 || echo 1)" "all of it ran"
err_has "by drive letter" "the driver saw what was written to E:"
err_has "still Example" "by the handle that was open, after E: led elsewhere, too"
ok "$(grep -q 'from the machine' "$work/public/sub/moved.txt" && echo 0 || echo 1)" "the host has the file"
ok "$([ ! -e "$work/public/given.txt" ] && [ -e "$work/outside/passwd" ] && echo 0 || echo 1)" "what was to go is gone, what lies outside is not"

run "$ringside" run --alone --share public -d "$build/samples/example-buffered.sys"
exits 125 "--share without a directory"
run "$ringside" run --alone --share "public=$work/absent" -d "$build/samples/example-buffered.sys"
exits 125 "--share with a directory that is not there"
err_has "--share NAME=DIR takes a directory that is there" "says so"
run "$ringside" run --alone --share "a=$work/public" --share "A=$work/public" -d "$build/samples/example-buffered.sys"
exits 125 "two shares of one name"
run "$ringside" run --alone --share "a:b=$work/public" -d "$build/samples/example-buffered.sys"
exits 125 "a name that no file could have"
done_testing
