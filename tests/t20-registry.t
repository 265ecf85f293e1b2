#!/bin/sh
# T20: what is in the registry is kept across down and up, as .reg text that a person can read and change; what is volatile is not.
. tests/lib.sh
. tests/machine.sh
load=$build/tests/programs/registry-load.exe
keep=$build/tests/programs/registry-keep.exe

machine_up
ok $? "up"
run "$ringside" run --machine "$machine" "$keep" set
exits 0 "a program sets values of every type"
ok "$([ ! -e "$state/registry.reg" ] || ! grep -q 'Lazy' "$state/registry.reg" "$state/registry.log" 2>/dev/null; echo $?)" "what is not flushed is not in the files yet"
sleep 6
ok "$(cat "$state/registry.reg" "$state/registry.log" 2>/dev/null | grep -q '"Lazy"="bones"'; echo $?)" "some seconds later it is"
run "$ringside" down --machine "$machine"
exits 0 "down"
process=
cp "$state/registry.reg" "$work/first.reg" 2>/dev/null
ok "$(head -1 "$work/first.reg" | grep -qx 'Windows Registry Editor Version 5.00'; echo $?)" "registry.reg is .reg text"
ok "$(grep -qxF '[HKEY_LOCAL_MACHINE\SOFTWARE\Registry keep]' "$work/first.reg"; echo $?)" "a key"
ok "$(grep -qxF '"Text"="a \"quoted\" C:\\path ä€"' "$work/first.reg"; echo $?)" "text, as UTF-8"
ok "$(grep -qxF '"Number"=dword:12345678' "$work/first.reg"; echo $?)" "a number"
ok "$(grep -qxF '"Big"=hex(b):08,07,06,05,04,03,02,01' "$work/first.reg"; echo $?)" "a big one"
ok "$(grep -qxF '@="default"' "$work/first.reg"; echo $?)" "the default value"
ok "$(! grep -qiE 'Volatile|HKEY_LOCAL_MACHINE\\HARDWARE' "$work/first.reg"; echo $?)" "nothing volatile, nothing of the hardware"
ok "$([ ! -s "$state/registry.log" ]; echo $?)" "the log is empty"

machine_up
run "$ringside" run --machine "$machine" "$keep" check
exits 0 "all is there again, types, data, class, order and time"
sed 's/^/# /' "$work/out"
run "$ringside" down --machine "$machine"
process=
ok "$(cmp -s "$work/first.reg" "$state/registry.reg"; echo $?)" "a session that changes nothing leaves the file as it was"

# A person edits it, and makes mistakes.
cat >>"$state/registry.reg" <<'REG'

[HKEY_LOCAL_MACHINE\SOFTWARE\By hand]
"Good"="yes"
"No equals sign"
"Bad number"=dword:xyz
"Half a string"="abc
"Bytes"=hex:01,02,\
  03,04
[HKEY_LOCAL_MACHINE\HARDWARE\By hand]
"x"="y"
[HKEY_NOWHERE\By hand]
"x"="y"
[HKEY_CURRENT_USER\Software\By hand]
"Also good"=hex(7):61,00,00,00,62,00,00,00,00,00
REG
first=$(grep -n '"No equals sign"' "$state/registry.reg" | cut -d: -f1)
machine_up
ok $? "up, with mistakes in the file"
machine_err_has "registry.reg, line $first: a value without an equals sign" "each is named with its line"
machine_err_has "registry.reg, line $((first + 1)): dword:" "a number that is none"
machine_err_has "registry.reg, line $((first + 2)): text without its closing quote" "half a string"
machine_err_has "registry.reg, line $((first + 5)): a key of a part of the registry that is made new at each boot" "a volatile part"
machine_err_has "registry.reg, line $((first + 7)): a key that does not begin with" "no key"
ok "$(grep -q '"Half a string"="abc' "$state/registry.bad"; echo $?)" "the file as it was is kept beside it"
run "$ringside" run --machine "$machine" "$keep" hand
exits 0 "the lines that make sense count"
run "$ringside" down --machine "$machine"
process=
ok "$(! grep -q 'Half a string' "$state/registry.reg"; echo $?)" "the others are gone"

# Files that are no text at all.
head -c 4096 /dev/urandom >"$state/registry.reg"
printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Torn]\n"Whole"="1"\n;end 00000000 00000000\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Torn]\n"Half"="2' >"$state/registry.log"
machine_up
ok $? "up, with a file of random bytes"
machine_err_has "registry.log, line 5: what is before this line is damaged or was edited" "a wrong checksum is told"
run "$ringside" down --machine "$machine"
exits 0 "down"
process=
ok "$(grep -q '"Whole"="1"' "$state/registry.reg"; echo $?)" "what makes sense is used"
ok "$(! grep -q 'Half' "$state/registry.reg"; echo $?)" "what was not finished is not"

# As regedit exports it.
printf '\377\376' >"$state/registry.reg"
printf 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Wide]\r\n"Umlaut"="\303\244"\r\n' | iconv -t UTF-16LE >>"$state/registry.reg"
machine_up
run "$ringside" down --machine "$machine"
process=
ok "$(grep -q '"Umlaut"="ä"' "$state/registry.reg"; echo $?)" "UTF-16 with its mark is read"

# Nowhere to write.
if [ "$(id -u)" != 0 ]; then
    machine_up
    chmod 500 "$state"
    run "$ringside" run --machine "$machine" "$load" write 1
    out_has "RegFlushKey: 1016" "a flush that fails says so"
    chmod 700 "$state"
    machine_kill
fi
run "$ringside" run "$keep" set
exits 0 "a machine that is not kept"
ok "$([ -z "$(find "$work/state" -newer "$work/out" -name 'registry*')" ]; echo $?)" "writes nothing"
done_testing
