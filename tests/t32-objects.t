#!/bin/sh
# T32: the namespace as WinObj shows it.
. tests/lib.sh

XDG_RUNTIME_DIR=$work/run XDG_STATE_HOME=$work/state
export XDG_RUNTIME_DIR XDG_STATE_HOME
mkdir -m 700 "$work/run" "$work/state"
trap '"$ringside" down --kill >/dev/null 2>&1; rm -rf "$work"' EXIT
LC_ALL=C.UTF-8
export LC_ALL

run "$ringside" objects
exits 125 "without a machine"
err_has "ringside:" "it says so"

run timeout 60 "$ringside" up
exits 0 "a machine"
run timeout 60 "$ringside" load "$build/samples/serial.sys"
exits 0 "with a driver"

run timeout 20 "$ringside" objects
exits 0 "the whole namespace"
for name in '── Device$' '── Driver$' '── GLOBAL??$' '── FileSystem$' '── ObjectTypes$' '── BaseNamedObjects$' '── Callback$' '── KernelObjects$' \
    '── Sessions$' '── Security$' '── DosDevices -> \\??$' '── SystemRoot -> \\Device\\BootDevice\\Windows$' '── REGISTRY  (Key)$'; do
    ok "$(grep -q -- "$name" "$work/out" && echo 0 || echo 1)" "it has $name"
done
out_has '│   ├── COM1 -> \Device\Serial0' "the driver's link"
out_has '│   ├── Serial0  (Device, \Driver\serial)' "its device"
out_has '├── Serial0' "as a tree"
ok "$([ "$(sed -n 1p "$work/out")" = '\' ] && echo 0 || echo 1)" "from the root"
LC_ALL=C run timeout 20 "$ringside" objects /Device
out_has '|-- Serial0  (Device, \Driver\serial)' "a directory alone, in ASCII where the terminal has no more"
ok "$(! grep -q GLOBAL "$work/out" && echo 0 || echo 1)" "and nothing else"

run timeout 20 "$ringside" objects -l 'device/serial0'
out_has 'TYPE ' "-l: a head"
out_has '\Device\Serial0' "the path as the machine spells it"
out_has '\Driver\serial, FILE_DEVICE_SERIAL_PORT; FILE_DEVICE_SECURE_OPEN; DO_BUFFERED_IO DO_EXCLUSIVE DO_DEVICE_HAS_NAME' "driver, type, characteristics, flags"
run timeout 20 "$ringside" objects -l '\Driver'
out_has 'devices: \Device\Serial0' "a driver's devices"
out_has 'cannot be unloaded' "one without an unload routine"
run timeout 20 "$ringside" objects '\GLOBAL??\com1'
out_has '\GLOBAL??\COM1 -> \Device\Serial0' "a link alone is the link"
run timeout 20 "$ringside" objects --json
ok "$(grep -c '^{"path":' "$work/out" | awk '{ exit !($1 > 60) }' && echo 0 || echo 1)" "--json: an object to a line"
cp "$work/out" "$work/saved"
out_has '{"path":"\\Device\\Serial0","name":"Serial0","type":"Device","references":' "with its members"
run "$ringside" objects --read "$work/saved"
out_has '│   ├── Serial0  (Device, \Driver\serial)' "what was saved is shown again"
run timeout 20 "$ringside" objects '\Device\Nothing'
exits 127 "what is not there"
err_has 'ringside: \Device\Nothing: there is no such object' "is said so"
run timeout 20 "$ringside" objects '\Device\Serial0\x\\y'
ok "$([ "$status" != 0 ] && echo 0 || echo 1)" "a path below a device"

# What a program has, as long as it has it.
mkfifo "$work/input"
timeout 60 "$ringside" run "$build/tests/user/named-objects.exe" <"$work/input" >"$work/program" 2>&1 &
program=$!
exec 9>"$work/input"
tries=0
until grep -q there "$work/program" || [ $tries -gt 100 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
run timeout 20 "$ringside" objects -l /
out_has '\Sessions\1\BaseNamedObjects\shown event' "a program's event is its session's"
out_has 'notification; signaled; O:BA' "with its state and its owner"
out_has 'D:(A;;0x1f0003;;;WD)' "and its security"
out_has 'not signaled; held by thread' "a mutex and who has it"
out_has '\BaseNamedObjects\shown semaphore' "a global semaphore"
out_has '2 of 5' "and its count"
out_has '-> \Device\Second, before: \Device\First' "a name of the logon session and what it meant before"
out_has 'over \GLOBAL??' "the directory it is in lies over the global one"
echo >&9
exec 9>&-
wait $program
run timeout 20 "$ringside" objects
ok "$(! grep -q 'shown event' "$work/out" && echo 0 || echo 1)" "they end with the program"

# What a driver leaves is seen, and what goes is gone.
run timeout 60 "$ringside" unload serial
run timeout 20 "$ringside" objects
ok "$(! grep -qi serial "$work/out" && echo 0 || echo 1)" "after unloading nothing of the driver is left"

run "$ringside" objects -l --json
exits 125 "two forms at once"
run "$ringside" objects --what
exits 125 "an option that is none"
run "$ringside" objects -i
exits 125 "-i without a terminal"
err_has "must be a terminal" "says so"
printf 'not json\n' >"$work/bad"
run "$ringside" objects --read "$work/bad"
exits 125 "a file that --json has not written"
printf '{"path":"\\\\","name":"\\\\","type":"Directory"}\n{"path":"\\\\a\\u001b[2Jb","name":"a\\u001b[2Jb","type":"Event"}\n' >"$work/hostile"
run "$ringside" objects --read "$work/hostile"
out_has 'a?[2Jb  (Event)' "control characters in a name do not reach the terminal"

# The full screen, in a terminal of its own.
if command -v tmux >/dev/null; then
    screen() { tmux -L "ringside-$$" "$@"; }
    shows() {
        tries=0
        until screen capture-pane -p >"$work/out" 2>/dev/null && grep -qF -- "$1" "$work/out"; do
            tries=$((tries + 1))
            [ $tries -gt 50 ] && break
            sleep 0.1
        done
        grep -qF -- "$1" "$work/out"
        ok $? "$2"
    }
    trap 'screen kill-server >/dev/null 2>&1; "$ringside" down --kill >/dev/null 2>&1; rm -rf "$work"' EXIT
    timeout 60 "$ringside" load "$build/samples/serial.sys" >/dev/null 2>&1
    screen -f /dev/null new-session -d -x 120 -y 30 "$ringside objects -i; echo exit code \$?; sleep 60"
    shows 'Leads to, belongs to' "-i: a list with its head"
    shows '+ Device' "and a tree of directories"
    screen send-keys / c o m 1 Enter
    shows '\GLOBAL??\COM1' "/ finds a link"
    screen send-keys f
    shows ' driver           \Driver\serial' "f follows it to the device, and its details are shown"
    screen send-keys Enter
    shows 'FILE_DEVICE_SERIAL_PORT' "Enter shows all of it"
    screen send-keys Escape
    timeout 60 "$ringside" unload serial >/dev/null 2>&1
    tries=0
    while screen capture-pane -p >"$work/out" && grep -q Serial0 "$work/out" && [ $tries -lt 50 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    ok "$(! grep -q Serial0 "$work/out" && echo 0 || echo 1)" "what goes while it is looked at disappears by itself"
    screen resize-window -x 60 -y 14
    sleep 0.3
    shows 'Name' "a smaller window is drawn anew"
    screen send-keys q
    shows 'exit code 0' "q leaves"
    screen resize-window -x 120 -y 24
    screen respawn-window -k "TERM=no-such-terminal $ringside objects -i; echo exit code \$?; sleep 60"
    shows "the terminal 'no-such-terminal' is not one" "a terminal that nobody describes is refused"
    screen kill-server
fi

run timeout 60 "$ringside" down
exits 0 "down"
done_testing
