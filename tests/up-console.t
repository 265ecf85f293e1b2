#!/bin/sh
# Terminals in a machine that is up: what a program finds there, Ctrl+C, Ctrl+\, Ctrl+S, Ctrl+Z, the background, and the end of the terminal.
. tests/lib.sh
. tests/tmux.sh
build=$(realpath "$build")
mkdir "$work/root"
cp "$build/tests/programs/control.exe" "$build/tests/programs/act.exe" "$work/root"
window one
types one "cd $work/root; set -m; ringside up --root ."
shows one 'is up' "a machine"
window two
types two "cd $work/root"

types one 'ringside run control.exe types'
shows one 'input: type 2, mode 0x1f7, set again: 1' "a terminal is a character device with a console mode (input)"
shows one 'output: type 2, mode 0x3, set again: 1' "and output"
types one 'ringside run control.exe types | cat'
shows one 'output: type 3, no console: error 6' "its output is a pipe"
types one 'ringside run control.exe screen'
shows one 'screen: 100 x 40, window to 99, 39, attributes 7' "the size of the screen"
shows one 'red on blue plain, it was 1c' "attributes are kept"
screen_has_colours() { terminal capture-pane -p -e -t main:one | grep -q "$(printf '\033\\[91m\033\\[44mred on blue\033\\[39m\033\\[49m plain')"; }
screen_has_colours
ok $? "and are the terminal's colours"
shows one 'moved: 0, error 50' "the cursor cannot be placed"
shows one 'unknown attributes: 0, error 87' "nor what is no attribute"
types one 'ringside run control.exe screen | cat'
shows one 'no screen: error 6, attributes: 0' "a pipe has no screen"
types one 'ringside run act.exe echo'
sleep 0.3
types one 'typed here'
shows one 'got [typed here]' "a line typed arrives"
keys one C-d
shows one 'end of input' "Ctrl+D ends input"

# Two at once
types one 'clear; ringside run act.exe enter first'
shows one 'first: press Enter' "a program waits for Enter"
types two 'ringside run act.exe enter second'
shows two 'second: press Enter' "so does one elsewhere"
keys two Enter
shows two 'second: entered' "each has its own input"
! screen one | grep -q 'first: entered'
ok $? "and no other's"
keys one Enter
shows one 'first: entered' "the first, too"

# Ctrl+C
types one 'clear; ringside run control.exe events 2; echo "code $?"'
shows one 'ready' "a program with a handler"
types two 'clear; ringside run control.exe sleep; echo "code $?"'
shows two 'ready' "another without, elsewhere"
keys one C-c
shows one 'event 0' "Ctrl+C"
keys one C-c
shows one 'code 7' "twice: it ends as it likes"
! screen two | grep -q 'code'
ok $? "the other one goes on"
keys two 'C-\'
shows two 'waits for' "Ctrl+\\ there shows what waits"
! screen one | grep -q 'waits for'
ok $? "and only there"
keys two C-c
shows two 'code 130' "Ctrl+C ends it"

# Ctrl+S
types one 'clear; ringside run control.exe flood 3000 | cat >/dev/null; stty -ixany; ringside run control.exe flood 100000; echo "code $?"'
shows one 'xxxxxxxxx' "much output"
keys one C-s
sleep 0.3
types two 'clear; ringside run act.exe args quick'
shows two '[quick]' "its terminal is stopped: others go on"
"$ringside" status | grep -q control.exe
ok $? "and it waits"
keys one C-q
sleep 0.3
keys one C-c
shows one 'code ' "Ctrl+Q, Ctrl+C: it has ended"

# Ctrl+Z and the background
types one 'clear; ringside run act.exe echo'
sleep 0.5
keys one C-z
shows one 'Stopped' "Ctrl+Z stops it"
types one 'echo typed to the $((1 + 1))nd'
shows one 'typed to the 2nd' "what is typed is the shell's"
! screen one | grep -q 'got \['
ok $? "and not the program's"
types one 'fg'
sleep 0.5
types one 'in front'
shows one 'got [in front]' "fg: it is the program's again"
keys one C-d
shows one 'end of input' "to the end"
types one 'clear; ringside run act.exe echo &'
sleep 0.5
types one 'echo still the $((2 + 1))rd'
shows one 'still the 3rd' "in the background it does not read from the terminal"
types one 'fg'
sleep 0.5
types one 'at last'
shows one 'got [at last]' "fg: now it does"
keys one C-d
shows one 'end of input' "to the end"

# The end of a terminal
types two 'clear; ringside run control.exe events 0'
shows two 'ready' "a program that takes every event"
types one "clear; ringside log -f"
terminal kill-window -t main:two
eventually "its terminal is closed: it is gone" sh -c "! '$ringside' status | grep -q control.exe"
window three
types three "cd $work/root; ringside run control.exe flood 100000"
shows three 'xxxxxxxxx' "a program writes"
keys three C-s
sleep 0.3
terminal kill-window -t main:three
eventually "its stopped terminal is closed: it is gone" sh -c "! '$ringside' status | grep -q control.exe"
keys one C-c
types one 'clear; ringside down; echo "down: $?"'
shows one 'down: 0' "down"
! grep -q 'fence refused\|own mistake' "$XDG_STATE_HOME/ringside/default/machine.log"
ok $? "the fence has refused nothing of Ringside's own"
done_testing
