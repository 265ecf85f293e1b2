#!/bin/sh
# T15: a file system above a driver that knows sectors above one that moves the head; T31: E: is a memory stick, and programs need not change.
. tests/lib.sh
. tests/fat.sh
stack() { run "$ringside" run --alone --timeout 120 --device "disk=$image" "$@"; }
drivers="-d $build/samples/disk.sys -d $build/samples/volume.sys -d $build/samples/fat.sys"
program=$build/samples/files.exe
clean() { fsck.fat -n "$image" >"$work/fsck" 2>&1 && ! grep -q "Free cluster\|lost\|differ\|shar" "$work/fsck"; ok $? "$1"; }
same() { mcopy -n -i "$image" "::$1" - 2>/dev/null | cmp -s - "$2"; ok $? "$3"; }

mkfs.fat -C "$image" 4096 >/dev/null
printf 'hello from Linux\n' >"$work/hello.txt"
head -c 100000 "$program" >"$work/large"
mcopy -i "$image" "$work/hello.txt" ::
mmd -i "$image" ::sub
mcopy -i "$image" "$work/large" "::sub/A long file name.bin"

stack $drivers "$program" list 'E:\' , show 'E:\hello.txt' , copy 'E:\sub\A long file name.bin' 'E:\copy.bin' , copy 'C:\files.exe' 'E:\files.exe'
exits 0 "a program reads and writes what mtools has put there"
out_has "        17 hello.txt" "the listing"
out_has "     <DIR> sub" "with its directory"
out_has "hello from Linux" "the file"
same copy.bin "$work/large" "a copy on the drive is the same to mtools"
same files.exe "$program" "and one from drive C:"
clean "fsck.fat finds nothing"

stack $drivers "$program" put 'E:\sub\New File.dat' 100 5000 3 , move 'E:\copy.bin' 'E:\sub\Moved.bin' , delete 'E:\hello.txt' , mkdir 'E:\neu' , \
    cut 'E:\sub\Moved.bin' 33333 , list 'E:\sub'
exits 0 "writing, moving, deleting, cutting"
head -c 33333 "$work/large" >"$work/cut"
same sub/Moved.bin "$work/cut" "the moved file is as it was cut"
ok "$([ "$(mcopy -n -i "$image" '::sub/New File.dat' - | head -c 100 | tr -d '\0' | wc -c)" = 0 ] && echo 0 || echo 1)" "what was skipped is zeroes"
ok "$(mdir -b -i "$image" ::hello.txt >/dev/null 2>&1 && echo 1 || echo 0)" "what was deleted is gone"
clean "fsck.fat finds nothing afterwards"

stack $drivers "$program" delete 'E:\sub\absent' , rmdir 'E:\sub' , mkdir 'E:\sub' , put 'E:\sub' 0 1 1 , list 'E:\absent' , put 'E:\a?b' 0 1 1 , put 'E:\big' 0 9000000 1
exits 1 "what cannot be done fails"
out_has 'E:\sub\absent: error 2' "a file that is not there"
out_has 'E:\sub: error 145' "a directory that is not empty"
out_has 'E:\sub: error 183' "one that exists"
out_has 'E:\absent: error 3' "a path that is not there"
out_has 'E:\a?b: error 123' "a name that cannot be"
out_has 'E:\big: error 112' "a disk that is full"
clean "and leaves nothing behind"

# Seven reads at once: the head is on its way to cylinder 5 when the others come, and sweeps upwards.
stack --trace="$work/trace" $drivers "$build/samples/seek.exe" 5 12 3 9 1 15 7
exits 0 "reads here and there"
out_has "came:  5 7 9 12 15 1 3" "come in the order of the head's position"
ok "$([ "$(sed -n 's/.*KeRemoveByKeyDeviceQueue(.*, 0x\(.*\))/\1/p' "$work/trace" | tail -7 | tr '\n' ' ')" = "5 7 9 c f 1 3 " ] && echo 0 || echo 1)" "the trace shows by which cylinder each was taken"
stack --cpus 4 --seed 3 $drivers "$build/samples/seek.exe" 30 2 31 1 5
out_has "came:  30 31 1 2 5" "with several processors, too"

# A partition table: the same three drivers, the file system one sector further in.
mkfs.fat -C "$work/part.img" 2048 >/dev/null
mcopy -i "$work/part.img" "$work/hello.txt" ::
{
    head -c 446 /dev/zero
    printf '\200\0\1\0\6\0\0\0\1\0\0\0\0\020\0\0'
    head -c 48 /dev/zero
    printf '\125\252'
    cat "$work/part.img"
} >"$image"
stack $drivers "$program" show 'E:\hello.txt' , put 'E:\in.dat' 0 3000 2
exits 0 "the same in a partition"
out_has "hello from Linux" "is read"
tail -c +513 "$image" >"$work/part.img"
mdir -b -i "$work/part.img" ::in.dat >/dev/null 2>&1
ok $? "and written"

# FAT16
mkfs.fat -F 16 -C "$work/sixteen.img" 20480 >/dev/null
image=$work/sixteen.img
stack $drivers "$program" put 'E:\Sixteen.dat' 0 700000 5 , put 'E:\Sixteen.dat' 350000 10 9
exits 0 "sixteen bits"
ok "$([ "$(mcopy -n -i "$image" ::Sixteen.dat - | wc -c)" = 700000 ] && echo 0 || echo 1)" "the size"
clean "and clean"

# Byte-range locks and watched directories: the program that tries them on drive C:
stack $drivers "$build/tests/user/lock-and-watch.exe" 'E:\'
exits 0 "locks and watches"
sed -n 's/\r$//; s/^not ok/# not ok/p' "$work/out"
ok "$(grep -q '^1\.\.[0-9]' "$work/out" && ! grep -q '^not ok' "$work/out" && echo 0 || echo 1)" "as on drive C:"
clean "and clean"

# Files of the drive that programs map.
stack $drivers "$program" put 'E:\Mapped.dat' 0 9000 1 , map 'E:\Mapped.dat' 4090 'written through a view'
exits 0 "a program maps a file"
ok "$([ "$(mcopy -n -i "$image" ::Mapped.dat - | tail -c +4091 | head -c 22)" = 'written through a view' ] && echo 0 || echo 1)" "what it has written is on the disk"
stack $drivers "$build/tests/user/mapped-files.exe" 'E:\'
exits 0 "mapped files"
sed -n 's/\r$//; s/^not ok/# not ok/p' "$work/out"
ok "$(grep -q '^1\.\.[0-9]' "$work/out" && ! grep -q '^not ok' "$work/out" && echo 0 || echo 1)" "as on drive C:"
clean "and clean"

head -c 65536 /dev/zero >"$image"
stack $drivers "$program" list 'E:\'
ok "$([ "$status" != 0 ] && echo 0 || echo 1)" "an image that holds no file system is refused"
run "$ringside" run --alone -d "$build/samples/disk.sys"
ok "$([ "$status" != 0 ] && echo 0 || echo 1)" "without a disk its driver does not start"
done_testing
