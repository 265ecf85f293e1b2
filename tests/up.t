#!/bin/sh
# A machine that stays up: up, status, load, unload, down; their names and directories; and what they say when something is not as it should be.
. tests/lib.sh
ringside=$(realpath "$ringside")
build=$(realpath "$build")
trap '"$ringside" down --kill >/dev/null 2>&1; "$ringside" down --machine other --kill >/dev/null 2>&1; chmod -R u+w "$work"; rm -rf "$work"' EXIT
mkdir -p "$work/own"
mkdir -m 700 "$XDG_RUNTIME_DIR"
example=$build/samples/example-neither.sys
mkdir "$work/root"
is_json() { perl -MJSON::PP -e 'local $/; decode_json(<STDIN>)' <"$work/out" 2>/dev/null; }

# Nobody is up
for command in status down "load $example" "unload example"; do
    run "$ringside" $command
    exits 125 "$command, and no machine is up"
    err_has 'no machine is up: `ringside up` starts one' "which it says"
done
run "$ringside" run --machine nowhere "$build/samples/client.exe"
exits 125 "run --machine, and that one is not up"
err_has 'nowhere: no machine of that name is up' "which it says, by name"
for name in . -x a/b 'a b' "$(printf %065d 0)"; do
    run "$ringside" status --machine "$name"
    exits 125 "the name '$name'"
    err_has 'no name for a machine' "is none"
done
run env RINGSIDE_MACHINE=../x "$ringside" up
exits 125 "RINGSIDE_MACHINE is no name"
err_has 'RINGSIDE_MACHINE: this is no name' "which it says"

# Up
run "$ringside" up
exits 0 "up"
err_has 'machine default is up: process ' "says where"
process=$(sed -n 's/.*process //p' "$work/err")
[ "$(stat -c %a "$XDG_RUNTIME_DIR/ringside" "$XDG_RUNTIME_DIR/ringside/default.sock" | tr '\n' ' ')" = '700 600 ' ]
ok $? "the runtime directory has mode 700, the socket 600"
[ "$(readlink "/proc/$process/cwd")" = / ] && [ -z "$(find "/proc/$process/fd" -lname '/dev/pts/*')" ]
ok $? "the process keeps neither directory nor terminal"
descriptors() { ls "/proc/$process/fd" | wc -l; }
before=$(descriptors)
run "$ringside" up
exits 125 "up again"
err_has 'default: this machine is up already' "which it says"
run "$ringside" status
exits 0 "status"
out_has "process $process" "has the process"
out_has "$XDG_STATE_HOME/ringside/default/drive_c" "and the directory that is C:"
out_has 'seccomp' "and the fence"
out_has '\Driver\condrv (inbox)' "and the drivers"
run "$ringside" status --json
is_json
ok $? "status --json is JSON"
run "$ringside" run --memory 64M "$build/samples/client.exe"
exits 125 "an option that belongs to up, given to run"
err_has '--memory' "is named"
err_has 'or add --alone' "and what to do"
run "$ringside" run --alone --memory 64M -d "$example" "$build/samples/client.exe" alone
exits 0 "with --alone it has a machine of its own"
out_has 'alone' "and runs"
run "$ringside" run --timeout 30 "$build/samples/client.exe"
err_lacks '--alone' "--timeout is for both"

# Drivers
run "$ringside" load "$example"
exits 0 "load"
err_has 'example-neither: loaded' "says so"
[ -f "$XDG_STATE_HOME/ringside/default/drive_c/Windows/System32/drivers/example-neither.sys" ]
ok $? "the file is in the machine's drive C:"
run "$ringside" load "$example"
exits 126 "load again"
err_has 'loaded already' "which it says"
run "$ringside" run "$build/samples/client.exe" hello
exits 0 "a client reaches it"
out_has 'hello' "and it answers"
run "$ringside" status
out_has '\Driver\example-neither, 1 device' "status has it"
run "$ringside" unload example-neither
exits 0 "unload"
err_has 'example-neither: unloaded' "says so"
run "$ringside" unload example-neither
exits 126 "unload again"
err_has 'no driver of that name is loaded' "which it says"
run "$ringside" load --name 'Quote"Name' "$example"
exits 0 "a service's name may have a quotation mark"
run "$ringside" status --json
is_json
ok $? "which status --json survives"
run "$ringside" unload 'Quote"Name'
exits 0 "and unload"
run "$ringside" load --name 'a\b' "$example"
exits 125 "a backslash it may not have"
run "$ringside" load "$work/none.sys"
exits 127 "a file that is not there"
run "$ringside" load "$work/root"
exits 126 "a directory"
run "$ringside" load tests/up.t
exits 126 "a file that is no image"
run "$ringside" load "$build/samples/client.exe"
exits 126 "a program"
run "$ringside" status
[ "$(grep -c 'Driver.' "$work/out")" = 6 ]
ok $? "nothing of them is left"
[ "$(ls "$XDG_STATE_HOME/ringside/default/drive_c/Windows/System32/drivers")" = example-neither.sys ]
ok $? "and their files are not in drive C:"

# Two machines
run "$ringside" up --machine other --root "$work/root"
exits 0 "a second machine"
run "$ringside" load --machine other "$example"
exits 0 "has drivers of its own"
run env RINGSIDE_MACHINE=other "$ringside" status
out_has 'example-neither' "RINGSIDE_MACHINE names it"
run "$ringside" status
! grep -q 'example-neither' "$work/out"
ok $? "the first has none"
run "$ringside" down --machine other
exits 0 "down"
run "$ringside" status --machine other
exits 125 "and it is gone"
[ ! -e "$XDG_RUNTIME_DIR/ringside/other.sock" ]
ok $? "with its socket"

# What a driver waits for keeps no other
"$ringside" load "$build/tests/bad/stuck-entry.sys" >/dev/null 2>&1 &
loading=$!
for try in $(seq 50); do
    run "$ringside" status --threads
    grep -q 'stuck-entry' "$work/out" && break
    sleep 0.1
done
out_has 'stuck-entry.sys+0x' "a DriverEntry that waits for ever is seen by status --threads"
kill $loading
run "$ringside" load "$example"
exits 0 "and another driver can be loaded"
run "$ringside" unload example-neither
exits 0 "and unloaded"
run "$ringside" load "$build/tests/bad/stuck-unload.sys"
"$ringside" unload stuck-unload >/dev/null 2>&1 &
for try in $(seq 50); do
    run "$ringside" status --threads
    grep -q 'stuck-unload' "$work/out" && break
    sleep 0.1
done
out_has 'stuck-unload.sys+0x' "so is a DriverUnload"
[ "$(descriptors)" -le $((before + 6)) ] # both clients', and the files of the drivers that are loaded
ok $? "no descriptor has leaked: $before before, $(descriptors) now"
run "$ringside" down --kill
exits 0 "down --kill ends all that"
run "$ringside" up
exits 0 "and up works at once"
process=$(sed -n 's/.*process //p' "$work/err")

# What is not as it should be
kill -KILL "$process"
while kill -0 "$process" 2>/dev/null; do sleep 0.02; done
run "$ringside" status
exits 125 "the machine was killed: its socket is still there"
err_has 'no machine is up' "but leads nowhere"
run "$ringside" up
exits 0 "and is replaced"
run "$ringside" down
exits 0 "down"
[ ! -e "$XDG_RUNTIME_DIR/ringside/default.sock" ]
ok $? "the socket is gone"
chmod 755 "$XDG_RUNTIME_DIR/ringside"
run "$ringside" up
exits 125 "a runtime directory that others can read"
err_has 'not yours alone' "which it says"
rmdir "$XDG_RUNTIME_DIR/ringside" 2>/dev/null || rm -r "$XDG_RUNTIME_DIR/ringside"
ln -s "$work/root" "$XDG_RUNTIME_DIR/ringside"
run "$ringside" up
exits 125 "one that is a link"
rm "$XDG_RUNTIME_DIR/ringside"
run env XDG_RUNTIME_DIR=$work/none/at/all "$ringside" up
exits 125 "one that cannot be made"
err_has 'set XDG_RUNTIME_DIR' "which it says"
long=$work/$(printf %0120d 0)
mkdir -m 700 "$long"
run env XDG_RUNTIME_DIR=$long "$ringside" up
exits 0 "one whose path is longer than a socket's can be"
run env XDG_RUNTIME_DIR=$long "$ringside" run "$build/tests/programs/act.exe" exit 9
exits 9 "is entered"
run env XDG_RUNTIME_DIR=$long "$ringside" down
exits 0 "and left"
: >"$work/file"
run env XDG_STATE_HOME=$work/file "$ringside" up
exits 125 "no state directory"
err_has 'set XDG_STATE_HOME' "which it says"
if [ "$(id -u)" != 0 ]; then
    mkdir "$work/readonly"
    chmod 555 "$work/readonly"
    XDG_STATE_HOME=$work/readonly run "$ringside" up
    exits 125 "one that cannot be written"
fi
run "$ringside" up --root "$work/none"
exits 125 "a root that is not there"
err_has '--root takes a directory that is there' "which it says"
run "$ringside" up --memory 1G --share x=/none
exits 125 "a share that is not there"
[ ! -e "$XDG_RUNTIME_DIR/ringside/default.sock" ]
ok $? "none of them leaves a socket"
run "$ringside" up --share "d=$work/root"
exits 0 "up after all that"

# A machine that does not come up
cp "$build/tests/bad/null-entry.sys" "$XDG_STATE_HOME/ringside/default/drive_c/bad.sys"
run "$ringside" run sc create Bad type= kernel start= system binPath= 'C:\bad.sys'
exits 0 "a driver that starts with the system, and bug checks"
run "$ringside" down
run "$ringside" up
exits 134 "up, when the machine bug checks on the way"
err_has 'SYSTEM_THREAD_EXCEPTION_NOT_HANDLED' "the screen is on the terminal"
grep -q 'SYSTEM_THREAD_EXCEPTION_NOT_HANDLED' "$XDG_STATE_HOME/ringside/default/bugcheck.txt" && [ ! -e "$XDG_RUNTIME_DIR/ringside/default.sock" ]
ok $? "and in bugcheck.txt; and there is no socket"
run "$ringside" up --safe
exits 0 "up --safe"
run "$ringside" run sc delete Bad
exits 0 "the driver's service is deleted"

# The last: what the machine itself had to say
run "$ringside" down
exits 0 "down"
! grep -q 'fence refused' "$XDG_STATE_HOME"/ringside/*/machine.log
ok $? "the fence has refused nothing of Ringside's own"
done_testing
