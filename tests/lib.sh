# TAP for shell tests: source it, call ok/run/..., end with done_testing. Output of the last run: $out (stdout), $err (stderr), $status.
build=${BUILD:-build}
ringside=$build/ringside
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
# No test enters a machine of yours: its own directories are there as soon as it makes them.
XDG_RUNTIME_DIR=$work/own/runtime XDG_STATE_HOME=$work/own/state
export XDG_RUNTIME_DIR XDG_STATE_HOME
unset RINGSIDE_MACHINE

# ok CONDITION-STATUS NAME
ok() {
    count=$((count + 1))
    if [ "$1" = 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        [ -f "$work/out" ] && sed 's/^/# out: /' "$work/out" | head -40
        [ -f "$work/err" ] && sed 's/^/# err: /' "$work/err" | head -40
        [ -n "${status:-}" ] && echo "# status: $status"
    fi
}

# run COMMAND...: standard input is empty unless $input is set
run() {
    printf "${input:-}" | "$@" >"$work/out.raw" 2>"$work/err"
    status=$?
    tr -d '\r' <"$work/out.raw" >"$work/out"
}

exits() { ok "$([ "$status" = "$1" ] && echo 0 || echo 1)" "$2: exit code $1"; }
out_has() { grep -qF -- "$1" "$work/out"; ok $? "$2"; }
err_has() { grep -qF -- "$1" "$work/err"; ok $? "$2"; }
err_lacks() { ! grep -qF -- "$1" "$work/err"; ok $? "$2"; }
# parameter NUMBER PATTERN NAME: the screen's parameters of a bug check
parameter() { grep -qE "^ *(parameter +)?$1  $2( |\$)" "$work/err"; ok $? "$3: parameter $1 is $2"; }
# The TAP that a program has printed becomes part of this script's.
join_tap() {
    while read -r line; do
        case $line in
        "ok "*) ok 0 "${line#ok * - }" ;;
        "not ok "*) ok 1 "${line#not ok * - }" ;;
        esac
    done <"$work/out"
}
done_testing() { echo "1..$count"; }
