#!/bin/sh
# DbgPrint goes to DebugView: who printed what and when, as `run --log` and `ringside log --read` show it. The masks are kernel-t21-masks' matter.
. tests/lib.sh
log=$work/log.json
run "$ringside" run --alone --log "$log" -d "$build/tests/bad/origin.sys" "$build/tests/programs/output.exe"
exits 0 "a driver and a program that print"
out_has "device open, handled 4: 40010006 40010006 4001000A 40010006" "a handler in the process sees OutputDebugString as exceptions"
err_has "dbg: from a program" "standard error has the lines as well"
sed -n 's/^dbg: //p' "$work/err" >"$work/plain"

run "$ringside" log --read "$log"
exits 0 "log --read"
sed 's/^ *[0-9]*  *[0-9.]*  [0-9]*  //; s/:[1-9][0-9]\{1,3\} */:N  /; s/:\([04]\)  */:\1  /; s/ys  */ys  /; s/exe  */exe  /; s/y\{30,\}/y.../' "$work/out" >"$work/got"
tab=$(printf '\t')
cat >"$work/wanted" <<LINES
System:4  origin.sys  entry
System:4  origin.sys  entry's first half
System:4  origin.sys  worker's line
System:4  origin.sys  worker's half
System:4  origin.sys  entry's second half
Idle:0  origin.sys  dpc
System:4  origin.sys  two seconds later
output.exe:N  origin.sys  create
output.exe:N  origin.sys  IHVDRIVER/ERROR  an error of "IHVDRIVER"
output.exe:N  origin.sys  SERIAL/0xFFFFFFFF  a mask
output.exe:N  origin.sys  text <\\x1B[31m${tab}ä\\>
output.exe:N  output.exe  from a program
output.exe:N  output.exe  no newline, and 
output.exe:N  output.exe  a line of its own
output.exe:N  output.exe  wide ä€ ?
output.exe:N  output.exe  two
output.exe:N  output.exe  lines
output.exe:N  output.exe  %s%n is no format
output.exe:N  output.exe  y...
output.exe:N  output.exe  y...
output.exe:N  output.exe  seen on the way
output.exe:N  output.exe  seen twice
System:4  origin.sys  unload
LINES
diff "$work/wanted" "$work/got" | sed 's/^/# /'
cmp -s "$work/wanted" "$work/got"
ok $? "process, driver, component, level and text of each line"
[ "$(sed -n 's/.*"text":"\(dpc\|two seconds later\)".*/&/p' "$log" | sed 's/.*"up":\([0-9]*\).*/\1/' | tr '\n' ' ')" = "1 2 " ]
ok $? "seconds since boot are the machine's"

# lines OPTIONS...: how many lines are shown
lines() { "$ringside" log --read "$log" "$@" | wc -l; }
[ "$(lines --driver origin)" = 12 ] && [ "$(lines --driver 'OUT*')" = 11 ] && [ "$(lines --driver origin --driver output.exe)" = 23 ]
ok $? "--driver"
[ "$(lines --process system)" = 7 ] && [ "$(lines --process 0)" = 1 ] && [ "$(lines --process nobody)" = 0 ]
ok $? "--process, by name and id"
[ "$(lines --component IHVDRIVER)" = 1 ] && [ "$(lines --component default)" = 21 ] && [ "$(lines --level error)" = 2 ] && [ "$(lines --level 3)" = 23 ]
ok $? "--component, --level"
[ "$(lines --grep half)" = 3 ] && [ "$(lines --grep "ENTRY*half")" = 2 ] && [ "$(lines --grep half --exclude worker)" = 2 ] && [ "$(lines -n 4)" = 4 ]
ok $? "--grep, --exclude, -n"
"$ringside" log --read "$log" --json | cmp -s - "$log"
ok $? "--json gives the records as they are"
[ "$("$ringside" log --json --read - <"$log" | "$ringside" log --read - --driver origin | wc -l)" = 12 ]
ok $? "what --json wrote can be read again"

"$ringside" run --alone --log "$work/again.json" -d "$build/tests/bad/origin.sys" "$build/tests/programs/output.exe" >/dev/null 2>&1
cmp -s "$log" "$work/again.json"
ok $? "the log of a repeatable run is repeatable"

printf 'not a record\n' >"$work/bad.json"
run "$ringside" log --read "$work/bad.json"
exits 125 "a file without records"
err_has "lines that are no records" "and it says so"
run "$ringside" log --read "$work/nowhere.json"
exits 125 "a file that is not there"
run "$ringside" run --alone --log /nowhere/at/all "$build/tests/programs/output.exe"
exits 125 "a log file that cannot be made"
err_has "--log FILE takes a file that can be written" "and it says what to do"
[ -w /dev/full ] && run "$ringside" run --alone --log /dev/full "$build/tests/programs/output.exe" && exits 0 "a full disk does not end the machine" &&
    err_has "the file lacks lines" "but it is said"
run "$ringside" log --clear -f
exits 125 "--clear with -f"
run "$ringside" log -i --read "$log"
exits 125 "-i without a terminal"

# A machine that is up keeps its log.
mkdir -m 700 "$work/run" "$work/state"
export XDG_RUNTIME_DIR="$work/run" XDG_STATE_HOME="$work/state"
run "$ringside" log
exits 125 "log without a machine"
err_has "no machine is up" "and it says so"
run "$ringside" up
exits 0 "a machine is up"
"$ringside" log -f >"$work/follow" 2>"$work/follow.err" &
follower=$!
run "$ringside" run -d "$build/tests/bad/origin.sys" "$build/tests/programs/output.exe"
exits 0 "the driver and the program in it"
err_lacks "dbg:" "debug output goes to the log alone"
run "$ringside" log --json -n 1 --grep unload
out_has '"driver":"origin.sys","level":3,"text":"unload"}' "log, the last line"
"$ringside" log --grep half | awk '{ print $1 }' | tr '\n' ' ' >"$work/out"
out_has "2 4 5 " "log with a filter"
run "$ringside" log --clear
exits 0 "--clear"
run "$ringside" log
[ ! -s "$work/out" ]
ok $? "and nothing is left"
run "$ringside" down
wait "$follower"
status=$?
exits 0 "log -f ends with the machine"
[ "$(grep -c 'origin.sys\|output.exe' "$work/follow")" = 23 ]
ok $? "it has shown all lines"
grep -qF "the machine has ended" "$work/follow.err"
ok $? "and says why it ends"

# The full screen, in a terminal of 100 by 12.
if command -v tmux >/dev/null 2>&1; then
    screen() { tmux -L "ringside-log-$$" -f /dev/null "$@"; }
    # shows TEXT NAME: within five seconds
    shows() {
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
            screen capture-pane -p -t log >"$work/out" 2>/dev/null
            grep -qF -- "$1" "$work/out" && break
            sleep 0.2
        done
        out_has "$1" "$2"
    }
    screen new-session -d -s log -x 100 -y 12 "LC_ALL=C.UTF-8 $ringside log -i --read $log; echo left \$?; sleep 60"
    shows "23 of 23" "-i shows all"
    shows "unload" "and the newest line"
    screen send-keys -t log Home
    shows "System:4        origin.sys   entry" "Home goes to the first"
    screen send-keys -t log i
    screen send-keys -t log -l "worker"
    shows "show only lines with: worker" "a filter is asked for"
    screen send-keys -t log Enter
    shows "2 of 23  the end of the file  only: worker" "and takes effect"
    screen send-keys -t log s
    screen send-keys -t log -l "$work/saved.txt"
    screen send-keys -t log Enter
    shows "2 lines saved" "s saves what is shown"
    [ "$(wc -l <"$work/saved.txt")" = 2 ]
    ok $? "to the file"
    screen send-keys -t log q
    shows "left 0" "q leaves"
    screen kill-server
fi
done_testing
