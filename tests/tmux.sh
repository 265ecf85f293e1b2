# Real terminals for shell tests, by tmux: source it after lib.sh. Each window is 100 columns by 40 lines and runs a shell whose prompt is "> ".
# A machine of this test's own: XDG_RUNTIME_DIR and XDG_STATE_HOME are below $work, and all that is started here ends with the test.
command -v tmux >/dev/null 2>&1 || {
    echo "1..0 # skip tmux is not installed (apt install tmux)"
    exit 0
}
ringside=$(realpath "$ringside")
XDG_RUNTIME_DIR=$work/runtime XDG_STATE_HOME=$work/state TMUX_TMPDIR=$work NO_COLOR=1 LC_ALL=C.UTF-8
export XDG_RUNTIME_DIR XDG_STATE_HOME TMUX_TMPDIR NO_COLOR LC_ALL
unset TMUX
mkdir -m 700 "$XDG_RUNTIME_DIR" "$XDG_STATE_HOME"
trap '"$ringside" down >/dev/null 2>&1; terminal kill-server 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

terminal() { tmux -L ringside -f /dev/null "$@"; }
# window NAME: opens one
window() {
    shell="env PS1='> ' ENV= PATH=$(dirname "$ringside"):$PATH sh"
    if terminal has-session 2>/dev/null; then
        terminal new-window -t main -n "$1" "$shell"
    else
        terminal new-session -d -s main -x 100 -y 40 -n "$1" "$shell"
        terminal set-option -g history-limit 5000
        terminal set-option -g remain-on-exit off
    fi
    shows "$1" '>' "window $1"
}
# keys WINDOW KEY...; types WINDOW TEXT: and Enter
keys() {
    name=$1
    shift
    terminal send-keys -t "main:$name" "$@"
}
types() {
    terminal send-keys -t "main:$1" -l -- "$2"
    terminal send-keys -t "main:$1" Enter
}
# screen WINDOW: what it shows, and what has scrolled away
screen() { terminal capture-pane -p -J -S - -t "main:$1" 2>/dev/null; }
# wipe WINDOW: what it has shown is forgotten
wipe() {
    terminal send-keys -R -t "main:$1"
    terminal clear-history -t "main:$1"
}
# How often, each 100 ms, something is waited for; once something has not come, what follows is not waited for so long.
patience=150
# shows WINDOW TEXT NAME: waits until it is there
shows() {
    for try in $(seq $patience); do
        screen "$1" | grep -qF -- "$2" && break
        sleep 0.1
    done
    screen "$1" | grep -qF -- "$2"
    result=$?
    [ $result = 0 ] || patience=5
    ok $result "$3"
    [ $result = 0 ] || screen "$1" | sed '/^$/d; s/^/# screen: /' | tail -40
}
# eventually NAME COMMAND...: waits until it succeeds
eventually() {
    name=$1
    shift
    for try in $(seq $patience); do
        "$@" >"$work/out" 2>"$work/err" && break
        sleep 0.1
    done
    "$@" >"$work/out" 2>"$work/err"
    ok $? "$name"
}
