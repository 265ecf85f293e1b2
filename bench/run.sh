#!/bin/sh
# The table of `make bench`; docs/performance.md says how to read it. Nanoseconds are (time of N + M operations - time of N) / M, the best of ROUNDS, and the programs take turns.
# Instructions are counted one by one, those of the host process included; what Linux does in a system call is not.
#   bench/run.sh [NAME...]          only these rows
set -eu
b=${BUILD:-build}
rounds=${ROUNDS:-5}
now() { date +%s%N; }

# nanoseconds COUNT COMMAND...: the count comes last; "-" when the command has no such operation.
nanoseconds() {
    count=$1
    shift
    t0=$(now)
    "$@" 10 || { echo -; return; }
    t1=$(now)
    "$@" $((count + 10)) || { echo -; return; }
    t2=$(now)
    awk -v n=$((t2 - t1 - (t1 - t0))) -v c="$count" 'BEGIN { printf "%.1f\n", n / c }'
}
least() { awk -v a="$1" -v b="$2" 'BEGIN { print a == "" || a == "-" || b + 0 < a + 0 ? b : a }'; }
ops() { verifier=$1; shift; "$b/ringside" run --alone --verifier "$verifier" -d "$b/bench/sink.sys" "$b/bench/ops.exe" "$@"; }
off() { ops off "$@"; }
standard() { ops standard "$@"; }
instructions() { # NAME
    "$b/tests/tools/steps" "$b/ringside" run --alone --verifier off -d "$b/bench/sink.sys" "$b/bench/ops.exe" "$1" 20 steps 2>/dev/null |
        awk '$1 == "steps" { printf "%.0f\n", $5 / $4 }'
}

row() { # NAME COUNT WHAT
    [ -z "$only" ] || case " $only " in *" $1 "*) ;; *) return 0 ;; esac
    by_hand=- linux='' none='' some=''
    for i in $(seq "$rounds"); do
        [ "$1" != write ] || by_hand=$(least "$by_hand" "$(nanoseconds "$2" "$b/bench/floor")")
        linux=$(least "$linux" "$(nanoseconds "$2" "$b/bench/linux" "$1")")
        none=$(least "$none" "$(nanoseconds "$2" off "$1")")
        some=$(least "$some" "$(nanoseconds "$2" standard "$1")")
    done
    printf '%-34s %10s %10s %12s %12s %14s\n' "$3" "$by_hand" "$linux" "$none" "$some" "$(instructions "$1")"
}

only="$*"
echo "$(date -u +%F), $(uname -sr), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
printf '%-34s %10s %10s %12s %12s %14s\n' 'nanoseconds' 'by hand' 'Linux' 'verifier off' 'standard' 'instructions'
row write 1000000 'WriteFile, 22 bytes, buffered'
row direct 500000 'WriteFile, direct'
row neither 1000000 'WriteFile, neither'
row read 1000000 'ReadFile, buffered'
row control 1000000 'DeviceIoControl, buffered'
row open 100000 'CreateFile, CloseHandle'
row yield 1000000 'SwitchToThread'
row event 500000 'SetEvent, WaitForSingleObject'
row threads 200000 'two threads, there and back'
row processes 20000 'two processes, there and back'
row large 1000 'the same, 1000 threads each'
row thread 5000 'CreateThread to its end'
row process 100 'CreateProcess to its end'
row registry 200000 'RegQueryValueEx'
row pages 20000 'VirtualAlloc 64 KiB, VirtualFree'
row heap 1000000 'malloc, free'
row pool 1000000 'ExAllocatePoolWithTag, free'
row lock 1000000 'KeAcquireSpinLock, release'
row kevent 1000000 'KeSetEvent, KeWaitForSingleObject'
row irp 1000000 'IoAllocateIrp, IoCallDriver, free'
