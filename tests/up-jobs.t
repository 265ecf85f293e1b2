#!/bin/sh
# Programs in a machine that is up: exit codes, input and output that are no terminal, drivers that come and go with them, how they end, and how the machine does.
. tests/lib.sh
ringside=$(realpath "$ringside")
build=$(realpath "$build")
act=$build/tests/programs/act.exe control=$build/tests/programs/control.exe lives=$build/tests/user/lives.exe
trap '"$ringside" down --kill >/dev/null 2>&1; rm -rf "$work"' EXIT
mkdir -p "$work/own"
mkdir -m 700 "$XDG_RUNTIME_DIR"
state=$XDG_STATE_HOME/ringside/default
up() {
    run "$ringside" up "$@"
    exits 0 "up $*"
    process=$(sed -n 's/.*process //p' "$work/err")
}
# until NAME COMMAND...: waits until it succeeds, for 15 seconds
until_true() {
    name=$1
    shift
    for try in $(seq 150); do
        "$@" >"$work/out" 2>"$work/err" && break
        sleep 0.1
    done
    "$@" >"$work/out" 2>"$work/err"
    ok $? "$name"
}
no_program() { "$ringside" status | tail -1 | grep -q '^programs$'; }
# A program of its own in the background, with what it prints in a file; signals reach it as they reach a shell's.
start() { # FILE COMMAND...
    file=$1
    shift
    perl -e '$SIG{INT} = $SIG{QUIT} = "DEFAULT"; exec @ARGV' "$@" >"$work/$file" 2>&1 </dev/null &
    started=$!
}
up

# Exit codes
for code in 0 1 124 125 255; do
    run "$ringside" run "$act" exit $code
    exits $code "the program's code"
done
run "$ringside" run "$act" exit 256
exits 255 "a code above 255"
err_has 'exit status 0x00000100 (256): a shell sees 255' "is named"
run "$ringside" run "$act" fault 16
exits 255 "an unhandled exception"
err_has '0xC0000005' "has its status"
run "$ringside" run "$work/none.exe"
exits 127 "a program that is not there"
run "$ringside" run "$build/samples/example-neither.sys"
exits 126 "a driver as a program"
run "$ringside" run "$build/tests/programs/lacks.exe"
exits 126 "a program that lacks a function"
run "$ringside" run --timeout 1 "$act" sleep 60000
exits 124 "--timeout"
until_true "and the program is ended" no_program

run "$ringside" run "$act" args "$(printf 'na\303\257ve \377')"
exits 125 "a word that is no UTF-8"
err_has 'no UTF-8' "is named"

# Input and output
input='one\ntwo\n'
run "$ringside" run "$act" echo
exits 0 "input from a pipe"
out_has 'got [two]' "arrives"
out_has 'end of input' "and ends"
input=
printf 'a line\n' >"$work/text"
"$ringside" run "$act" echo <"$work/text" >"$work/out" 2>"$work/err"
out_has 'got [a line]' "input from a file"
"$ringside" run "$act" echo <&- >"$work/out" 2>"$work/err"
out_has 'end of input' "no input at all"
"$ringside" run "$act" exit 3 >&- 2>&-
status=$?
exits 3 "no output at all"
head -c 300000 /dev/zero | tr '\0' 'z' >"$work/large"
"$ringside" run "$act" count <"$work/large" >"$work/out" 2>"$work/err"
out_has '300000 bytes' "much input"
"$ringside" run "$control" flood 5000 >"$work/out" 2>"$work/err"
[ "$(wc -c <"$work/out")" = 500000 ]
ok $? "much output, all of it"
"$ringside" run "$control" flood 5000 2>/dev/null | (sleep 0.5; wc -c) >"$work/out"
out_has 500000 "into a pipe that is read late"
{ "$ringside" run "$control" flood 5000 2>"$work/err"; echo $? >"$work/code"; } | head -1 >"$work/out"
[ "$(cat "$work/code")" = 3 ]
ok $? "into a pipe whose reader has left: the program goes on"
err_has 'error 232' "with ERROR_NO_DATA"
"$ringside" run "$control" types <"$work/text" 2>"$work/err" | tr -d '\r' >"$work/out"
out_has 'output: type 3, no console: error 6' "a pipe is a pipe, and no console"
for n in 1 2 3; do
    (echo "input of $n"; sleep 0.3; echo "more of $n") | "$ringside" run "$act" echo >"$work/own.$n" 2>&1 &
done
wait
[ "$(cat "$work"/own.[123] | tr -d '\r' | grep -c 'got \[\(input\|more\) of [123]\]')" = 6 ] && grep -q 'more of 2' "$work/own.2"
ok $? "three programs at once, each with its own input and output"
run "$ringside" run --and "$act set later" "$act" wait later
exits 0 "--and"
out_has 'waited for later' "lets one go on"

# Files of the command line
mkdir "$work/a" "$work/b"
cp "$control" "$work/a/program.exe"
cp "$act" "$work/b/program.exe"
start old "$ringside" run "$work/a/program.exe" sleep
until_true "the older program.exe runs" grep -q ready "$work/old"
run "$ringside" run "$work/b/program.exe" exit 21
exits 21 "a newer file of the same name takes its place"
kill $started
until_true "the older one ends" no_program

# Drivers of the command line
run "$ringside" run -d "$build/samples/example-neither.sys" "$build/samples/client.exe" hello
exits 0 "-d in a machine that is up"
out_has 'hello' "the client has reached it"
run "$ringside" status
! grep -q example "$work/out"
ok $? "afterwards it is unloaded"
run "$ringside" run reg.exe query 'HKLM\System\CurrentControlSet\Services\example-neither' 2>/dev/null
run "$ringside" load "$build/samples/example-neither.sys"
exits 0 "and its key is no hindrance"
run "$ringside" run -d "$build/samples/example-neither.sys" "$build/samples/client.exe"
exits 126 "-d of one that is loaded already"
err_has 'loaded already' "says so"
run "$ringside" run "$build/samples/client.exe" still
exits 0 "the one that was there stays"
run "$ringside" unload example-neither
exits 0 "until it is unloaded"

# Ends
start out.events "$ringside" run "$control" events 2
until_true "a program with a handler for Ctrl+C" grep -q ready "$work/out.events"
kill -INT $started
until_true "the handler runs" grep -q 'event 0' "$work/out.events"
kill -INT $started
wait $started
status=$?
exits 7 "and the program ends as it likes"
start out.none "$ringside" run "$control" sleep
until_true "one without" grep -q ready "$work/out.none"
kill -INT $started
wait $started
status=$?
exits 130 "is ended by Ctrl+C"
start out.deaf "$ringside" run "$control" events -1
until_true "one that takes every event" grep -q ready "$work/out.deaf"
for n in 1 2 3; do
    kill -INT $started
    sleep 0.2
done
wait $started
status=$?
exits 130 "is left by the third Ctrl+C"
sleep 1
! no_program
ok $? "has five seconds"
until_true "and is ended" no_program
start out.threads "$ringside" run "$control" sleep
until_true "a program sleeps" grep -q ready "$work/out.threads"
start out.other "$ringside" run "$control" sleep
until_true "so does another" grep -q ready "$work/out.other"
kill -QUIT $(($started - 0))
until_true "Ctrl+\\ shows what waits" grep -q 'control.exe .* waits for' "$work/out.other"
! grep -q 'waits for' "$work/out.threads"
ok $? "there and nowhere else"

# A client that is killed takes its programs with it
run "$ringside" down
exits 0 "down, with two programs"
err_has 'control.exe (process' "which it names"
wait
grep -q 'exit status 0x40010004' "$work/out.other"
ok $? "their shells hear how they ended"
up
cp "$build/tests/kernel/lives.sys" "$work"
run "$ringside" load "$work/lives.sys"
for signal in KILL HUP TERM; do
    start out.wait.$signal "$ringside" run "$lives" wait
    until_true "a program waits in a read" grep -q waiting "$work/out.wait.$signal"
    kill -$signal $started
    wait $started 2>/dev/null
    until_true "its terminal's process gets SIG$signal: it ends" no_program
done
for n in $(seq 40); do
    start "out.killed.$n" "$ringside" run "$lives" wait
    sleep 0.0$((n % 4))$((n % 10))
    kill -KILL $started
    wait $started 2>/dev/null
done
until_true "forty are killed at any moment: none is left" no_program
run "$ringside" run "$lives" count
exits 0 "CLEANUP and CLOSE have come for each CREATE"
start out.children "$ringside" run "$build/tests/programs/start.exe" --leave 'C:\start.exe' --sleep
sleep 0.3
run "$ringside" status
start out.both "$ringside" run --and "$control sleep" "$build/tests/programs/start.exe" --leave 'C:\start.exe' --sleep
until_true "a program has left a child, another goes on" grep -q ready "$work/out.both"
"$ringside" status | grep -q start.exe
ok $? "the child is there"
kill -KILL $started
until_true "its terminal's process is killed: both end" no_program

# down, and what is in its way
start out.hold "$ringside" run "$control" hold Lives
until_true "a program holds a device" grep -q ready "$work/out.hold"
run "$ringside" unload lives
exits 126 "unload of a driver whose device is open"
err_has 'still open' "says so"
run "$ringside" status
out_has 'waits for its last handle to unload' "and so does status"
kill -KILL $started
until_true "with the last handle it goes" sh -c "! '$ringside' status | grep -q lives"
printf '#include <ntddk.h>\nNTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING p) { return STATUS_SUCCESS; }\n' >"$work/stays.c"
run "$ringside" cc "$work/stays.c" -o "$work/stays.sys"
run "$ringside" load "$work/stays.sys"
exits 0 "a driver without DriverUnload"
run "$ringside" unload stays
exits 126 "stays"
err_has 'no DriverUnload' "and says why"
run "$ringside" load "$build/tests/bad/keeps-irp.sys"
start out.kept "$ringside" run "$control" control Example
until_true "a program whose IRP is never completed" grep -q ready "$work/out.kept"
run "$ringside" status --threads
out_has 'pended by \Driver\keeps-irp' "status --threads says who keeps it"
run "$ringside" down
exits 0 "down"
err_has 'stays: stays loaded: it has no DriverUnload' "names the driver that would not go"
err_has 'does not end' "and the program"
wait
grep -q 'went down' "$work/out.kept"
ok $? "which hears that the machine went down"

# Bug checks
up
start out.held "$ringside" run "$control" sleep
until_true "a program is in the machine" grep -q ready "$work/out.held"
start out.log "$ringside" log -f
sleep 0.3
run "$ringside" run -d "$build/tests/bad/null-entry.sys"
exits 134 "a bug check"
err_has 'SYSTEM_THREAD_EXCEPTION_NOT_HANDLED' "its screen is on the terminal of who caused it"
wait $started
status=$?
exits 134 "the follower of the log"
grep -q 'SYSTEM_THREAD_EXCEPTION_NOT_HANDLED' "$work/out.held" && grep -q 'SYSTEM_THREAD_EXCEPTION_NOT_HANDLED' "$work/out.log"
ok $? "and on every other terminal"
grep -q 'SYSTEM_THREAD_EXCEPTION_NOT_HANDLED' "$state/bugcheck.txt" && ! grep -q "$(printf '\033')" "$state/bugcheck.txt"
ok $? "and in bugcheck.txt, as plain text"
run "$ringside" status
exits 125 "the machine is gone"
up
start out.gone "$ringside" run "$control" sleep
until_true "a program" grep -q ready "$work/out.gone"
kill -KILL "$process"
wait $started
status=$?
exits 125 "the machine is killed: its client"
grep -q 'the machine has gone' "$work/out.gone"
ok $? "says so"
up
start out.term "$ringside" run "$control" sleep
until_true "a program" grep -q ready "$work/out.term"
kill -TERM "$process"
wait $started
status=$?
exits 143 "the machine gets SIGTERM: its client"
grep -q 'went down' "$work/out.term"
ok $? "says so"
up
run "$ringside" down
exits 0 "down"
! grep -q 'fence refused\|own mistake' "$state/machine.log"
ok $? "the fence has refused nothing of Ringside's own"
done_testing
