#!/bin/sh
# docs/ci.md: the page has the files of docs/ci-example, and these do what it says.
. tests/lib.sh
ringside=$(realpath "$ringside")
mkdir -p -m 700 "$work/bin" "$work/runtime" "$work/state"
ln -s "$ringside" "$work/bin/ringside"
PATH=$work/bin:$PATH XDG_RUNTIME_DIR=$work/runtime XDG_STATE_HOME=$work/state
export PATH XDG_RUNTIME_DIR XDG_STATE_HOME
fresh() { rm -rf "$work/repository" && cp -R docs/ci-example "$work/repository" && sed -i 's/seq 10/seq 2/' "$work/repository/ci.sh"; }
# inside COMMAND...: runs it in the repository
inside() { run sh -c 'cd "$0" && exec "$@"' "$work/repository" "$@"; }

perl tools/tutorial.pl "$ringside" docs/ci.md docs/ci-example >"$work/out" 2>"$work/err" && diff docs/ci.md "$work/out" >"$work/difference"
ok $? "the page has the files as they are (make docs/ci.md brings it up to date)"
[ -s "$work/difference" ] && sed 's/^/# /' "$work/difference"

# The steps of the workflow, as the runner would run them; those that fetch packages and Ringside are left out.
fresh
awk -v dir="$work" '
    /^      - / { step = 0 }
    /^      - name: / { name = substr($0, 15); file = name; gsub(/ /, "-", file) }
    /^        run: \|/ { step = 1; print file > (dir "/steps"); next }
    step { print substr($0, 11) > (dir "/step-" file) }' "$work/repository/.github/workflows/driver.yml"
[ "$(tr '\n' ' ' <"$work/steps")" = "Packages Ringside Build Test Test-with-other-seeds " ]
ok $? "the workflow has these steps"
for step in Build Test Test-with-other-seeds; do
    inside sh -e "$work/step-$step"
    exits 0 "step $step"
done
for file in counter.sys counter-test.exe counter-test.trace counter-test.log counter-test.err abuse-test.trace; do
    [ -s "$work/repository/out/$file" ]
    ok $? "there is out/$file to keep"
done
run ringside log --read "$work/repository/out/counter-test.log"
out_has 'Counter: 258' "the log can be read"
cp "$work/repository/out/counter-test.trace" "$work/first"
inside sh test/machine.sh out/counter-test.exe
inside sh test/machine.sh out/counter-test.exe
SEED=10 inside sh test/machine.sh out/counter-test.exe
cmp -s "$work/first" "$work/repository/out/counter-test.trace"
ok $? "the same seed makes the same trace"

# The last part of the page: a machine for several steps
awk '/^ringside up/, /^ringside down/' docs/ci.md >"$work/steps"
inside sh -e "$work/steps"
exits 0 "one machine for several steps"
out_has 'ok 5 - an IO control' "the test runs in it"

fresh
inside sh ci.sh
exits 0 "ci.sh"
out_has 'All tests successful' "and all is well"

# What a failure looks like
sed -i 's/More += Bytes\[i\]/More += 1/' "$work/repository/driver/counter.c"
inside sh ci.sh
exits 1 "a driver that counts wrongly: ci.sh"
out_has 'Failed test:  4' "and prove says which check"
fresh
sed -i '/DO_BUFFERED_IO/d' "$work/repository/driver/counter.c"
inside sh ci.sh
exits 1 "a driver that crashes: ci.sh"
out_has 'test returned 134' "prove says 134"
err_has 'culprit    counter.sys!CounterRead' "and the screen says where"
fresh
sed -i 's/    DriverObject->DriverUnload = .*/    return STATUS_NO_SUCH_DEVICE;/' "$work/repository/driver/counter.c"
inside sh ci.sh
out_has 'test returned 126' "a driver that does not start: 126"
done_testing
