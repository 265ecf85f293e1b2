#!/bin/sh
# T18: drivers that start by themselves when the machine comes up: start types, groups, tags, dependencies, error control, safe boot.
. tests/lib.sh
. tests/machine.sh
"$ringside" cc tests/sources/starter.c -o "$work/starter.sys" || exit 1

# service NAME START [VALUE...]: a line of .reg text each; the image is a copy of the driver
service() {
    cp "$work/starter.sys" "$state/drive_c/$1.sys"
    printf '\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\%s]\n"Type"=dword:1\n"Start"=dword:%s\n"ImagePath"="\\\\??\\\\C:\\\\%s.sys"\n' "$1" "$2" "$1" >>"$state/registry.reg"
    shift 2
    for value; do printf '%s\n' "$value" >>"$state/registry.reg"; done
}
bring_down() { "$ringside" down --machine "$machine" >/dev/null 2>&1; process=; }
log_lines() { "$ringside" log --machine "$machine" 2>/dev/null | grep -oE '([a-z]+ reinitialization of )?[a-z]+( starts|, [0-9]+)$' >"$work/lines"; }
comes() { ok "$(printf '%s\n' "$@" | cmp -s - "$work/lines"; echo $?)" "in this order: $(tr '\n' ';' <"$work/lines")"; }

machine_up
ok $? "up"
bring_down
cp "$state/registry.reg" "$work/clean.reg"
grep -q '^"List"=' "$state/registry.reg"
ok $? "there is an order of groups"
service zeta 0 '"Group"="Base"'
service alpha 0
service filter 0 '"Group"="Filter"'
service second 0 '"Group"="Boot Bus Extender"' '"Tag"=dword:2'
service third 0 '"Group"="Boot Bus Extender"' '"Tag"=dword:1'
service system 1
service auto 2 '"DependOnService"=hex(7):64,00,65,00,6d,00,61,00,6e,00,64,00,00,00,00,00'
service demand 3
service off 4
printf '\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\GroupOrderList]\n"Boot Bus Extender"=hex:02,00,00,00,02,00,00,00,01,00,00,00\n' >>"$state/registry.reg"
cp "$state/registry.reg" "$work/services.reg"
machine_up
ok $? "up, with services"
log_lines
comes 'second starts' 'third starts' 'filter starts' 'zeta starts' 'alpha starts' \
    'boot reinitialization of second, 1' 'boot reinitialization of third, 1' 'boot reinitialization of filter, 1' 'boot reinitialization of zeta, 1' \
    'boot reinitialization of alpha, 1' 'system starts' \
    'late reinitialization of second, 2' 'late reinitialization of third, 2' 'late reinitialization of filter, 2' 'late reinitialization of zeta, 2' \
    'late reinitialization of alpha, 2' 'late reinitialization of system, 1' 'demand starts' 'late reinitialization of demand, 1' 'auto starts' \
    'late reinitialization of auto, 1'
bring_down

machine_up --safe
ok $? "up --safe"
log_lines
ok "$([ ! -s "$work/lines" ]; echo $?)" "no driver starts"
for name in alpha filter second system auto; do machine_err_has "$name: not started: this is a safe boot" "$name stays out"; done
machine_err_lacks "demand:" "of what would not start nothing is said"
bring_down

# Dependencies that fail, and circles.
cp "$work/clean.reg" "$state/registry.reg"
service lonely 1 '"DependOnService"=hex(7):6e,00,6f,00,6e,00,65,00,00,00,00,00'
service one 1 '"DependOnService"=hex(7):74,00,77,00,6f,00,00,00,00,00'
service two 1 '"DependOnService"=hex(7):6f,00,6e,00,65,00,00,00,00,00'
service failing 1 '"Fail"=dword:1' '"ErrorControl"=dword:1'
service silent 1 '"Fail"=dword:1' '"ErrorControl"=dword:0'
service group 1 '"DependOnGroup"=hex(7):6e,00,6f,00,6e,00,65,00,00,00,00,00'
printf '\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\missing]\n"Type"=dword:1\n"Start"=dword:2\n"ImagePath"="\\\\??\\\\C:\\\\missing.sys"\n' >>"$state/registry.reg"
printf '\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\program]\n"Type"=dword:10\n"Start"=dword:2\n' >>"$state/registry.reg"
machine_up
ok $? "up, with drivers that do not start"
machine_err_has 'lonely: it depends on none, which does not run' "a service that is not there"
machine_err_has 'it depends on two, which does not run' "a circle"
machine_err_has 'group: it depends on none, which does not run' "a group without a driver"
machine_err_has 'failing: it loads, but its DriverEntry returned an error' "error control normal"
machine_err_lacks 'silent' "error control ignore"
machine_err_has 'missing: ' "an image that is not there"
machine_err_has 'program: is a program that runs as a service' "what is no driver"
bring_down
done_testing
