#!/bin/sh
# Drivers that try to get out of the machine: by system calls of their own, through the C library of the process around them, by writing over that
# process. Nothing outside changes, and what is printed says what was tried.
. tests/lib.sh
case $build in /*) ;; *) build=$PWD/$build ringside=$PWD/$ringside ;; esac
bad=$build/tests/bad
key=$(grep -qw ospke /proc/cpuinfo && echo yes || echo no)
mkdir "$work/outside"
cd "$work/outside"
export HOME="$work/outside"

# attempt NAME: the driver is loaded in a directory that holds nothing but a file
attempt() {
    name=$1
    echo safe >canary
    run "$ringside" run --timeout 60 -d "$bad/$name.sys"
    [ "$(ls -A)" = canary ] && [ "$(cat canary)" = safe ]
    ok $? "$name: nothing outside the machine has changed"
}
# refused NAME TEXT: it stops, and the screen has the text and the place
refused() {
    attempt "$1"
    exits 134 "$1"
    err_has 'STOP 0x0000001E' "$1: the code"
    err_has "$2" "$1: what it tried"
    err_has "culprit    $1.sys!Mistake" "$1: the culprit"
}

for call in execve:59 open:2 socket:41 ptrace:101; do
    refused "escape-${call%:*}" "the driver executes 'syscall' with eax = ${call#*:}, to Linux ${call%:*}: it was refused"
    refused "escape-library-${call%:*}" "the driver called code of Ringside's own, for the Linux call ${call%:*} (${call#*:}): it was refused"
    err_has 'the C library is found' "escape-library-${call%:*}: it found the C library"
done
refused escape-int80 "the driver executes 'int 80h' with eax = 11: it was refused"
if grep -q GenuineIntel /proc/cpuinfo; then # AMD's processors do not know sysenter in 64-bit code
    attempt escape-sysenter
    exits 134 escape-sysenter
    err_has 'the driver left 64-bit code' "escape-sysenter: what it tried"
fi

# A call that the machine itself makes, for a file outside: Landlock is what stands before it.
if "$ringside" run --timeout 60 -d "$bad/escape-library-openat2.sys" 2>&1 | grep -q 'openat2 gives [0-9]'; then
    rm -f escaped
    echo "# no Landlock here: escape-library-openat2 skipped"
else
    attempt escape-library-openat2
    err_has 'the C library is found' "escape-library-openat2: it found the C library"
fi

attempt escape-stray
err_has "the host's variables are found" "escape-stray: it found them"
if [ $key = yes ]; then
    exits 134 "a stray write to the host's memory"
    err_has 'STOP 0x000000BE' "escape-stray: the code"
    err_has 'memory of Ringside itself, outside the machine, was written' "escape-stray: what it did"
    err_has 'culprit    escape-stray.sys!Mistake' "escape-stray: the culprit"
fi
attempt escape-write
err_has "the host's variables are found" "escape-write: it found them"
ok "$([ "$status" != 0 ] && [ "$status" != 124 ] && echo 0 || echo 1)" "escape-write: it ends"
grep -qE "Ringside's own memory is damaged|memory of Ringside itself, outside the machine, was written" "$work/err"
ok $? "escape-write: what it did"

# Without the fence it says so.
run "$ringside" run --no-sandbox --timeout 60 -d "$build/samples/example-buffered.sys"
exits 0 "--no-sandbox"
err_has 'ringside: --no-sandbox: ' "--no-sandbox says so"

# The private directory goes, even when nobody is left to remove it.
mkdir "$work/tmp"
TMPDIR=$work/tmp "$ringside" run --timeout 60 -d "$bad/spin-entry.sys" >/dev/null 2>&1 </dev/null &
machine=$!
tries=0
while [ -z "$(ls -A "$work/tmp")" ] && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -KILL $machine 2>/dev/null
wait $machine 2>/dev/null
tries=0
while [ -n "$(ls -A "$work/tmp")" ] && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
ok "$([ -z "$(ls -A "$work/tmp")" ] && echo 0 || echo 1)" "the private drive C: of a machine that was killed is removed"
done_testing
