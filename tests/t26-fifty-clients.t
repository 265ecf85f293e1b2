#!/bin/sh
# T26: fifty programs at once in one machine, each from a terminal of its own (a Linux process with a pipe for console), opening, writing, reading, and dying at random
# moments: by SIGKILL of that process, or because its terminal has gone. The driver sees a CLEANUP and a CLOSE for each CREATE, and the machine lives.
# SEED chooses the moments; SOAK=1 makes ten rounds of it.
. tests/lib.sh
ringside=$(realpath "$ringside")
XDG_RUNTIME_DIR=$work/runtime XDG_STATE_HOME=$work/state
export XDG_RUNTIME_DIR XDG_STATE_HOME
mkdir -m 700 "$XDG_RUNTIME_DIR" "$XDG_STATE_HOME"
mkdir "$work/root"
trap '"$ringside" down >/dev/null 2>&1; rm -rf "$work"' EXIT
cp "$build/tests/kernel/lives.sys" "$build/tests/user/lives.exe" "$work/root"
seed=${SEED:-1} rounds=1
[ -z "${SOAK:-}" ] || rounds=10
random=$seed
next() { random=$(((random * 1103515245 + 12345) % 2147483648)); }

run "$ringside" up --root "$work/root"
exits 0 "a machine"
run "$ringside" load "$work/root/lives.sys"
exits 0 "the driver that counts"
for round in $(seq $rounds); do
    pids=
    for n in $(seq 50); do
        next
        "$ringside" run "$work/root/lives.exe" live $random >"$work/client.$n" 2>&1 </dev/null &
        pids="$pids $!"
    done
    for try in $(seq 300); do
        [ "$(cat "$work"/client.* | grep -c alive)" = 50 ] && break
        sleep 0.1
    done
    alive=$(cat "$work"/client.* | grep -c alive)
    [ "$alive" = 50 ]
    ok $? "round $round, seed $seed: $alive of fifty are alive at once"
    for pid in $pids; do
        next
        case $((random / 65536 % 3)) in
        0) kill -HUP $pid 2>/dev/null ;;
        *) kill -KILL $pid 2>/dev/null ;;
        esac
        [ $((random / 1048576 % 4)) != 0 ] || sleep 0.0$((random / 262144 % 10))
    done 2>/dev/null
    for pid in $pids; do
        wait $pid
    done 2>/dev/null
    for try in $(seq 150); do
        run "$ringside" run "$work/root/lives.exe" count
        [ "$status" = 0 ] && break
        sleep 0.1
    done
    exits 0 "round $round: creates, cleanups and closes are equal: $(cat "$work/out")"
    run "$ringside" status
    exits 0 "round $round: the machine lives"
    ! grep -q 'lives.exe' "$work/out"
    ok $? "round $round: and no program is left"
    run "$ringside" objects -l '\Device\Lives'
    out_has 'Device' "round $round: the device is there"
    [ "$(awk '/Device.Lives/ { print $3 }' "$work/out")" = 0 ]
    ok $? "round $round: nobody has a handle to it"
done
run "$ringside" unload lives
exits 0 "the driver is unloaded: nothing keeps it"
run "$ringside" log
grep -o 'Lives: .*' "$work/out" | tail -1 >"$work/counts"
set -- $(tr -dc '0-9 ' <"$work/counts")
[ "${1:-0}" -gt 50 ] && [ "$1" = "$2" ] && [ "$2" = "$3" ]
ok $? "at unload it has counted as many of each: $(cat "$work/counts")"
run "$ringside" down
exits 0 "and the machine goes down"
done_testing
