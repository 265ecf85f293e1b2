#!/bin/sh
# Plug and Play from the command line: which driver is for which device, what is said when that is wrong, filters, what a machine that is kept remembers.
. tests/lib.sh
. tests/machine.sh
"$ringside" cc tests/sources/wdm.c -o "$work/func.sys" || exit 1
cp "$work/func.sys" "$work/filter.sys"
edu='PCI\VEN_1234&DEV_11E8'

# said LINE...: this and nothing else is what the drivers have said, in this order
said() {
    sed -n 's/^dbg: //p' "$work/err" >"$work/lines"
    ok "$(printf '%s\n' "$@" | cmp -s - "$work/lines"; echo $?)" "in this order: $(tr '\n' ';' <"$work/lines")"
}

run "$ringside" run --alone -d "$work/func.sys"
exits 0 "a driver for a device, and none"
err_has "func.sys: waits for a device" "is said"
err_has "--match 'ROOT\\NAME'" "with what to do"
said 'func: unload'
run "$ringside" run --alone --device edu -d "$work/func.sys"
err_has "--match 'PCI\\VEN_1234&DEV_11E8" "a device that nobody serves is named"
run "$ringside" run --alone --device edu -d "$work/func.sys" --match "$edu"
exits 0 "a device of the bus"
said 'func: AddDevice' 'func: START_DEVICE' 'func: REMOVE_DEVICE' 'func: unload'
run "$ringside" run --alone -d "$work/func.sys" --match 'ROOT\FUNC'
said 'func: AddDevice' 'func: START_DEVICE' 'func: REMOVE_DEVICE' 'func: unload'
run "$ringside" run --alone --device edu --device edu -d "$work/filter.sys" --match "$edu,upper" -d "$work/func.sys" --match "PCI\\VEN_1234"
said 'func: AddDevice' 'filter: AddDevice' 'filter: START_DEVICE' 'func: START_DEVICE' 'func: AddDevice' 'filter: AddDevice' 'filter: START_DEVICE' \
    'func: START_DEVICE' 'filter: REMOVE_DEVICE' 'func: REMOVE_DEVICE' 'filter: REMOVE_DEVICE' 'func: REMOVE_DEVICE' 'func: unload' 'filter: unload'
run "$ringside" run --alone --device edu -d "$work/func.sys" --match "$edu" -d "$work/filter.sys" --match "$edu,lower"
said 'func: AddDevice' 'func: START_DEVICE' 'func: REMOVE_DEVICE' 'filter: AddDevice' 'func: AddDevice' 'func: START_DEVICE' 'filter: START_DEVICE' \
    'func: REMOVE_DEVICE' 'filter: REMOVE_DEVICE' 'filter: unload' 'func: unload'
for match in 'ROOT\A\B' 'ROOT\' 'PCI VEN' "$edu,often" "$edu,upper,lower"; do
    run "$ringside" run --alone -d "$work/func.sys" --match "$match"
    exits 126 "--match '$match'"
done
err_has "--match names no device's ID" "says why"
run "$ringside" run --alone --match "$edu" -d "$work/func.sys"
exits 125 "--match before any driver"

# A machine that is kept finds the device again, and its driver with it.
machine_up
run "$ringside" load --machine "$machine" "$work/func.sys" --match 'ROOT\FUNC'
exits 0 "load --match"
"$ringside" log --machine "$machine" 2>/dev/null | grep -q 'func: START_DEVICE'
ok $? "starts the device"
"$ringside" down --machine "$machine" >/dev/null 2>&1
process=
machine_up
"$ringside" log --machine "$machine" 2>/dev/null | grep -q 'func: START_DEVICE'
ok $? "as does the next boot"
run "$ringside" unload --machine "$machine" func
exits 0 "unload"
"$ringside" log --machine "$machine" 2>/dev/null | grep -q 'func: REMOVE_DEVICE'
ok $? "removes it"
"$ringside" down --machine "$machine" >/dev/null 2>&1
process=
grep -q "ControlSet001.*FUNC" "$state/registry.reg"
ok "$([ $? != 0 ]; echo $?)" "and the registry forgets it"
machine_up
"$ringside" log --machine "$machine" 2>/dev/null | grep -q 'func: '
ok "$([ $? != 0 ]; echo $?)" "for good"
done_testing
