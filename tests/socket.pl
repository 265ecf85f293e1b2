# A client that means no good: socket.pl SOCKET PROCESS RINGSIDE PROGRAM SEED ROUNDS. Prints TAP, without a plan. PROGRAM is control.exe.
use strict;
use warnings;
use IO::Socket::UNIX;
use IO::Select;
use JSON::PP;
use POSIX ();

my ($path, $process, $ringside, $program, $seed, $rounds) = @ARGV;
my $count = 0;
my $json = JSON::PP->new->utf8->canonical->allow_nonref;
$SIG{PIPE} = 'IGNORE';
$| = 1;

sub ok {
    my ($good, $name) = @_;
    $count++;
    print $good ? '' : 'not ', "ok $count - $name\n";
}

sub open_it { return IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $path) }
sub frame { my $text = ref $_[0] ? $json->encode($_[0]) : $_[0]; return pack('V', length $text) . $text }

# All of it, or as much as the other side takes.
sub put {
    my ($socket, $bytes) = @_;
    my $done = 0;
    while ($done < length $bytes) {
        my $n = syswrite $socket, $bytes, length($bytes) - $done, $done;
        return 0 unless $n;
        $done += $n;
    }
    return 1;
}

# With descriptors on the first byte; there is no sendmsg in Perl.
sub put_with {
    my ($socket, $bytes, @descriptors) = @_;
    my $rights = pack('QiiI*', 16 + 4 * @descriptors, 1, 1, @descriptors);
    $rights .= "\0" x (-length($rights) % 8);
    my $part = pack('PQ', $bytes, length $bytes);
    my $header = pack('QQPQPQQ', 0, 0, $part, 1, $rights, length $rights, 0);
    return syscall(46, fileno $socket, $header, 0) == length $bytes;
}

# What comes within the time: messages, and whether the end came.
sub answers {
    my ($socket, $seconds) = @_;
    my ($bytes, $ended, @messages) = ('', 0);
    my $limit = time + $seconds;
    my $select = IO::Select->new($socket);
    while (!$ended && time <= $limit && $select->can_read($limit - time + 0.5)) {
        my $n = sysread $socket, $bytes, 65536, length $bytes;
        $ended = 1 unless $n;
        while (length $bytes >= 4 && length $bytes >= 4 + unpack('V', $bytes)) {
            my $message = decode_json(substr $bytes, 4, unpack('V', $bytes));
            substr($bytes, 0, 4 + unpack('V', $bytes)) = '';
            push @messages, $message;
            return ($ended, @messages) if exists $message->{exit};
        }
    }
    return ($ended, @messages);
}

sub dropped {
    my ($name, $bytes, @descriptors) = @_;
    my $socket = open_it();
    @descriptors ? put_with($socket, $bytes, @descriptors) : put($socket, $bytes);
    my ($ended, @messages) = answers($socket, 10);
    ok($ended && !@messages, "$name: dropped");
}

sub lives {
    my $socket = open_it();
    put($socket, frame({command => 'status', arguments => ['json']}));
    my ($ended, @messages) = answers($socket, 20);
    return @messages && exists $messages[-1]{exit} && $messages[-1]{exit} == 0;
}

# What the machine has left of its own memory.
sub free_memory {
    my $socket = open_it();
    put($socket, frame({command => 'status', arguments => ['json']}));
    my ($ended, @messages) = answers($socket, 20);
    return decode_json(join '', map { $_->{data} // '' } @messages)->{memory_free};
}

# But for the program's, which is in C:\ once it has been named on a command line.
sub descriptors { return scalar grep { (readlink // '') ne $program } glob "/proc/$process/fd/*" }
sub memory { open my $file, '<', "/proc/$process/statm" or return 0; return (split ' ', <$file>)[1] * 4096 }
sub settle { for (1 .. 100) { last if descriptors() <= $_[0]; select undef, undef, undef, 0.05 } return descriptors() }

ok(lives(), 'the machine answers');
select undef, undef, undef, 0.2;
my $before = descriptors();

# No messages
dropped('garbage', join '', map { chr(1 + $_ * 37 % 255) } 1 .. 64);
dropped('a length of a gigabyte', pack('V', 1 << 30));
dropped('a length of nothing', pack('V', 0));
dropped('a byte more than a message may have', pack('V', (1 << 20) + 1) . 'x' x 100);
dropped($_->[0], frame($_->[1]))
    for ['no JSON', '{'], ['an array', '[]'], ['a string', '"status"'], ['nothing named', '{}'], ['UTF-8 that is none', "{\"command\":\"\xff\xfe\"}"],
    ['one name twice', '{"command":"status","command":"down"}'], ['deep arrays', '{"command":' . '[' x 500000], ['deep objects', '{"a":' x 150000],
    ['more behind the object', '{"command":"status"} x'], ['a command with a zero in it', '{"command":"status\u0000x"}'],
    ['a megabyte', '{"command":"' . 'x' x ((1 << 20) - 20) . '"}'], ['a number that is too large', '{"command":' . '9' x 1000 . '}'];
{
    my $socket = open_it();
    put($socket, substr frame({command => 'down'}), 0, 9);
    close $socket;
    $socket = open_it();
    put($socket, pack('V', 100000) . '{');
    shutdown $socket, 1;
    my ($ended, @messages) = answers($socket, 10);
    ok($ended && !@messages, 'half a message: dropped');
}

# Commands
dropped("the command $_->[0]", frame($_->[1]))
    for map { my $given = $_; [$json->encode($given), {command => $given}] } 'unknown', '', 'RUN', 1, 1.5, undef, [], {}, ['status'], \1;
my @junk = (undef, 1, -1, 1e300, 'x', '', "\x{1F600}", 'x' x 70000, [], {}, [[]], [1], [undef], [''], ["\t"], [' '], ['"'], {fd => 'x'}, {fd => -1, path => 1}, \1, [map { "a$_" } 1 .. 3000]);
for my $command (qw(run load unload status threads objects log)) {
    my $survived = 1;
    for my $field (qw(arguments drivers program and files)) {
        for my $value (@junk) {
            my $socket = open_it() or last;
            my %message = (command => $command, $command eq 'run' ? (program => 'x') : (), $field => $value);
            open my $null, '+<', '/dev/null';
            put_with($socket, frame(\%message), (fileno $null) x 3);
            my ($ended, @messages) = answers($socket, 20);
            $survived = 0 unless $ended || (@messages && exists $messages[-1]{exit});
        }
    }
    ok($survived && lives(), "$command with every field of every type: an answer or the end");
}
dropped('a run without descriptors', frame({command => 'run', program => 'x'}));
dropped("$_ before there is a request", frame($_)) for '{"control":0}', '{"pause":true}';
{
    open my $null, '+<', '/dev/null';
    my $socket = open_it();
    put_with($socket, frame({command => 'run', program => 'p', files => {p => {fd => 3, path => '/p'}}}), (fileno $null) x 4);
    my ($ended, @messages) = answers($socket, 10);
    ok(@messages && $messages[-1]{exit} == 126, 'a program that is no ordinary file: refused');
    for my $name ('..', '.', 'a/..', '../../etc/passwd', 'C:\\..\\..\\etc\\passwd', 'C:/../x', '/', 'x:y', 'con', "a\nb", '\\\\?\\C:\\x', 'x' x 300) {
        open my $file, '<', $program;
        $socket = open_it();
        put_with($socket, frame({command => 'run', program => $name, files => {$name => {fd => 3, path => $name}}}), (fileno $null) x 3, fileno $file);
        ($ended, @messages) = answers($socket, 20);
        (my $shown = substr $name, 0, 30) =~ s/\n/\\n/;
        ok(@messages && $messages[-1]{exit} =~ /^12[567]$/, "a program called '$shown': refused");
        $socket = open_it();
        put_with($socket, frame({command => 'load', arguments => [$name, 'x'], files => {$name => {fd => 0, path => $name}}}), fileno $file);
        ($ended, @messages) = answers($socket, 20);
        ok(@messages && $messages[-1]{exit} =~ /^12[567]$/, "a driver called '$shown': refused");
    }
}

# Descriptors
{
    open my $null, '+<', '/dev/null';
    my $fd = fileno $null;
    dropped("$_ descriptors with one message", frame({command => 'none'}), ($fd) x $_) for 1, 200, 201, 253;
    my $socket = open_it();
    put_with($socket, substr(frame({command => 'status'}), $_, 1), ($fd) x 60) for 0 .. 3;
    put($socket, substr frame({command => 'status'}), 4);
    my ($ended, @messages) = answers($socket, 10);
    ok($ended && !@messages, '240 descriptors, a few with each byte: dropped');
}
ok(settle($before) <= $before, "no descriptor has stayed: $before before, " . descriptors() . ' now');

# Too much at once
{
    my $socket = open_it();
    my $sent = 0;
    $sent++ while $sent < 20000 && put($socket, frame({command => 'status'}));
    my ($ended, @messages) = answers($socket, 10);
    ok(lives(), "$sent requests without waiting for an answer: the machine lives");
    $socket = open_it();
    open my $null, '+<', '/dev/null';
    open my $file, '<', $program;
    put_with($socket, frame({command => 'run', program => 'control.exe', arguments => ['sleep'], files => {'control.exe' => {fd => 3, path => $program}}}),
        (fileno $null) x 3, fileno $file);
    put($socket, frame({pause => $_ % 2 ? \1 : \0})) for 1 .. 5000;
    put($socket, frame({control => 2})) for 1 .. 200;
    ok(lives(), 'thousands of asides: the machine lives');
    put($socket, frame({command => 'status'}));
    for (1 .. 10) { ($ended, @messages) = answers($socket, 10); last if $ended || grep { exists $_->{exit} } @messages }
    ok($ended, 'a second request while the first is served: dropped');
}
{
    my (@held, $refused, $said);
    for (1 .. 300) { my $socket = open_it(); push @held, $socket if $socket }
    my $output = `$ringside status 2>&1`;
    ok($? >> 8 == 125 && $output =~ /no room for another connection/, 'more connections than there is room for: a client hears so');
    my $held = grep { my ($ended, @messages) = answers($_, -1); !@messages } @held[0 .. 9];
    ok($held == 10, 'those that were first are held');
    my ($ended, @messages) = answers($held[-1], 10);
    ok(@messages && $messages[-1]{exit} == 125, 'the last was turned away with a word');
    @held = ();
    my $good = 0;
    for (1 .. 50) { last if $good = lives(); select undef, undef, undef, 0.1 }
    ok($good, 'they leave: there is room again');
    open_it() for 1 .. $rounds * 10;
    ok(lives(), $rounds * 10 . ' connections opened and closed');
}

# A follower of the log that does not read
{
    my $socket = open_it();
    put($socket, frame({command => 'log', arguments => ['follow']}));
    my $memory = memory();
    system "$ringside run $program print 60000 >/dev/null 2>&1";
    ok($? == 0 && lives(), 'a follower of the log that reads nothing: programs go on');
    my $grown = memory() - $memory;
    ok($grown < 16 << 20, 'memory does not grow without bounds: ' . int($grown / 1024) . ' KiB');
    my $lost = 0;
    my ($bytes, $select) = ('', IO::Select->new($socket));
    while ($select->can_read(1)) {
        last unless sysread $socket, $bytes, 1 << 20, length $bytes;
    }
    $lost += $1 while $bytes =~ /\\"lost\\":(\d+)/g;
    ok($lost > 0, "it is told how many records it has missed: $lost");
}

# Requests with bytes, and fields, that are not what they were
srand $seed;
my ($memory, $free) = (memory(), free_memory());
my @good = ({command => 'status', arguments => ['json']}, {command => 'threads'}, {command => 'objects', arguments => ['\\Device']},
    {command => 'log', arguments => []}, {command => 'unload', arguments => ['none']}, {command => 'load', arguments => ['C:\\none.sys', 'none', 'demand']},
    {command => 'run', program => 'p.exe', arguments => ['a', 'b'], drivers => ['d.sys'], and => ['q.exe x'], files => {'p.exe' => {fd => 3, path => '/p'}}});
my $answered = 0;
for my $round (1 .. $rounds) {
    my $bytes = frame($good[rand @good]);
    for (0 .. rand 4) {
        my $at = int rand length $bytes;
        my $kind = int rand 4;
        $kind == 0 ? substr($bytes, $at, 1) = chr rand 256
            : $kind == 1 ? substr($bytes, $at, 1) = ('"', '{', '[', ':', ',', '\\', '0', "\0")[rand 8]
            : $kind == 2 ? substr($bytes, $at, 1 + rand 8) = ''
            :              substr($bytes, $at, 0) = substr $bytes, int rand length $bytes, 1 + rand 30;
    }
    $bytes = pack('V', length($bytes) - 4) . substr $bytes, 4 if rand() < 0.7 && length $bytes > 4;
    my $socket = open_it() or last;
    open my $null, '+<', '/dev/null';
    put_with($socket, $bytes, (fileno $null) x (3 + rand 3)) if length $bytes;
    shutdown $socket, 1 if rand() < 0.8;
    my ($ended, @messages) = answers($socket, rand() < 0.1 ? 0 : -1);
    $answered += @messages != 0;
}
ok(lives(), "$rounds changed requests, seed $seed: the machine lives ($answered were answered at once)");
my ($grown, $taken) = (memory() - $memory, $free - free_memory());
ok($grown < 8 << 20, 'the process has not grown by much: ' . int($grown / 1024) . ' KiB');
ok($taken < 1 << 20, 'nor the memory that the machine uses: ' . int($taken / 1024) . ' KiB');
ok(settle($before) <= $before, "no descriptor has stayed: $before before, " . descriptors() . ' now');

# Somebody else, whom no mode keeps out
if ($> == 0) {
    (my $directory = $path) =~ s{/[^/]*$}{};
    my @parents;
    for (my $parent = $directory; $parent ne ''; $parent =~ s{/[^/]*$}{}) { push @parents, $parent }
    my %modes = map { $_ => (stat)[2] & 07777 } @parents, $path;
    chmod $modes{$_} | 0555, $_ for @parents;
    chmod 0666, $path;
    my $child = fork;
    if ($child == 0) {
        POSIX::setgid(65534);
        POSIX::setuid(65534);
        my $socket = open_it() or POSIX::_exit(1);
        put($socket, frame({command => 'down'}));
        my ($ended, @messages) = answers($socket, 10);
        POSIX::_exit(@messages == 2 && $messages[0]{note} =~ /another user/ && $messages[1]{exit} == 125 ? 0 : 2);
    }
    waitpid $child, 0;
    my $result = $? >> 8;
    chmod $modes{$_}, $_ for keys %modes;
    ok($result == 0 && lives(), "another user, who can reach the socket: refused ($result)");
}
