#!/bin/sh
# T18: a driver that takes the machine down at boot, and the ways back: the last known good control set, safe boot, error control severe and critical.
. tests/lib.sh
. tests/machine.sh
"$ringside" cc tests/sources/starter.c -o "$work/starter.sys" || exit 1
bring_down() { "$ringside" down --machine "$machine" >/dev/null 2>&1; process=; }
services='HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services'
install() { # NAME VALUE...
    cp "$work/starter.sys" "$state/drive_c/$1.sys"
    printf '\n[%s\\%s]\n"Type"=dword:1\n"Start"=dword:0\n"ImagePath"="\\\\??\\\\C:\\\\%s.sys"\n' "$services" "$1" "$1" >>"$state/registry.reg"
    shift
    for value; do printf '%s\n' "$value" >>"$state/registry.reg"; done
}
selected() { sed -n '/^\[HKEY_LOCAL_MACHINE.SYSTEM.Select\]/,/^\[/s/^"'"$1"'"=dword:0*//p' "$state/registry.reg" | tr -d '\n'; }
boots() { tr -d '0\n' <"$state/boot"; }

machine_up
ok $? "up"
bring_down
ok "$([ "$(selected Current)$(selected Default)$(selected LastKnownGood)" = 112 ]; echo $?)" "Current 1, Default 1, LastKnownGood 2"
ok "$(grep -qF '[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet002\Services]' "$state/registry.reg"; echo $?)" "which is a copy of the first"
cp "$state/registry.reg" "$work/good.reg"

install crash '"BugCheck"=dword:1'
machine_up
ok "$([ "$up_status" = 134 ]; echo $?)" "a boot driver that bug checks: up fails with 134: $up_status"
ok "$([ "$(boots)" = 1 ]; echo $?)" "one boot has not come up"
machine_up
ok "$([ "$(boots)" = 2 ]; echo $?)" "nor has the second"
machine_up
ok "$(grep -q -- '--last-known-good' "$work/up" && grep -q -- '--safe' "$work/up"; echo $?)" "the third offers the ways back"
machine_up --safe
ok $? "up --safe: it comes up"
machine_err_has 'crash: not started: this is a safe boot' "without the driver"
bring_down
ok "$([ -z "$(boots)" ]; echo $?)" "the count begins anew"
ok "$(! grep -qF 'ControlSet002\Services\crash' "$state/registry.reg"; echo $?)" "a safe boot makes nothing good"
machine_up --last-known-good
ok $? "up --last-known-good: it comes up"
bring_down
ok "$([ "$(selected Current)$(selected Default)$(selected Failed)$(selected LastKnownGood)" = 2213 ]; echo $?)" "Current 2, Default 2, Failed 1, LastKnownGood 3"
machine_up
ok $? "and without an option from then on"
bring_down

# Error control.
cp "$work/good.reg" "$state/registry.reg"
install severe '"Fail"=dword:1' '"ErrorControl"=dword:2'
machine_up
ok "$([ "$up_status" = 126 ]; echo $?)" "severe: the machine ends: $up_status"
machine_err_has 'start the machine again: it will use the last known good control set' "and says what comes next"
machine_up
ok $? "the next up uses the last known good set"
bring_down
ok "$([ "$(selected Current)" = 2 ]; echo $?)" "which is the second"

rm -f "$state"/registry.* "$state/boot"
mkdir -p "$state"
printf 'Windows Registry Editor Version 5.00\n' >"$state/registry.reg"
install severe '"Fail"=dword:1' '"ErrorControl"=dword:2'
machine_up
ok $? "severe, and nothing to go back to: the machine goes on"
machine_err_has 'severe: this machine goes on without it' "and says so"
bring_down
rm -f "$state"/registry.* "$state/boot"
printf 'Windows Registry Editor Version 5.00\n' >"$state/registry.reg"
install critical '"Fail"=dword:1' '"ErrorControl"=dword:3'
machine_up
ok "$([ "$up_status" = 134 ]; echo $?)" "critical: a bug check: $up_status"
machine_err_has 'CRITICAL_SERVICE_FAILED' "0x5A"
done_testing
