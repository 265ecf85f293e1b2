#!/usr/bin/perl
# `make mutants`: does the test that an export names really need it? One export at a time is replaced by an immediate return (`xor eax, eax; ret`; a variable
# by zeros), that export's test runs, and it must fail. The address in the export table of the kernel image that the `ringside` executable carries is what
# changes: the kernel calls itself as before, drivers get the replacement.
#   tools/mutants.pl [--slice N] [--guess] [NAME...]
# Where returning 0 is all that the real one does here (tools/mutants.tbl says why), the replacement returns 1, and a variable is not zero.
# --slice N: N exports, evenly spread. --guess: for exports that name no test, find one among the tests whose drivers import them.
# $BUILD/mutants.txt keeps what was found; a line whose kernel image and test are unchanged is not tried again.
use strict;
use warnings;
use Digest::MD5 qw(md5_hex);
use File::Path qw(make_path);
use Getopt::Long;

my $build = $ENV{BUILD} // 'build';
my $jobs = $ENV{JOBS} // 2;
my ($slice, $guess);
GetOptions('slice=i' => \$slice, 'guess' => \$guess) or exit 125;

sub slurp {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}

# ---- The kernel image ---------------------------------------------------------------------------
my $kernel = slurp("$build/ring0/ntoskrnl.exe");
my $pe = unpack 'V', substr $kernel, 0x3C, 4;
my @sections = map { [unpack 'x8 V V V V', substr $kernel, $pe + 24 + unpack('v', substr $kernel, $pe + 20, 2) + 40 * $_, 40] }
    0 .. unpack('v', substr $kernel, $pe + 6, 2) - 1;

sub file_offset {
    my ($rva) = @_;
    for my $section (@sections) {
        my ($size, $address, $raw_size, $raw) = @$section;
        return $rva - $address + $raw if $rva >= $address && $rva < $address + $raw_size;
    }
    return;
}

sub rva {
    my ($offset) = @_;
    for my $section (@sections) {
        my ($size, $address, $raw_size, $raw) = @$section;
        return $offset - $raw + $address if $offset >= $raw && $offset < $raw + ($raw_size < $size ? $raw_size : $size);
    }
    return;
}

# name -> where in the file its address in the export table is
my %entry;
{
    my $directory = file_offset(unpack 'V', substr $kernel, $pe + 24 + 112, 4);
    my ($names, $routines, $name_pointers, $ordinals) = unpack 'x24 V V V V', substr $kernel, $directory, 40;
    for my $i (0 .. $names - 1) {
        my $name = unpack 'Z*', substr $kernel, file_offset(unpack 'V', substr $kernel, file_offset($name_pointers) + 4 * $i, 4), 200;
        $entry{$name} = file_offset($routines) + 4 * unpack 'v', substr $kernel, file_offset($ordinals) + 2 * $i, 2;
    }
}
my ($text_size, $text, $text_raw_size, $text_raw) = @{$sections[0]};
my $return = index $kernel, "\x31\xC0\xC3", $text_raw;
$return >= 0 && $return < $text_raw + $text_raw_size or die "the kernel has no `xor eax, eax; ret`\n";
my $one = index $kernel, "\xB0\x01\xC3", $text_raw; # mov al, 1; ret
$one >= 0 && $one < $text_raw + $text_raw_size or die "the kernel has no `mov al, 1; ret`\n";
my $zeros;
for (my $at = 0; !defined $zeros && ($at = index $kernel, "\0" x 256, $at) >= 0; $at += 64) {
    $zeros = rva(($at + 63) & ~63);
}
defined $zeros or die "the kernel has no zeros for a variable\n";

my (%rightly_zero, %does_nothing);
open my $zero_table, '<', 'tools/mutants.tbl' or die "tools/mutants.tbl: $!\n";
while (<$zero_table>) {
    $rightly_zero{$1} = 1 if /^(\w+) 0 /;
    $does_nothing{$1} = 1 if /^(\w+) nothing /;
}
close $zero_table;

# ---- Exports and tests --------------------------------------------------------------------------
my (%test_of, %is_data, @exports);
open my $table, '<', "$build/exports.md" or die "$build/exports.md: $!\n";
while (<$table>) {
    next unless /^\| (\w+) \| (?:ntoskrnl|hal) \| \S+ \| (\S+) \| (\S+) \|/;
    push @exports, $1;
    $is_data{$1} = $2 eq 'data';
    $test_of{$1} = $3 unless $3 eq '-';
}

# A test is a driver of tests/kernel, a program of tests/user or a script.
sub command_of {
    my ($test) = @_;
    return -f "tests/kernel/$test.c" ? "tests/kernel.sh $test --timeout 10" : -f "tests/user/$test.c" ? "tests/user.sh $test" : -f "tests/$test.t" ? "sh tests/$test.t" : undef;
}

sub image_of {
    my ($test) = @_;
    return (grep { -f } "$build/tests/kernel/$test.sys", "$build/tests/user/$test.exe", "tests/$test.t")[0];
}

# 'passes', or how it fails. A machine that did not get as far as the test's first line says nothing about the test.
sub run_test {
    my ($worker, $test) = @_;
    my $command = command_of($test) // return 'no such test';
    my $output = `BUILD=$worker timeout 120 $command 2>&1 </dev/null`;
    my $status = $?;
    my $good = () = $output =~ /^ok \d/mg;
    my $bad = () = $output =~ /^not ok \d/mg;
    return "$bad checks fail" if $bad;
    return ($good ? 'stops' : 'does not begin') if $status || $output !~ /^1\.\.(\d+)/m || $1 != $good;
    return 'passes';
}

# ---- What is known ------------------------------------------------------------------------------
my $results = $ENV{RESULTS} // "$build/mutants.txt";
my $kernel_digest = md5_hex($kernel);
my (%digest, %known);
sub key_of {
    my ($test) = @_;
    $digest{$test} //= substr md5_hex($kernel_digest . slurp(image_of($test) // return '-')), 0, 12;
    return $digest{$test};
}
if (open my $file, '<', $results) {
    while (<$file>) {
        chomp;
        my ($name, $test, $key, $verdict) = split / /, $_, 4;
        $known{"$name $test $key"} = $verdict if defined $verdict;
    }
}

# ---- Work ---------------------------------------------------------------------------------------
my @wanted = @ARGV ? @ARGV : $guess ? grep { !$test_of{$_} } @exports : grep { $test_of{$_} } @exports;
@wanted = map { $wanted[int($_ * @wanted / $slice)] } 0 .. $slice - 1 if $slice && $slice < @wanted;

my %importers;
if ($guess) {
    for my $path (glob "$build/tests/kernel/*.sys") {
        my ($test) = $path =~ m{([^/]+)\.sys$};
        next if $test =~ /^hostile/;
        my $image = slurp($path);
        # By import, or by a name for MmGetSystemRoutineAddress.
        push @{$importers{$_}}, $test for grep { $image =~ /(?<!\w)\Q$_\E\0/ || index($image, pack('v*', unpack('C*', $_), 0)) >= 0 } @wanted;
    }
}
my @tasks = map { my $name = $_; map { [$name, $_] } $test_of{$name} ? ($test_of{$name}) : @{$importers{$name} // []} } @wanted;
@tasks = grep { !exists $known{"$_->[0] $_->[1] " . key_of($_->[1])} } @tasks;

make_path("$build/mutants");
my $host = slurp("$build/ringside");
my $image_at = index $host, $kernel;
$image_at >= 0 or die "$build/ringside does not carry $build/ring0/ntoskrnl.exe\n";
for my $job (0 .. $jobs - 1) {
    my $worker = "$build/mutants/$job";
    make_path($worker);
    unlink "$worker/ringside", "$worker/tests", "$worker/samples";
    open my $copy, '>:raw', "$worker/ringside" or die "$worker/ringside: $!\n";
    print $copy $host;
    close $copy or die "$worker/ringside: $!\n";
    chmod 0755, "$worker/ringside";
    symlink "../../$_", "$worker/$_" for qw(tests samples ring0 ring3);
}

sub patch {
    my ($worker, $name, $to) = @_;
    open my $file, '+<:raw', "$worker/ringside" or die "$worker/ringside: $!\n";
    seek $file, $image_at + $entry{$name}, 0;
    print $file defined $to ? pack('V', $to) : substr $kernel, $entry{$name}, 4;
    close $file or die "$worker/ringside: $!\n";
}

open my $out, '>>', $results or die "$results: $!\n";
$out->autoflush(1);
my @children;
for my $job (0 .. $jobs - 1) {
    my $child = fork // die "fork: $!\n";
    if ($child == 0) {
        my $worker = "$build/mutants/$job";
        my (%passes, %done);
        for (my $i = $job; $i < @tasks; $i += $jobs) {
            my ($name, $test) = @{$tasks[$i]};
            next if $guess && $done{$name};
            my $verdict;
            if (!$entry{$name}) {
                $verdict = 'not exported';
            } elsif (($passes{$test} //= run_test($worker, $test)) ne 'passes') {
                print STDERR "$name: $test: without a mutant it $passes{$test}\n" if !$guess;
                next;
            } else {
                patch($worker, $name, $rightly_zero{$name} ? ($is_data{$name} ? $text : rva($one)) : $is_data{$name} ? $zeros : rva($return));
                $verdict = run_test($worker, $test);
                patch($worker, $name);
                $verdict = 'SURVIVES' if $verdict eq 'passes';
                $done{$name} = 1 if $verdict ne 'SURVIVES';
            }
            print $out "$name $test " . key_of($test) . " $verdict\n";
        }
        exit 0;
    }
    push @children, $child;
}
waitpid $_, 0 for @children;
close $out;

# ---- Report -------------------------------------------------------------------------------------
open my $file, '<', $results or die "$results: $!\n";
while (<$file>) {
    chomp;
    my ($name, $test, $key, $verdict) = split / /, $_, 4;
    $known{"$name $test $key"} = $verdict if defined $verdict;
}
my ($killed, $nothing, $failed) = (0, 0, 0);
for my $name ($guess ? () : @wanted) {
    my $test = $test_of{$name} // '-';
    my $verdict = $test eq '-' ? 'names no test' : $known{"$name $test " . key_of($test)} // 'was not tried';
    if ($verdict =~ /^(\d+ checks fail|stops|does not begin)$/) {
        $killed++;
    } elsif ($does_nothing{$name}) {
        $nothing++;
    } else {
        $failed++;
        print "$name: $test: $verdict\n";
    }
}
print "$killed of ", $killed + $nothing + $failed, " exports: without them their test fails; $nothing rightly do nothing\n" unless $guess;
exit($failed != 0);
