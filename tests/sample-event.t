#!/bin/sh
# samples/event: a driver sets an event whose handle a program gave it, and one that has a name.
. tests/lib.sh
. tests/samples.sh
built event
as_shown event 1 2 3 4
# Whoever has the name first keeps it: the driver does not use what another has made.
sample -- -d alarm.sys --and sleeper.exe sleeper.exe
exits 0 "twice in one machine: the named event stays set, the files' own do not"
out_has "nothing has rung yet: error" "which the second program sees"
done_testing
