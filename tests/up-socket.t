#!/bin/sh
# The socket of a machine that is up, and clients that mean no good (tests/socket.pl). SEED chooses the changed requests; SOAK=1 sends a hundred times as many.
. tests/lib.sh
perl -MJSON::PP -MIO::Socket::UNIX -e 1 2>/dev/null || {
    echo "1..0 # skip no perl"
    exit 0
}
ringside=$(realpath "$ringside")
trap '"$ringside" down --kill >/dev/null 2>&1; "$ringside" down --machine small --kill >/dev/null 2>&1; rm -rf "$work"' EXIT
mkdir -p "$work/own"
mkdir -m 700 "$XDG_RUNTIME_DIR"
run "$ringside" up
exits 0 "up"
process=$(sed -n 's/.*process //p' "$work/err")
rounds=300
[ -z "${SOAK:-}" ] || rounds=30000
perl tests/socket.pl "$XDG_RUNTIME_DIR/ringside/default.sock" "$process" "$ringside" "$(realpath "$build")/tests/programs/control.exe" "${SEED:-1}" $rounds >"$work/out" 2>"$work/err"
status=$?
ok $status "the hostile client has come to its end"
join_tap
run "$ringside" status
exits 0 "the machine has survived it all"
run "$ringside" down
exits 0 "down"

# A machine that has few descriptors
(
    ulimit -n 40
    run "$ringside" up --machine small
    exits 0 "a machine with 40 descriptors"
    echo $count >"$work/count"
)
count=$(cat "$work/count")
perl -MIO::Socket::UNIX -e 'my @held = map { IO::Socket::UNIX->new(Peer => $ARGV[0]) } 1 .. 60; $| = 1; print "held\n"; sleep 60' "$XDG_RUNTIME_DIR/ringside/small.sock" >"$work/held" &
holder=$!
for try in $(seq 100); do grep -q held "$work/held" && break; sleep 0.05; done
run "$ringside" status --machine small
exits 125 "more connections than it has descriptors for"
err_has 'no descriptor left' "a client hears so"
kill $holder
wait $holder 2>/dev/null
run "$ringside" run --machine small "$build/tests/programs/act.exe" exit 5
exits 5 "they leave: it works again"
run "$ringside" down --machine small
exits 0 "down"

cat "$XDG_STATE_HOME/ringside/default/machine.log" >"$work/out"
! grep -q 'fence refused\|own mistake' "$work/out"
ok $? "it had no mistake of its own to report"
done_testing
