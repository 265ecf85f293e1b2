#!/bin/sh
# T12: a serial port that interrupts: service routine, DPC, StartIo.
. tests/lib.sh

uart="-d $build/samples/uart.sys $build/samples/talk.exe"
printf 'OK, said the modem\nand more\n' >"$work/answer"
run "$ringside" run --alone --device serial="$work/said","$work/answer" $uart ATZ
exits 0 "a conversation"
out_has "OK, said the modem" "what the other side says"
ok "$([ "$(cat "$work/said")" = "$(printf 'ATZ\r')" ] && echo 0 || echo 1)" "and what it has heard"

long=$(head -c 3000 /dev/zero | tr '\0' x)
{ head -c 3000 /dev/zero | tr '\0' y; echo; } >"$work/answer"
run "$ringside" run --alone --device serial="$work/said","$work/answer" $uart "$long"
exits 0 "more than any buffer"
ok "$([ "$(wc -c <"$work/said")" = 3002 ] && echo 0 || echo 1)" "all of it is sent"
ok "$([ "$(wc -c <"$work/out")" = 3001 ] && echo 0 || echo 1)" "all of it is received"

run "$ringside" run --alone --device serial="$work/said" $uart ATZ
exits 124 "nobody answers: the machine stops when nothing can happen any more"
run "$ringside" run --alone -d "$build/samples/uart.sys"
ok "$([ "$status" != 0 ] && echo 0 || echo 1)" "without a port the driver does not start"
done_testing
