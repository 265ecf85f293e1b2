#!/bin/sh
# T15: random operations on the stack's file system, mirrored on a directory of this host; mtools and fsck.fat say afterwards whether both are the same.
# SOAK=1: 1,000 operations on each kind of FAT instead of 250. SEED chooses others.
. tests/lib.sh
. tests/fat.sh
operations=250
[ "${SOAK:-}" = 1 ] && operations=1000

# script SEED: the script for the program, and the same done in $work/mirror with the same content.
script() {
    rm -rf "$work/mirror"
    mkdir "$work/mirror"
    perl -e '
    my ($mirror, $count, $seed) = @ARGV;
    srand($seed);
    my (%size, %dir); # path => content; paths of directories end with /
    my @names = ("A.TXT", "B.DAT", "lower.txt", "A_long_name_of_a_file.bin", "x", "MiXed.Case", "noextension_but_long", "UPPER123.BIN", "n" x 100,
        "the same beginning one.txt" =~ s/ /_/gr, "the same beginning two.txt" =~ s/ /_/gr, "m" x 200 . ".long");
    my @dirs = map { "d$_" } 0 .. 5;
    sub win { return "E:\\" . ($_[0] =~ s{/$}{}r =~ s{/}{\\}gr) }
    sub place { my @all = ("", sort keys %dir); return $all[rand @all] }
    for (1 .. $count) {
        my @have = sort keys %size;
        my $what = int rand 14;
        my $path = place() . $names[rand @names];
        if ($what < 5 || (!@have && $what < 10)) {
            my $offset = int rand((exists $size{$path} ? length $size{$path} : 0) + 1500);
            my $length = 1 + int rand(rand() < 0.3 ? 60000 : 3000);
            my $number = int rand 1000;
            print "put ", win($path), " $offset $length $number\n";
            my $data = $size{$path} // "";
            $data .= "\0" x ($offset - length $data) if $offset > length $data;
            my $new = join "", map { chr(97 + ($_ * 7 + int($_ / 97) + $number) % 26) } $offset .. $offset + $length - 1;
            $data .= "\0" x ($offset + $length - length $data) if $offset + $length > length $data;
            substr($data, $offset, $length) = $new;
            $size{$path} = $data;
        } elsif ($what < 7) {
            my $gone = $have[rand @have];
            print "delete ", win($gone), "\n";
            delete $size{$gone};
        } elsif ($what < 9) {
            my $from = $have[rand @have];
            next if exists $size{$path};
            print "move ", win($from), " ", win($path), "\n";
            $size{$path} = delete $size{$from};
        } elsif ($what < 10) {
            my $which = $have[rand @have];
            my $to = int rand(2 * length $size{$which});
            print "cut ", win($which), " $to\n";
            $size{$which} = $to <= length $size{$which} ? substr($size{$which}, 0, $to) : $size{$which} . "\0" x ($to - length $size{$which});
        } elsif ($what < 12) {
            my $new = place() . $dirs[rand @dirs] . "/";
            next if exists $dir{$new} || ($new =~ tr{/}{}) > 3;
            print "mkdir ", win($new), "\n";
            $dir{$new} = 1;
        } elsif ($what < 13) {
            my ($gone) = grep { my $d = $_; !grep { $_ ne $d && index($_, $d) == 0 } keys %dir, keys %size } sort keys %dir;
            next if !defined $gone;
            print "rmdir ", win($gone), "\n";
            delete $dir{$gone};
        } else { # a directory under another name, with all that is in it
            my @all = sort keys %dir;
            next if !@all;
            my $from = $all[rand @all];
            my $to = $from =~ s{[^/]+/$}{$dirs[rand @dirs] . "/"}er;
            next if exists $dir{$to};
            print "move ", win($from), " ", win($to), "\n";
            for my $set (\%dir, \%size) {
                for (sort keys %$set) {
                    $set->{$to . substr($_, length $from)} = delete $set->{$_} if index($_, $from) == 0;
                }
            }
        }
    }
    mkdir "$mirror/$_" for sort { length $a <=> length $b } keys %dir;
    for (keys %size) {
        open my $file, ">", "$mirror/$_" or die "$_: $!";
        print $file $size{$_};
    }
' "$work/mirror" $operations "$1" >"$work/script"
}

n=0
for kind in "-F 12 -s 4 -C $image 8192" "-F 16 -s 1 -C $image 8192" "-F 32 -s 1 -C $image 40960"; do
    n=$((n + 1))
    bits=${kind#-F }
    bits=${bits%% *}
    rm -rf "$image" "$work/copy"
    # shellcheck disable=SC2086
    mkfs.fat $kind >/dev/null
    script $((${SEED:-0} + n))
    "$ringside" run --alone --timeout 600 --device "disk=$image" -d "$build/samples/disk.sys" -d "$build/samples/volume.sys" -d "$build/samples/fat.sys" \
        "$build/samples/files.exe" <"$work/script" >"$work/out" 2>"$work/err"
    status=$?
    exits 0 "FAT$bits: $operations operations"
    fsck.fat -n "$image" >"$work/out" 2>&1 && ! grep -q "Free cluster\|lost\|differ\|shar\|rphan" "$work/out"
    ok $? "FAT$bits: fsck.fat finds nothing"
    mkdir "$work/copy"
    mcopy -s -n -i "$image" ::* "$work/copy" 2>"$work/err"
    diff -r "$work/mirror" "$work/copy" >"$work/out" 2>&1
    ok $? "FAT$bits: the image holds what the mirror holds, byte for byte"
done
done_testing
