# fish completion for ringside

function __ringside_command
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test "$words[2]" = $argv[1]
end

complete -c ringside -f
complete -c ringside -n __fish_use_subcommand -a run -d 'boot a machine, load drivers, run a program in it'
complete -c ringside -n __fish_use_subcommand -a up -d 'start a machine that stays up'
complete -c ringside -n __fish_use_subcommand -a down -d 'end it'
complete -c ringside -n __fish_use_subcommand -a status -d 'what it is and holds'
complete -c ringside -n __fish_use_subcommand -a load -d 'install and start a driver there'
complete -c ringside -n __fish_use_subcommand -a unload -d 'stop and remove it'
complete -c ringside -n __fish_use_subcommand -a inspect -d 'what an image is, and what it needs'
complete -c ringside -n __fish_use_subcommand -a cc -d 'compile a driver, program or library'
complete -c ringside -n __fish_use_subcommand -a help -d 'more about a command'
complete -c ringside -n __fish_use_subcommand -l help -s h -d 'what there is'
complete -c ringside -n __fish_use_subcommand -l version -s V -d 'print the version'

complete -c ringside -n '__ringside_command run' -F
complete -c ringside -n '__ringside_command run' -s d -l driver -r -F -d 'load this driver first, unload it afterwards'
complete -c ringside -n '__ringside_command run' -l and -r -F -d 'run this program as well'
complete -c ringside -n '__ringside_command run' -l verifier -x -a 'off standard' -d 'how much is checked'
complete -c ringside -n '__ringside_command run' -l trace -d 'write IRPs and kernel calls to standard error, or to =FILE'
complete -c ringside -n '__ringside_command run' -l etw -d 'enable all event providers'
complete -c ringside -n '__ringside_command run' -l cpus -x -a '1 2 4 8' -d 'number of processors'
complete -c ringside -n '__ringside_command run' -l schedule -x -a 'random round-robin pct exhaustive' -d 'how processors are interleaved'
complete -c ringside -n '__ringside_command run' -l match -x -d 'devices that the driver before it is for'
complete -c ringside -n '__ringside_command run' -l points -x -a 'calls interlocked accesses' -d 'where in a driver they may change places'
complete -c ringside -n '__ringside_command run' -l seeds -x -d 'run with each seed until one fails'
complete -c ringside -n '__ringside_command run' -l seed -x -d 'what the randomness starts from'
complete -c ringside -n '__ringside_command run' -l realtime -d 'tie the clock to the wall clock'
complete -c ringside -n '__ringside_command run' -l memory -x -a '64M 256M 1G' -d 'RAM of the machine'
complete -c ringside -n '__ringside_command run' -l user -x -a 'administrator user system' -d 'whose rights the programs have'
complete -c ringside -n '__ringside_command run' -l timeout -x -d 'end the machine after so many seconds'
complete -c ringside -n '__ringside_command run' -l root -x -a '(__fish_complete_directories)' -d 'the directory that is C:'
complete -c ringside -n '__ringside_command run' -l strict -d 'refuse a driver that imports what Ringside does not have'
complete -c ringside -n '__ringside_command run' -l no-sandbox -d 'without the fence, for debugging'
complete -c ringside -n '__ringside_command run' -l machine -x -d 'enter the machine of this name'
complete -c ringside -n '__ringside_command run' -l alone -d 'boot a machine of its own, whatever is up'
complete -c ringside -n '__ringside_command run' -s h -l help -d 'the options'

complete -c ringside -n '__ringside_command run' -l log -r -F -d 'write debug output to a file as well'

complete -c ringside -n '__ringside_command up' -l machine -x -d 'its name'
complete -c ringside -n '__ringside_command up' -l root -x -a '(__fish_complete_directories)' -d 'the directory that is C:'
complete -c ringside -n '__ringside_command up' -l share -r -d 'a directory as a share: NAME=DIR'
complete -c ringside -n '__ringside_command up' -l safe -d 'without drivers that start by themselves'
complete -c ringside -n '__ringside_command up' -l last-known-good -d 'as the last boot that went well'
complete -c ringside -n '__ringside_command up' -l foreground -d 'stay in this terminal'
complete -c ringside -n '__ringside_command up' -l memory -x -a '64M 256M 1G' -d 'RAM of the machine'
complete -c ringside -n '__ringside_command up' -l verifier -x -a 'off standard' -d 'how much is checked'
complete -c ringside -n '__ringside_command up' -l cpus -x -a '1 2 4 8' -d 'number of processors'
complete -c ringside -n '__ringside_command up' -l schedule -x -a 'random round-robin pct exhaustive' -d 'how processors are interleaved'
complete -c ringside -n '__ringside_command up' -l points -x -a 'calls interlocked accesses' -d 'where in a driver they may change places'
complete -c ringside -n '__ringside_command up' -l seed -x -d 'what the randomness starts from'
complete -c ringside -n '__ringside_command up' -l strict -d 'refuse a driver that imports what Ringside does not have'
complete -c ringside -n '__ringside_command up' -l no-sandbox -d 'without the fence, for debugging'
complete -c ringside -n '__ringside_command up' -l trace -d 'write IRPs and kernel calls to =FILE'
complete -c ringside -n '__ringside_command up' -l etw -d 'enable all event providers'
complete -c ringside -n '__ringside_command down' -l kill -d 'at once'
complete -c ringside -n '__ringside_command status' -l threads -d 'what each thread waits for'
complete -c ringside -n '__ringside_command status' -l json -d 'for programs'
complete -c ringside -n '__ringside_command load' -F
complete -c ringside -n '__ringside_command load' -l name -x -d 'the name of its service'
complete -c ringside -n '__ringside_command load' -l match -x -d 'devices that it is for'
complete -c ringside -n '__ringside_command load' -l start -x -a 'boot system auto demand' -d 'when later boots start it'
for command in down status load unload
    complete -c ringside -n "__ringside_command $command" -l machine -x -d 'the machine of this name'
end
for command in up down status load unload
    complete -c ringside -n "__ringside_command $command" -s h -l help -d 'the options'
end

complete -c ringside -n __fish_use_subcommand -a log -d 'what drivers and programs print'
complete -c ringside -n '__ringside_command log' -s f -l follow -d 'go on with what comes'
complete -c ringside -n '__ringside_command log' -s n -l last -x -d 'only the last lines'
complete -c ringside -n '__ringside_command log' -s i -l interactive -d 'on the full screen'
complete -c ringside -n '__ringside_command log' -l clock -d 'time of day'
complete -c ringside -n '__ringside_command log' -l driver -x -d 'only this driver'
complete -c ringside -n '__ringside_command log' -l process -x -d 'only this process, by name or id'
complete -c ringside -n '__ringside_command log' -l component -x -d 'only this component'
complete -c ringside -n '__ringside_command log' -l level -x -a 'ERROR WARNING TRACE INFO' -d 'this level and more important ones'
complete -c ringside -n '__ringside_command log' -l grep -x -d 'only lines with this text'
complete -c ringside -n '__ringside_command log' -l exclude -x -d 'no lines with this text'
complete -c ringside -n '__ringside_command log' -l highlight -x -d 'mark this text'
complete -c ringside -n '__ringside_command log' -l json -d 'for programs'
complete -c ringside -n '__ringside_command log' -l read -r -F -d 'records from a file'
complete -c ringside -n '__ringside_command log' -l clear -d 'forget what is there'
complete -c ringside -n '__ringside_command log' -l machine -x -d 'the machine of this name'
complete -c ringside -n '__ringside_command log' -s h -l help -d 'the options'

complete -c ringside -n '__ringside_command run' -l share -r -d 'a directory as a share: NAME=DIR'
complete -c ringside -n '__ringside_command run' -l device -r -d 'a device for drivers: serial=FILE, disk=IMAGE, stick=IMAGE, edu[=msix]'

complete -c ringside -n __fish_use_subcommand -a objects -d 'the object namespace'
complete -c ringside -n '__ringside_command objects' -s l -l long -d 'with all there is to know'
complete -c ringside -n '__ringside_command objects' -l json -d 'for programs'
complete -c ringside -n '__ringside_command objects' -s i -l interactive -d 'on the full screen'
complete -c ringside -n '__ringside_command objects' -l machine -x -d 'the machine of this name'
complete -c ringside -n '__ringside_command objects' -l read -r -F -d 'what --json has written'
complete -c ringside -n '__ringside_command objects' -s h -l help -d 'the options'

complete -c ringside -n '__ringside_command inspect' -F
complete -c ringside -n '__ringside_command inspect' -l corpus -r -F -d 'a table of imports of many drivers'
complete -c ringside -n '__ringside_command inspect' -l json -d 'for programs'
complete -c ringside -n '__ringside_command inspect' -s h -l help -d 'the options'

complete -c ringside -n '__ringside_command cc' -F
complete -c ringside -n '__ringside_command cc' -s o -l output -r -F -d 'the image to make'
complete -c ringside -n '__ringside_command cc' -l native -d 'a program without Win32'
complete -c ringside -n '__ringside_command cc' -l crt -x -a 'msvcrt ucrt' -d 'the C run-time library'
complete -c ringside -n '__ringside_command cc' -s v -l verbose -d 'print the commands'
complete -c ringside -n '__ringside_command cc' -s h -l help -d 'the options'

complete -c ringside -n '__ringside_command help' -a 'run up down status load unload log objects inspect cc'
