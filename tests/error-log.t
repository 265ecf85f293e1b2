#!/bin/sh
# What a driver writes to the error log is said on standard error and in the log: who, where, which codes, strings and data.
. tests/lib.sh
log=$work/log.json
run "$ringside" run --alone --log "$log" -d "$build/tests/bad/error-log.sys"
exits 0 "a driver that logs errors"
one="error-log: logged the error 0xC0040001 of \\Device\\ErrorLog, final status 0xC0000185, unique value 12; strings: 'first', 'second €'; data: 01 02 03 04 05 06 07 08"
err_has "$one" "driver, device, code, strings and data"
err_has "error-log: logged the error 0x80040002 of \\Device\\ErrorLog, final status 0xC0000185, unique value 12" "written at DISPATCH_LEVEL"
err_has "error-log: logged the error 0x40040003 of no named device, final status 0xC0000185, unique value 12; data: 00" "of a driver, with strings and data where there are none"
err_lacks STOP "which hurts nobody"
run "$ringside" log --read "$log"
exits 0 "the log"
out_has "$one" "has them, too"
done_testing
