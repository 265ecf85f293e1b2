# For shell tests that keep a machine: source it after lib.sh. A machine of one's own, $machine, whose directory is $state.
machine=test
XDG_STATE_HOME=$work/state
XDG_RUNTIME_DIR=$work/runtime
export XDG_STATE_HOME XDG_RUNTIME_DIR
mkdir -p -m 700 "$XDG_STATE_HOME" "$XDG_RUNTIME_DIR"
state=$XDG_STATE_HOME/ringside/$machine
trap 'machine_kill; rm -rf "$work"' EXIT
process=

# machine_up [OPTIONS]: its process number is in $process; what it said on the way is in $work/up and, from inside, in machine.log
machine_up() {
    : >"$work/before"
    [ -f "$state/machine.log" ] && cp "$state/machine.log" "$work/before"
    "$ringside" up --machine "$machine" "$@" >"$work/up" 2>&1 </dev/null
    up_status=$?
    process=$(sed -n 's/.*is up: process \([0-9]*\).*/\1/p' "$work/up")
    [ "$up_status" = 0 ] || sed 's/^/# up: /' "$work/up"
    return "$up_status"
}

# what the machine has said since the last machine_up
machine_said() { tail -c +$(($(wc -c <"$work/before") + 1)) "$state/machine.log" 2>/dev/null; cat "$work/up"; }
machine_err_has() { machine_said | grep -qF -- "$1"; ok $? "$2"; }
machine_err_lacks() { ! machine_said | grep -qF -- "$1"; ok $? "$2"; }

# kills the machine, and waits until it is gone
machine_kill() {
    [ -n "$process" ] || return 0
    kill -KILL "$process" 2>/dev/null
    while kill -0 "$process" 2>/dev/null; do sleep 0.02; done
    process=
}
