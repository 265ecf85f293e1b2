#!/bin/sh
# T31: E: is the Example driver's device, then a memory stick, then a network drive; the same program runs on each. What a driver does not understand fails visibly.
. tests/lib.sh
. tests/fat.sh
mkdir -p -m 700 "$XDG_RUNTIME_DIR" "$XDG_STATE_HOME"

s=$build/samples
point=$build/tests/programs/point.exe
mkfs.fat -n STICK -C "$image" 8192 >/dev/null
mkdir "$work/public"
said() { printf '%s\n' "$@" | diff - "$work/out" >"$work/difference"; }
step() { run "$ringside" "$@"; }

step up --device "stick=$image" --share "public=$work/public"
for driver in example-buffered disk volume fat; do step load "$s/$driver.sys"; done

step run "$point" E: '\Device\Example'
exits 0 "E: is pointed at Example"
step run "$s/drive.exe" E: 'to whom it may concern'
exits 0 "the program"
said "type: unknown" "volume: error 1" "clusters: error 1" "free: error 1" "geometry: error 1" "length: error 1" "product: error 1" "medium can be taken out: error 1" "device: error 1" \
    "medium is in: error 1" "something that hardly any drive knows: error 1" "writing: error 87" "reading: ''" "listing: error 1"
ok $? "Example is no drive, and each question fails"
sed 's/^/# /' "$work/difference"

step run "$point" E: '\Device\StackFat1'
step run "$s/drive.exe" E: 'to whom it may concern'
exits 0 "the same program on the stick"
said "type: removable" "volume: label 'STICK', FAT, names of 255" "clusters: 4081 of 2048 bytes" "free: some" "geometry: a medium that can be taken out, sectors of 512" \
    "length: 8388608" "product: Stack disk, removable" "medium can be taken out: yes" "device: disk 0" "medium is in: yes" "something that hardly any drive knows: error 1" \
    "reading: 'to whom it may concern'" "there is: drive.txt"
ok $? "which answers as memory sticks do"
sed 's/^/# /' "$work/difference"

step run "$point" E: '\\ringside\public'
step run "$s/drive.exe" E: 'to whom it may concern'
exits 0 "the same program on the network"
out_has "type: network" "a network drive"
out_has "reading: 'to whom it may concern'" "with the same file"
out_has "the drive itself: error 5" "which is no disk"
ok "$([ "$(cat "$work/public/drive.txt")" = 'to whom it may concern' ] && echo 0 || echo 1)" "the host has it"
for i in 1 2 3; do step run "$point" E:; done
step run "$s/drive.exe" E:
out_has "type: removable" "all that is taken back, and E: is what the file system's driver made it"
step down
mcopy -n -i "$image" ::drive.txt - 2>/dev/null | grep -q "to whom it may concern"
ok $? "mtools finds the file on the stick"
fsck.fat -n "$image" >"$work/out" 2>&1
ok $? "and fsck.fat nothing"

# Pulled out in the middle of writing: programs get errors, nothing hangs, and the drivers can be unloaded.
run "$ringside" run --alone --timeout 60 --device "stick=$image,pull=9" -d "$s/disk.sys" -d "$s/volume.sys" -d "$s/fat.sys" --and "$s/drive.exe E: again" "$s/files.exe" \
    put 'E:\new.dat' 0 20000 1 , list 'E:\'
exits 1 "a stick that is pulled out"
out_has 'E:\new.dat: error 21' "ERROR_NOT_READY while it is written"
out_has "medium is in: error 21" "and for whoever asks afterwards"
out_has "product: Stack disk, removable" "the reader itself is there"
err_lacks STOP "nothing has stopped the machine"

run "$ringside" run --alone --device "stick=$image,pull=" -d "$s/disk.sys"
exits 125 "pull= without a number"
run "$ringside" run --alone --device "stick=,pull=4" -d "$s/disk.sys"
exits 125 "a stick without an image"
run "$ringside" run --alone --device "disk=$image" -d "$s/disk.sys" -d "$s/volume.sys" -d "$s/fat.sys" "$s/drive.exe" E:
exits 0 "a disk"
out_has "type: fixed" "is none"
out_has "medium can be taken out: no" "whose medium can be taken out"

# A disk and a stick in one machine, each with a letter; what happens to one is nothing to the other.
mkfs.fat -F 32 -s 1 -n SECOND -C "$work/second.img" 36864 >/dev/null
mkfs.fat -C "$work/third.img" 4096 >/dev/null
two="-d $s/disk.sys -d $s/volume.sys -d $s/fat.sys"
# shellcheck disable=SC2086
run "$ringside" run --alone --timeout 60 --device "disk=$image" --device "stick=$work/second.img" $two --and "$s/drive.exe F:" "$s/files.exe" \
    copy 'E:\drive.txt' 'F:\the same on the other.txt' , copy 'C:\files.exe' 'F:\files.exe' , copy 'F:\files.exe' 'E:\files.exe' , list 'F:\'
exits 0 "from one to the other"
out_has "        22 the same on the other.txt" "is listed there"
out_has "volume: label 'SECOND', FAT32, names of 255" "F: is the stick"
out_has "device: disk 1" "on the second disk"
mcopy -n -i "$image" ::files.exe - 2>/dev/null | cmp -s - "$s/files.exe" && mcopy -n -i "$work/second.img" ::files.exe - 2>/dev/null | cmp -s - "$s/files.exe"
ok $? "both have the whole file"
fsck.fat -n "$work/second.img" >"$work/out" 2>&1
ok $? "and fsck.fat finds nothing"
# shellcheck disable=SC2086
run "$ringside" run --alone --timeout 60 --device "stick=$work/third.img,pull=5" --device "disk=$work/second.img" $two "$s/files.exe" \
    put 'E:\a.dat' 0 9000 1 , put 'F:\a.dat' 0 9000 1 , delete 'F:\files.exe'
exits 1 "the one is pulled out"
out_has 'E:\a.dat: error 21' "which is an error there"
ok "$(grep -q 'F:' "$work/out" && echo 1 || echo 0)" "and the other goes on"
fsck.fat -n "$work/second.img" >"$work/out" 2>&1 && [ "$(mcopy -n -i "$work/second.img" ::a.dat - | wc -c)" = 9000 ]
ok $? "to the end"
done_testing
