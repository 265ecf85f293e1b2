#!/bin/sh
# The same command, 100 times: the same trace, byte for byte.
. tests/lib.sh
s=$build/samples
"$ringside" run --trace=$work/first --seed 7 -d $s/example-neither.sys $s/client.exe hello >$work/first.out 2>$work/first.err
ok $? "the first run"
[ "$(wc -l <$work/first)" -gt 20 ]
ok $? "has a trace"
differ=0
for i in $(seq 99); do
    "$ringside" run --trace=$work/again --seed 7 -d $s/example-neither.sys $s/client.exe hello >$work/again.out 2>$work/again.err
    cmp -s $work/first $work/again && cmp -s $work/first.out $work/again.out && cmp -s $work/first.err $work/again.err || differ=$((differ + 1))
done
[ $differ = 0 ]
ok $? "99 more runs: $differ differ"
done_testing
