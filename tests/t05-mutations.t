#!/bin/sh
# 200 damaged copies of a good driver: each is refused, or runs and is contained. FIRST and COUNT in the environment for others.
. tests/lib.sh
first=${FIRST:-0} copies=${COUNT:-200}
"$build/tests/tools/mutate" $first $copies $build/samples/example-neither.sys "$work" || exit 1
refused=0 ran=0 stopped=0 wrong=0
last=$((first + copies - 1))
for n in $(seq $first $last); do
    "$ringside" run --timeout 10 -d "$work/$n.sys" >"$work/out" 2>"$work/err" </dev/null
    status=$?
    case $status in
    0) ran=$((ran + 1)) ;;
    126) refused=$((refused + 1)) ;;
    124 | 134) stopped=$((stopped + 1)) ;;
    esac
    if ! { [ $status = 0 ] || [ $status = 124 ] || [ $status = 126 ] || [ $status = 134 ]; } || grep -q 'own mistake' "$work/err"; then
        wrong=$((wrong + 1))
        echo "# copy $n ended with $status"
        sed 's/^/# /' "$work/err" | head -20
    fi
    rm "$work/$n.sys"
done
[ $wrong = 0 ]
ok $? "$refused refused, $ran ran, $stopped were stopped, $wrong went wrong"
[ $((refused * ran * stopped)) != 0 ]
ok $? "and there were some of each"
done_testing
