#!/bin/sh
# T15: images that somebody has damaged, or made to do harm. The file system refuses or reads what it can; it does not take the machine down, loop, or write elsewhere.
# SOAK=1: 300 of each kind of FAT instead of 12. SEED chooses others.
. tests/lib.sh
. tests/fat.sh
base=$work/base.img
runs=12
[ "${SOAK:-}" = 1 ] && runs=300
printf '%s\n' 'list E:\' 'list E:\sub' 'show E:\hello.txt' 'show E:\sub\a_file_with_a_long_name.txt' 'put E:\hello.txt 5 9000 1' 'put E:\sub\new_one.txt 0 3000 2' 'cut E:\large.bin 100' \
    'move E:\hello.txt E:\sub\moved_with_a_long_name.txt' 'move E:\sub E:\another_name_for_it' 'mkdir E:\made' 'delete E:\large.bin' 'rmdir E:\made' 'list E:\' >"$work/script"
yes 'hello from Linux' | head -c 5000 >"$work/hello.txt"
head -c 60000 /dev/zero >"$work/large.bin"

for kind in "-F 12 -s 2 -C $base 2048" "-F 16 -s 1 -C $base 4096" "-F 32 -s 1 -C $base 36864"; do
    bits=${kind#-F }
    bits=${bits%% *}
    rm -f "$base"
    # shellcheck disable=SC2086
    mkfs.fat $kind >/dev/null
    mcopy -i "$base" "$work/hello.txt" "$work/large.bin" ::
    mmd -i "$base" ::sub
    mcopy -i "$base" "$work/hello.txt" ::sub/a_file_with_a_long_name.txt
    i=0 bad=0
    while [ $i -lt $runs ]; do
        i=$((i + 1))
        cp --sparse=always "$base" "$image"
        # Some bytes of the boot sector, the beginning of the table, and what directories are in; values that mean something more often than not.
        perl -e '
            my ($image, $bits, $seed) = @ARGV;
            srand($seed * 7 + $bits);
            open my $file, "+<:raw", $image or die;
            read $file, my $boot, 512;
            my ($per, $reserved, $copies, $entries, $small) = unpack "x13 C v C v x3 v", $boot;
            my $table = $small || unpack "x36 V", $boot;
            my $root = ($reserved + $copies * $table) * 512;
            for (1 .. 1 + int rand 6) {
                my $where = int rand 10;
                my $at = $where < 2 ? 11 + int rand 60 : $where < 6 ? $reserved * 512 + int rand 600 : $root + int rand($entries * 32 + $per * 512 * 4);
                my @values = (0, 1, 2, 3, 5, 0x0F, 0x10, 0x20, 0x41, 0x7F, 0x80, 0xE5, 0xF7, 0xF8, 0xFF, int rand 256);
                seek $file, $at, 0;
                print $file chr $values[rand @values];
            }
        ' "$image" $bits $((${SEED:-0} + i))
        size=$(stat -c %s "$image")
        timeout 60 "$ringside" run --alone --timeout 30 --device "stick=$image" -d "$build/samples/disk.sys" -d "$build/samples/volume.sys" -d "$build/samples/fat.sys" \
            "$build/samples/files.exe" <"$work/script" >"$work/out" 2>"$work/err"
        status=$?
        if [ $status != 0 ] && [ $status != 1 ] && [ $status != 126 ] || [ "$(stat -c %s "$image")" != "$size" ]; then
            bad=$((bad + 1))
            echo "# FAT$bits, seed $((${SEED:-0} + i)): exit code $status"
            sed 's/^/# /' "$work/err" | head -20
        fi
    done
    ok $bad "FAT$bits: $runs damaged images"
done
done_testing
