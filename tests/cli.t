#!/bin/sh
# The command line as people meet it: options, exit codes, input and output, several programs, signals.
. tests/lib.sh
s=$build/samples
act=$build/tests/programs/act.exe
one_line() { [ "$(wc -l <"$work/err")" = 1 ] && grep -q '^ringside: [^:]*.*: .*: ' "$work/err"; ok $? "$1: one sentence with what, why and what to do"; }
out_is() { printf "$1" | cmp -s - "$work/out"; ok $? "$2"; }

# Exit codes of a program
for code in 0 3 255; do
    run "$ringside" run $act exit $code
    exits $code "a program that exits with $code"
done
for code in 256 0xC0000005 -1; do
    run "$ringside" run $act exit $code
    exits 255 "a program that exits with $code"
    err_has 'exit status 0x' "$code is printed"
done
run "$ringside" run $act fault 16
exits 255 "an unhandled exception"
err_has '0xC0000005' "is named"

# Arguments, output, input
run "$ringside" run $act args 'a b' 'c"d' '' 'e\'
out_is '[C:\\act.exe]\n[args]\n[a b]\n[c"d]\n[]\n[e\\]\n' "arguments arrive as they were given"
"$ringside" run $act args x >"$work/out" 2>/dev/null
[ "$(tail -c 2 "$work/out" | od -An -tx1 | tr -d ' ')" = 0d0a ]
ok $? "bytes stay bytes in a pipe or file"
input='one\ntwo' run "$ringside" run $act echo
out_is 'got [one]\ngot [two]\nend of input\n' "a pipe as standard input"
head -c 100000 "$act" >"$work/data"
"$ringside" run $act count <"$work/data" >"$work/out" 2>"$work/err"
out_has 'bytes, sum' "a file as standard input"
run "$ringside" run $act enter me <&-
out_has 'end of input' "no standard input"
run "$ringside" run $act colour
! grep -q "$(printf '\033\\[0m')" "$work/out"
ok $? "nothing is added to a program's output in a pipe"
printf 'text\n' >"$work/note.txt"
run "$ringside" run $act cat "$work/note.txt"
exits 1 "an argument that is an absolute path of the host is no path of the machine"
host=$(realpath "$ringside") program=$(realpath "$act")
(cd "$work" && "$host" run "$program" cat note.txt >out 2>err)
out_has text "an argument that names a file can be opened"
mkdir "$work/root"
run "$ringside" run --root "$work/root" $act create made.txt
grep -q made "$work/root/made.txt"
ok $? "--root: what a program creates is there afterwards"
(cd "$work/root" && ls) >"$work/out"
out_is 'made.txt\n' "and nothing else"

# Options
run "$ringside" run --memory 16M $act exit 5
exits 5 "--memory 16M is enough to boot"
run "$ringside" run --memory 1G $act exit 5
exits 5 "--memory 1G"
run "$ringside" run --trace="$work/trace" -d $s/example-neither.sys $s/client.exe hello
exits 0 "--trace=FILE"
grep -q 'IRP_MJ_WRITE' "$work/trace" && ! grep -q 'IRP_MJ' "$work/err"
ok $? "has the IRPs, and standard error has not"
run "$ringside" run --trace -d $s/example-neither.sys $s/client.exe hello
err_has 'IRP_MJ_WRITE' "--trace goes to standard error"
run "$ringside" run --verifier off --cpus 1 --seed 0x10 --strict -d $s/example-neither.sys $s/client.exe hello
exits 0 "--verifier, --cpus, --seed, --strict"
run "$ringside" run --strict -d $build/tests/images/missing-export.sys
exits 126 "--strict refuses what an import lacks"
one_line "--strict"
for level in '' off standard; do
    NO_COLOR=1 run "$ringside" run ${level:+--verifier $level} -d $build/tests/bad/null-entry.sys
    ! grep -q "$(printf '\033')" "$work/err"
    ok $? "no colours in a pipe${level:+, --verifier $level}"
done
for command in '' run inspect cc help; do
    run "$ringside" help $command
    exits 0 "help $command"
    [ -s "$work/out" ] && [ ! -s "$work/err" ]
    ok $? "goes to standard output"
done
run "$ringside" run --help
for option in -d --and --verifier --trace --cpus --seed --realtime --memory --timeout --root --strict; do
    out_has "$option" "--help has $option"
done

# Usage
usage() { # name, words...
    name=$1
    shift
    run "$ringside" "$@"
    exits 125 "$name"
    one_line "$name"
}
usage "no program" run
usage "an unknown option" run --dirver x.sys p.exe
err_has '--driver' "a mistyped option: what was meant"
usage "an unknown command" rnu
usage "a value that is missing" run -d
usage "memory too small" run --memory 1M $act
usage "no such root" run --root "$work/none" $act
usage "no such place for the trace" run --trace="$work/none/x" $act
usage "--and without a program" run --and "$act exit 1"
usage "--and with nothing in it" run --and ' ' $act

# Programs that cannot be run
refused() { # code, file, word
    run "$ringside" run "$2"
    exits $1 "$3"
    one_line "$3"
    err_has "$3" "says so"
}
refused 127 "$work/none.exe" 'no such file'
refused 127 'C:\none.exe' 'no such file'
refused 126 "$work" directory
refused 126 tests/cli.t MZ
refused 126 $s/example-neither.sys driver
refused 126 $build/tests/images/dll.sys DLL
: >"$work/empty.exe"
refused 126 "$work/empty.exe" empty
run "$ringside" run $build/tests/programs/lacks.exe
exits 126 "a program that lacks a function"
err_has 'NoSuchFunction' "the function is named"
run "$ringside" run --and "$work/none.exe" $act exit 0
exits 127 "--and: a program that is not there"

# Several programs
run "$ringside" run --and "$act args \"a b\" \"\"" $act exit 7
exits 7 "--and: the exit code is the first program's"
out_is '[C:\\act.exe]\n[args]\n[a b]\n[]\n' "Windows' quoting"
input='\nx' run "$ringside" run --and "$act enter second" --and "$act args third" $act enter first
out_is 'first: press Enter second: press Enter [C:\\act.exe]\n[args]\n[third]\nfirst: entered\nsecond: end of input\n' "each starts when those before it wait for input"
run "$ringside" run --and "$act set Go" $act wait Go
exits 0 "one waits for an event that the next one sets"
run "$ringside" run --and "$act args later" $act sleep 5000
out_has 'slept 5000' "a program that sleeps is not waited for by jumping ahead"
head -1 "$work/out" | grep -q slept
ok $? "but ended first"

# Ends
run "$ringside" run $act wait Never
exits 124 "a program that waits for ever"
err_has 'act.exe' "the thread is named"
err_has 'notification event' "and what it waits for"
run "$ringside" run --timeout 1 --realtime $act sleep 100000
exits 124 "--timeout with a program that sleeps"
run "$ringside" run --timeout 1 $act spin
exits 124 "--timeout with a program that spins"
run "$ringside" run --timeout 1 -d $build/tests/bad/spin-entry.sys
exits 124 "--timeout with a driver that spins at DISPATCH_LEVEL"
run "$ringside" run $act sleep 100000000
exits 0 "a long sleep costs nothing"
for pair in INT:130 TERM:143; do
    run timeout --preserve-status -s ${pair%:*} 0.5 "$ringside" run --realtime $act sleep 100000
    exits ${pair#*:} "SIG${pair%:*}"
    run timeout --preserve-status -s ${pair%:*} 0.5 "$ringside" run $act spin
    exits ${pair#*:} "SIG${pair%:*} while a program spins"
    sleep 1 | timeout --preserve-status -s ${pair%:*} 0.5 "$ringside" run $act echo >"$work/out" 2>"$work/err"
    status=$? # of timeout
    exits ${pair#*:} "SIG${pair%:*} while a pipe is waited for"
done
done_testing
