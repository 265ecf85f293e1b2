#!/usr/bin/perl
# Makes a page's listings and transcripts true: reads the page and prints it with what files hold and commands say now.
#
#     tools/tutorial.pl RINGSIDE PAGE LISTINGS
#
# A comment before a fenced block says what the block is:
#   <!-- listing FILE [FUNCTION...] -->   FILE of the folder LISTINGS, or these functions of it; FILE is copied to where the commands run
#   <!-- run [WINDOW [until TEXT]] -->    what the commands, the block's lines after "$ ", print. With a window the last one goes on until TEXT is printed, if any TEXT is given.
#   <!-- more WINDOW [until TEXT] -->     what the window's command prints then, up to TEXT or its end
#   <!-- enter WINDOW [until TEXT] -->    the same, after Enter was pressed
# and without a block:
#   <!-- interrupt WINDOW -->             Ctrl+C is pressed there, and the command ends
#   <!-- close WINDOW -->                 its terminal is closed
# Commands run in one empty folder, each in a terminal, with a machine of their own. A block stays as it is when it differs only in what may differ: numbers of processes,
# addresses, times, sizes of what a compiler has made, frames of the kernel's own on a stack.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(basename);
use File::Copy qw(copy);
use File::Temp qw(tempdir);
use Errno qw(EIO);
use POSIX qw(setsid);

@ARGV == 3 or die "usage: tutorial.pl RINGSIDE PAGE LISTINGS\n";
my ($ringside, $page, $listings) = (abs_path($ARGV[0]), $ARGV[1], abs_path($ARGV[2]));
my $patience = 30; # seconds
my $home = tempdir(CLEANUP => 1);
my %window; # name => process, its input, its output, what was read of it
my $last = 0;

END {
    my $code = $?;
    kill 'KILL', map { -$_->{process} } grep { !$_->{ended} } values %window;
    system 'ringside down --kill >/dev/null 2>&1' if $home && -e "$home/run/ringside";
    chdir "/";
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
        next if /^fence |^ {10}(seccomp|Landlock|protection key|resource limits): /;
        s/^( *\d+) +ADDRESS +/$1 /;
        s/0x[0-9a-f]+|\d+/N/g if /^  (size|checksum|sections) |bytes at 0x|bytes in \d+ sections|^(memory|up) /;
        s/(process|thread) \d+/$1 N/g;
        s/ \d+\.\d{6} / TIME /;
        s/^\d+\.\d{7} (.*) irp \d+/TIME $1 irp/;
        s/\b\d+\.\d+ (irp|waits)/N.N $1/;
        s/^ +\d+  (\w+\.exe), /N $1/;
        s/\b(\w+\.exe):\d+ +/$1:N  /g;
        s/\+0x[0-9a-f]+/+N/g;
        s/-link-\d+/-link/;
        push @same, $_;
    }
    return join '', @same;
}

# Each command has a terminal of its own.
sub start {
    my ($name, $command) = @_;
    open my $terminal, '+<', '/dev/ptmx' or die "/dev/ptmx: $!\n";
    my $number = pack 'i', 0;
    ioctl $terminal, 0x40045431, $number or die "TIOCSPTLCK: $!\n";
    ioctl $terminal, 0x80045430, $number or die "TIOCGPTN: $!\n";
    my $other = '/dev/pts/' . unpack 'i', $number;
    my $process = fork // die "fork: $!\n";
    if ($process == 0) {
        setsid();
        close $terminal;
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
        open STDIN, '+<', $other or POSIX::_exit(127);
        open STDOUT, '>&', \*STDIN;
        open STDERR, '>&', \*STDIN;
        exec '/bin/sh', '-c', "stty -echo -onlcr cols 100 rows 40; (exit $last); $command" or POSIX::_exit(127);
    }
    $window{$name} = {name => $name, process => $process, terminal => $terminal, text => ''};
}

# What the window prints, up to the line with the text, or to its end.
sub watch {
    my ($window, $until) = @_;
    my $deadline = time + $patience;
    return "" if defined $until && $until eq "";
    while (!defined $until || $window->{text} !~ /^.*?\Q$until\E[^\n]*\n/s) {
        vec(my $ready = '', fileno $window->{terminal}, 1) = 1;
        if (select($ready, undef, undef, 1)) {
            my $count = sysread $window->{terminal}, $window->{text}, 65536, length $window->{text};
            last if defined $count ? $count == 0 : $! == EIO; # the command and all that it has started have closed it
            defined $count or die "read: $!\n";
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
    $text =~ s/\r|\e\[[0-9;]*[A-Za-z]//g;
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
        $text .= "\$ $command\n" . watch($window{$name}, @commands ? undef : $until);
    }
    return $text;
}

while (defined(my $line = shift @lines)) {
    print $line;
    next if $line !~ /^<!-- (listing|run|more|enter|interrupt|close)\b *(.*?) *-->$/;
    my ($what, $rest) = ($1, $2);
    my $until = $rest =~ s/\s+until\b *(.*)// ? $1 : undef;
    my $window = $window{$rest} // ($what =~ /listing|run/ ? undef : die "$page: there is no window $rest\n");
    if ($what eq 'interrupt') {
        syswrite $window->{terminal}, "\x03";
        watch($window, undef);
        next;
    }
    if ($what eq 'close') {
        close $window->{terminal};
        waitpid $window->{process}, 0;
        $window->{ended} = 1;
        next;
    }
    my $fence = shift @lines // '';
    $fence =~ /^```/ or die "$page: no block after $line";
    my @old;
    push @old, shift @lines while @lines && $lines[0] !~ /^```/;
    my $new;
    if ($what eq 'listing') {
        $new = listing(split ' ', $rest);
    } elsif ($what eq 'run') {
        $new = transcript($rest, $until, @old);
    } else {
        syswrite $window->{terminal}, "\n" if $what eq 'enter';
        $new = watch($window, $until);
    }
    my $old = join '', @old;
    print $fence, $what ne 'listing' && same($new) eq same($old) ? $old : $new;
}
for (values %window) {
    $_->{ended} or die "$page: the command in window $_->{name} still runs at the page's end\n";
}
