#!/bin/sh
# T43, T44, T45: the tutorial in four terminals, for each of the three builds: the loader waits in one, the client runs in another, the log scrolls in a third,
# the namespace is looked at in a fourth.
. tests/lib.sh
. tests/tmux.sh
mkdir "$work/root"
cp "$build"/samples/*.sys "$build"/samples/*.exe "$build/tests/programs/act.exe" "$work/root"
window loader
types loader "cd $work/root; ringside up --root ."
shows loader 'is up' "the machine is up"
window client
types client "cd $work/root"
window log
types log 'ringside log -f'
window objects
for kind in buffered direct neither; do
    for name in loader client log objects; do
        wipe $name
    done
    types objects "ringside objects '\\??' | grep -c Examp''le; echo '$kind:' looked"
    shows objects "$kind: looked" "$kind: the namespace before it"
    shows objects '0' "$kind: there is no link"
    types client 'ringside run client.exe'
    shows client 'CreateFile \\.\Example: error 2' "$kind: and the client gets 2 (ERROR_FILE_NOT_FOUND)"
    types loader "ringside run loader.exe 'C:\\example-$kind.sys'"
    shows loader 'Press Enter' "$kind: the loader has started the driver and waits"
    shows log "Example: DriverEntry ($kind)" "$kind: the log shows its DriverEntry"
    types client "ringside run client.exe 'Hello from $kind'; echo \"code \$?\""
    shows client "read $((12 + ${#kind})) bytes: Hello from $kind" "$kind: meanwhile the client talks to it"
    shows client 'code 0' "$kind: and has its exit code"
    shows log "Example: write ($kind): Hello from $kind" "$kind: the log shows what was written"
    screen client | grep -q 'Example: write'
    [ $? != 0 ]
    ok $? "$kind: and the client's window does not"
    types objects "ringside objects -l '\\Device\\Example'; ringside objects '\\??' | grep Example"
    shows objects 'Device\Example' "$kind: the namespace has the device, and the link that leads to it"
    shows objects 'Driver\Example' "$kind: and its driver"
    case $kind in
    buffered) shows objects 'DO_BUFFERED_IO' "$kind: and its way of I/O" ;;
    direct) shows objects 'DO_DIRECT_IO' "$kind: and its way of I/O" ;;
    esac
    types client 'ringside status'
    shows client 'loader.exe' "$kind: the status has the loader"
    keys loader Enter
    shows loader 'CloseServiceHandle: ok' "$kind: Enter ends it"
    shows loader 'ControlService: ok' "$kind: the driver was stopped"
    shows loader 'DeleteService: ok' "$kind: and its service deleted"
    shows log 'Example: unloaded' "$kind: the log shows its end"
    eventually "$kind: the device is gone" sh -c "! '$ringside' objects '\\Device' | grep -q Example"
done

# The browser
types objects 'ringside objects -i'
shows objects 'Device' "objects -i shows the namespace"
keys objects q
types objects "echo back aga''in"
shows objects 'back again' "and q leaves it"

# Closing, interrupting and asking
types loader "ringside run loader.exe --install 'C:\\example-neither.sys'"
shows loader 'StartService: ok' "a driver that stays"
wipe client
types client 'ringside run act.exe enter now; echo "ended: $?"'
shows client 'now: press Enter' "a program waits for its terminal"
keys client 'C-\'
shows client 'act.exe' "Ctrl+\\ says who waits"
keys client C-c
shows client 'ended: 1' "Ctrl+C ends it"
types client 'ringside run act.exe enter then'
shows client 'then: press Enter' "another waits"
terminal kill-window -t main:client
eventually "its terminal is closed: it is gone" sh -c "! '$ringside' status | grep -q act.exe"
types loader 'ringside run client.exe "Still alive"'
shows loader 'read 12 bytes: Still alive' "and the machine lives"
types loader 'ringside run loader.exe --remove; clear; ringside down; echo "down: $?"'
shows loader 'down: 0' "down"
shows log '>' "the log ends with the machine"
done_testing
