#!/bin/sh
# T15: random operations on the stack's file system, mirrored on a directory of this host; mtools and fsck.fat say afterwards whether both are the same.
# SOAK=1: 1,000 operations instead of 60. SEED chooses others.
. tests/lib.sh

for tool in mkfs.fat mcopy fsck.fat; do
    if ! command -v $tool >/dev/null && ! [ -x /usr/sbin/$tool ]; then
        echo "1..0 # SKIP $tool is not here (Debian: dosfstools, mtools)"
        exit 0
    fi
done
PATH=$PATH:/usr/sbin
MTOOLS_SKIP_CHECK=1
export MTOOLS_SKIP_CHECK
image=$work/stick.img
operations=60
[ "${SOAK:-}" = 1 ] && operations=1000
mkfs.fat -C "$image" 8192 >/dev/null
mkdir "$work/mirror" "$work/mirror/d0" "$work/mirror/d1"

# The script for the program, and the same done here with the same content.
perl -e '
    my ($mirror, $count, $seed) = @ARGV;
    srand($seed);
    my %size; # path => content
    my @dirs = ("", "d0/", "d1/");
    my @names = ("A.TXT", "B.DAT", "lower.txt", "A long name of a file.bin" =~ s/ /_/gr, "x", "MiXed.Case", "noextension_but_long", "UPPER123.BIN");
    sub win { return "E:\\" . ($_[0] =~ s{/}{\\}gr) }
    print "mkdir E:\\d0\nmkdir E:\\d1\n";
    for (1 .. $count) {
        my @have = sort keys %size;
        my $what = int rand 10;
        my $path = $dirs[rand @dirs] . $names[rand @names];
        if ($what < 5 || !@have) {
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
        } else {
            my $which = $have[rand @have];
            my $to = int rand(2 * length $size{$which});
            print "cut ", win($which), " $to\n";
            $size{$which} = $to <= length $size{$which} ? substr($size{$which}, 0, $to) : $size{$which} . "\0" x ($to - length $size{$which});
        }
    }
    for (keys %size) {
        open my $file, ">", "$mirror/$_" or die "$_: $!";
        print $file $size{$_};
    }
' "$work/mirror" $operations "${SEED:-1}" >"$work/script"

"$ringside" run --alone --timeout 600 --device "disk=$image" -d "$build/samples/disk.sys" -d "$build/samples/volume.sys" -d "$build/samples/fat.sys" \
    "$build/samples/files.exe" <"$work/script" >"$work/out" 2>"$work/err"
status=$?
exits 0 "$operations operations"
fsck.fat -n "$image" >"$work/fsck" 2>&1 && ! grep -q "Free cluster\|lost\|differ\|shar" "$work/fsck"
ok $? "fsck.fat finds nothing"
mkdir "$work/copy"
mcopy -s -n -i "$image" ::* "$work/copy" 2>"$work/err"
diff -r "$work/mirror" "$work/copy" >"$work/out" 2>&1
ok $? "the image holds what the mirror holds, byte for byte"
done_testing
