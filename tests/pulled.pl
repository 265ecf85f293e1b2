#!/usr/bin/perl
# tests/pulled.pl BUILD WORK BITS STEP START: a memory stick with FAT12, 16 or 32 is pulled out after START, START + STEP, ... sectors have been written of a fixed sequence
# of operations, until all of it is done. After each: fsck.fat may find only what FAT allows, and every file that an operation had not begun to change is there.
# Prints a line for what is wrong, and "pulled N times" at the end.
use strict;
use warnings;

my ($build, $work, $bits, $step, $start) = @ARGV;
my ($base, $image, $copy) = ("$work/base.img", "$work/stick.img", "$work/copy");
my %size = (12 => "-s 1 -C $base 512", 16 => "-s 1 -C $base 4096", 32 => "-s 1 -C $base 40960");
my $wrong = 0;

sub wrong { print "$_[0]\n"; $wrong++ }
sub content { my ($from, $length, $number) = @_; return join "", map { chr(97 + ($_ * 7 + int($_ / 97) + $number) % 26) } $from .. $from + $length - 1 }

# What is there before. The many small files fill the directories' sectors, so that entries and long names lie across two of them.
my %files = ("kept.bin" => content(0, 9000, 1), "to be moved away.bin" => content(0, 7300, 2), "a name long enough for three slots.txt" => content(0, 3000, 3),
    "one cluster.dat" => content(0, 300, 4), "empty" => "", "big.bin" => content(0, 20000, 5), "going.bin" => content(0, 12000, 6), "sub/inside.txt" => content(0, 1500, 7),
    "sub/second file inside.txt" => content(0, 2500, 8), "target.bin" => content(0, 4000, 9));
$files{"filler number $_.txt"} = "filler $_" for 1 .. 12;
$files{"sub/filler number $_ here.txt"} = "filler $_" for 1 .. 9;

# [command, what it does to %files]. Words of a command are separated by blanks, so names of the script have none: see name().
sub name { return $_[0] =~ s/ /_/gr }
my @steps = (
    ["put new_file.dat 0 3000 11", sub { $_[0]{"new_file.dat"} = content(0, 3000, 11) }],
    ["put new_file.dat 2900 4000 11", sub { $_[0]{"new_file.dat"} = content(0, 6900, 11) }],
    ["put kept.bin 9000 2000 1", sub { $_[0]{"kept.bin"} = content(0, 11000, 1) }],
    ["put sub/with_a_gap_in_it.bin 1300 100 12", sub { $_[0]{"sub/with_a_gap_in_it.bin"} = "\0" x 1300 . content(1300, 100, 12) }],
    ["move a_name_long_enough_for_three_slots.txt another_name_that_needs_even_four_of_the_slots.txt", 0],
    ["move to_be_moved_away.bin sub/moved_here_with_a_long_name.bin", 0],
    ["move one_cluster.dat sub/one_cluster_elsewhere.dat", 0],
    ["move empty sub/empty_too", 0],
    ["move filler_number_3.txt FILLER3.TXT", 0],
    ["move filler_number_5.txt a_longer_name_for_filler_number_five_so_that_it_must_go_elsewhere.txt", 0],
    ["mkdir made", sub { }],
    ["put made/x 0 1700 13", sub { $_[0]{"made/x"} = content(0, 1700, 13) }],
    (map { my $n = $_; ["put made/some_long_file_name_number_$n.txt 0 20 $n", sub { $_[0]{"made/some_long_file_name_number_$n.txt"} = content(0, 20, $n) }] } 1 .. 6),
    ["cut big.bin 1000", sub { $_[0]{"big.bin"} = substr $_[0]{"big.bin"}, 0, 1000 }],
    ["cut big.bin 5000", sub { $_[0]{"big.bin"} .= "\0" x 4000 }],
    ["delete going.bin", sub { delete $_[0]{"going.bin"} }],
    ["move sub bus", 0],
    ["delete made/x", sub { delete $_[0]{"made/x"} }],
    (map { my $n = $_; ["delete made/some_long_file_name_number_$n.txt", sub { delete $_[0]{"made/some_long_file_name_number_$n.txt"} }] } 1 .. 6),
    ["rmdir made", sub { }],
);

# The content of everything after each step, and what the step touches.
my @states = ({map { name($_) => $files{$_} } keys %files});
for my $step (@steps) {
    my ($command, @paths) = split / /, $step->[0];
    my %next = %{$states[-1]};
    if ($command eq "move") {
        for (grep { $_ eq $paths[0] || index($_, "$paths[0]/") == 0 } keys %next) {
            $next{$paths[1] . substr($_, length $paths[0])} = delete $next{$_};
        }
    } else {
        $step->[1](\%next);
    }
    push @states, \%next;
}

sub run { my $status = system("($_[0]) >$work/said 2>&1"); return $status >> 8 }
sub said { open my $file, "<", "$work/said" or die; local $/; return scalar <$file> }
sub slurp { open my $file, "<", $_[0] or return undef; local $/; my $text = <$file>; return defined $text ? $text : "" }

run("rm -f $base; mkfs.fat -F $bits $size{$bits}") == 0 or die said();
mkdir "$work/before";
mkdir "$work/before/sub";
for (sort keys %{$states[0]}) {
    open my $file, ">", "$work/before/$_" or die;
    print $file $states[0]{$_};
}
run("cd $work/before && mcopy -s -i $base " . join(" ", map { "'$_'" } sort { $a cmp $b } glob_names("$work/before")) . " ::") == 0 or die said();
sub glob_names { opendir my $dir, $_[0] or die; return grep { !/^\./ } readdir $dir }

open my $script, ">", "$work/script" or die;
for my $i (0 .. $#steps) {
    my ($command, @words) = split / /, $steps[$i][0];
    my $paths = $command eq "move" ? 2 : 1;
    $words[$_] = "E:\\" . ($words[$_] =~ s{/}{\\}gr) for 0 .. $paths - 1;
    print $script "$command @words\nsay $i\n";
}
close $script;

# What fsck.fat may say; anything else is more than power that fails may do to a FAT.
my $allowed = join "|", "fsck\\.fat .*", "/.*", ".*: \\d+ files, .*", "Leaving filesystem unchanged\\.", "FATs differ but appear to be intact\\.", " *Using first FAT\\.",
    "Reclaimed \\d+ unused clusters?.*", "Free cluster summary .*", "Orphaned long file name part .*", " *Auto-deleting\\.", " *File size is \\d+ bytes, cluster chain length is .*",
    " *Truncating file to .*", "Dirty bit is set.*", " *Automatically removing dirty bit\\.", "";

sub check {
    my ($done, $where) = @_; # steps done; the next may have begun
    my ($before, $after) = ($states[$done], $states[$done < @steps ? $done + 1 : $done]);
    run("fsck.fat -n $image");
    for (split /\n/, said()) {
        wrong("$where: fsck.fat: $_") if $_ !~ /^($allowed)$/;
    }
    run("fsck.fat -a $image");
    wrong("$where: one repair does not make it whole: " . said()) if run("fsck.fat -n $image") != 0;
    run("rm -rf $copy; mkdir $copy; mcopy -s -n -i $image '::*' $copy");
    my ($command, $from, $to) = split / /, $done < @steps ? $steps[$done][0] : "none";
    for my $path (sort keys %$before) {
        my $is = slurp("$copy/$path");
        next if defined $is && $is eq $before->{$path};
        if ($command eq "move" && ($path eq $from || index($path, "$from/") == 0)) {
            my $other = slurp("$copy/$to" . substr($path, length $from));
            wrong("$where: $path is whole under neither name") if !defined $other || $other ne $before->{$path};
        } elsif ($path ne ($from // "")) {
            wrong("$where: $path has " . (defined $is ? "other content" : "gone"));
        } elsif ($command eq "delete") {
            wrong("$where: $path is half deleted") if defined $is;
        } elsif (!defined $is || !exists $after->{$path} || $is ne $after->{$path}) {
            wrong("$where: $path is neither as it was nor as it was to be");
        }
    }
}

my ($pulled, $sectors) = (0, $start);
for (;; $sectors += $step) {
    run("cp --sparse=always $base $image");
    my $status = run("$build/ringside run --alone --timeout 60 --device stick=$image,pull=$sectors -d $build/samples/disk.sys -d $build/samples/volume.sys -d $build/samples/fat.sys "
            . "$build/samples/files.exe <$work/script");
    my $output = said();
    my ($done, $failed) = (0, 0);
    for (split /\r?\n/, $output) {
        $failed = 1 if /error \d+/;
        $done = $_ + 1 if /^\d+$/ && !$failed;
    }
    wrong("$sectors: the program: $output") if $status > 1 || ($status == 0) != ($done == @steps);
    check($done, "after $sectors sectors, in step $done");
    last if $status == 0;
    $pulled++;
    last if $wrong > 20;
}
print "pulled $pulled times\n";
exit($wrong != 0);
