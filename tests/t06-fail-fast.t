#!/bin/sh
# T6: RaiseFailFastException ends a program past every handler, with the record's code, and says so.
. tests/lib.sh
image=$BUILD/tests/user/machine-facts.exe

run "$ringside" run "$image" null
exits 255 "a code that a shell cannot see"
err_has "unhandled exception 0xC0000602 at machine-facts.exe+" "without a record: STATUS_FAIL_FAST_EXCEPTION, where it was called"
run "$ringside" run "$image" own
err_has "unhandled exception 0xE0000123" "a record's own code"

run "$ringside" run "$BUILD/tests/user/text-and-ids.exe" box
exits 7 "a message box that nobody can see fails"
err_has 'message box "Example": cannot open the driver' "and says what it would"
done_testing
