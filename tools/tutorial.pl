#!/usr/bin/perl
# Makes a page's listings and transcripts true: reads the page and prints it with what files hold and commands say now.
#
#     tools/tutorial.pl RINGSIDE PAGE LISTINGS
#
# A comment before a fenced block says what the block is:
#   <!-- listing FILE [FUNCTION...] -->   FILE of the folder LISTINGS, or these functions of it; FILE is copied to where the commands run
#   <!-- run [WINDOW [until TEXT]] -->    what the commands, the block's lines after "$ ", print. With a window the last one goes on until TEXT is printed.
#   <!-- more WINDOW [until TEXT] -->     what the window's command prints then, up to TEXT or its end
#   <!-- enter WINDOW [until TEXT] -->    the same, after Enter was pressed
#   <!-- interrupt WINDOW -->             the same, after Ctrl+C
#   <!-- close WINDOW -->                 the same, after its terminal was closed
# Commands run in one empty folder, with a machine of their own. A block stays as it is when it differs only in what may differ: numbers of processes,
# addresses, times, sizes of what a compiler has made, frames of the kernel's own on a stack.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(basename);
use File::Copy qw(copy);
use File::Temp qw(tempdir);
use POSIX qw(setpgid);

@ARGV == 3 or die "usage: tutorial.pl RINGSIDE PAGE LISTINGS\n";
my ($ringside, $page, $listings) = (abs_path($ARGV[0]), $ARGV[1], abs_path($ARGV[2]));
my $patience = 60; # seconds
my $home = tempdir(CLEANUP => 1);
my %window; # name => process, its input, its output, what was read of it
my $last = 0;

END {
    my $code = $?;
    kill 'KILL', map { -$_->{process} } grep { !$_->{ended} } values %window;
    system 'ringside down --kill >/dev/null 2>&1' if $home && -e "$home/run/ringside";
    $? = $code;
}
$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);
$SIG{PIPE} = 'IGNORE';

mkdir "$home/$_", 0700 or die "$home/$_: $!\n" for qw(bin run postbox);
symlink $ringside, "$home/bin/ringside" or die "$ringside: $!\n";
open my $in, '<', $page or die "$page: $!\n";
my @lines = <$in>;
chdir "$home/postbox" or die "$home/postbox: $!\n";
delete @ENV{qw(XDG_STATE_HOME RINGSIDE_MACHINE)};
@ENV{qw(HOME XDG_RUNTIME_DIR PATH NO_COLOR COLUMNS LC_ALL TZ)} = ($home, "$home/run", "$home/bin:$ENV{PATH}", 1, 100, 'C.UTF-8', 'UTC');

sub same {
    my ($text) = @_;
    my @same;
    for (split /^/, $text) {
        s/\b(0x)?[0-9A-Fa-f]{12,16}\b/ADDRESS/g;
        next if /^ *\d+ +ADDRESS +(ntoskrnl\.exe|kernel32\.dll|ntdll\.dll)/;
        s/^( *\d+) +ADDRESS +/$1 /;
        s/\d+/N/g if /^  (size|checksum|sections) |bytes at 0x|bytes in \d+ sections|^(memory|up) |ABI/;
        s/(process|thread) \d+/$1 N/g;
        s/ \d+\.\d{6} / TIME /;
        s/\b(\w+\.exe):\d+ +/$1:N  /g;
        s/\+0x[0-9a-f]+/+N/g;
        s/-link-\d+/-link/;
        push @same, $_;
    }
    return join '', @same;
}

sub start {
    my ($name, $command) = @_;
    pipe my $input, my $enter or die "pipe: $!\n";
    pipe my $output, my $print or die "pipe: $!\n";
    my $process = fork // die "fork: $!\n";
    if ($process == 0) {
        setpgid(0, 0);
        open STDIN, '<&', $input;
        open STDOUT, '>&', $print;
        open STDERR, '>&', $print;
        close $_ for $input, $enter, $output, $print;
        exec '/bin/sh', '-c', "(exit $last); $command" or POSIX::_exit(127);
    }
    setpgid($process, $process);
    $enter->autoflush(1);
    $window{$name} = {name => $name, process => $process, input => $enter, output => $output, text => ''};
}

# What the window prints, up to the line with the text, or to its end.
sub watch {
    my ($window, $until) = @_;
    my $deadline = time + $patience;
    while (!defined $until || $window->{text} !~ /^.*?\Q$until\E[^\n]*\n/s) {
        vec(my $ready = '', fileno $window->{output}, 1) = 1;
        if (select($ready, undef, undef, 1)) {
            my $count = sysread $window->{output}, $window->{text}, 65536, length $window->{text};
            defined $count or die "read: $!\n";
            last if $count == 0;
        }
        time < $deadline or die "$page: window $window->{name} has not " . (defined $until ? "printed \"$until\"" : 'ended') . "; it has printed:\n$window->{text}";
    }
    my $text;
    if (defined $until && $window->{text} =~ s/^(.*?\Q$until\E[^\n]*\n)//s) {
        $text = $1;
    } else {
        defined $until and die "$page: window $window->{name} has ended without \"$until\"; it has printed:\n$window->{text}";
        ($text, $window->{text}, $window->{ended}) = ($window->{text}, '', 1);
        waitpid $window->{process}, 0;
        $last = $? & 127 ? 128 + ($? & 127) : $? >> 8;
    }
    $text =~ s/\r//g;
    $text =~ s/\Q$home\E/\/home\/ada/g;
    $text =~ s/[ \t]+$//mg;
    $text .= "\n" if $text ne '' && $text !~ /\n\z/;
    return $text;
}

sub listing {
    my ($file, @functions) = @_;
    open my $source, '<', "$listings/$file" or die "$listings/$file: $!\n";
    my $text = do { local $/; <$source> };
    copy("$listings/$file", basename($file)) or die "$file: $!\n";
    return $text if !@functions;
    my @parts;
    for my $function (@functions) {
        $text =~ m{((?:^/\*(?:(?!^$).)*?\*/\n)?^[^\n]*\b$function\((?:[^\n]*\}\n|.*?^\}\n))}ms or die "$file: there is no $function\n";
        push @parts, $1;
    }
    return join "\n", @parts;
}

sub transcript {
    my ($name, $until, @old) = @_;
    my @commands = map { /^\$ (.*)/ ? $1 : () } @old;
    my $text = '';
    while (defined(my $command = shift @commands)) {
        start($name, $command);
        close $window{$name}{input} if $name eq '';
        $text .= "\$ $command\n" . watch($window{$name}, @commands ? undef : $until);
    }
    return $text;
}

while (defined(my $line = shift @lines)) {
    print $line;
    next if $line !~ /^<!-- (listing|run|more|enter|interrupt|close)\b *(.*?) *-->$/;
    my ($what, $rest) = ($1, $2);
    my $fence = shift @lines // '';
    $fence =~ /^```/ or die "$page: no block after $line";
    my @old;
    push @old, shift @lines while @lines && $lines[0] !~ /^```/;
    my $until = $rest =~ s/ until (.*)// ? $1 : undef;
    my $new;
    if ($what eq 'listing') {
        $new = listing(split ' ', $rest);
    } elsif ($what eq 'run') {
        $new = transcript($rest, $until, @old);
    } else {
        my $window = $window{$rest} // die "$page: there is no window $rest\n";
        syswrite $window->{input}, "\n" if $what eq 'enter';
        kill 'INT', -$window->{process} if $what eq 'interrupt';
        kill 'HUP', -$window->{process} if $what eq 'close';
        $new = watch($window, $until);
    }
    my $old = join '', @old;
    print $fence, $what ne 'listing' && same($new) eq same($old) ? $old : $new;
}
for (values %window) {
    $_->{ended} or die "$page: the command in window $_->{name} still runs at the page's end\n";
}
