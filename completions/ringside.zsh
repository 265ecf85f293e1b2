#compdef ringside
# zsh completion for ringside; installed as _ringside

_ringside() {
    local -a commands
    commands=(
        'run:boot a machine, load drivers, run a program in it'
        'up:start a machine that stays up'
        'down:end it'
        'status:what it is and holds'
        'load:install and start a driver there'
        'unload:stop and remove it'
        'log:what drivers and programs print'
        'objects:the object namespace'
        'inspect:what an image is, and what it needs'
        'cc:compile a driver, program or library'
        'help:more about a command'
    )
    if (( CURRENT == 2 )); then
        _describe command commands
        _arguments '--help[what there is]' '--version[print the version]'
        return
    fi
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    case $command in
    run)
        _arguments -S \
            '*--match[devices that the driver before it is for]:ID:' \
            '*'{-d,--driver}'[load this driver first, unload it afterwards]:driver:_files -g "*.(#i)sys(-.)"' \
            '*--and[run this program and its arguments as well]:program and arguments:_files -g "*.(#i)exe(-.)"' \
            '--user[whose rights the programs have]:user:(administrator user system)' \
            '--verifier[how much is checked]:level:(off standard)' \
            '--trace=-[write IRPs and kernel calls to standard error, or to a file]::file:_files' '--etw[enable all event providers]' \
            '--log[write debug output to a file as well]:file:_files' \
            '--machine[enter the machine of this name]:name:' \
            '--alone[boot a machine of its own, whatever is up]' \
            '--cpus[number of processors]:number:(1 2 4 8)' \
            '--schedule[how processors are interleaved]:schedule:(random round-robin pct exhaustive)' \
            '--points[where in a driver they may change places]:points:(calls interlocked accesses)' \
            '--seeds[run with each seed until one fails]:first-last:' \
            '--seed[what the randomness starts from]:number:' \
            '--realtime[tie the clock to the wall clock]' \
            '--memory[RAM of the machine]:size:(64M 256M 1G)' \
            '--timeout[end the machine after so much real time]:seconds:' \
            '--root[the directory that is C\:]:directory:_files -/' \
            '*--share[a directory as a share]:NAME=DIR:' \
            '*--device[a device for drivers]:DEVICE:' \
            '--strict[refuse a driver that imports what Ringside does not have]' \
            '--no-sandbox[without the fence, for debugging]' \
            '(- *)'{-h,--help}'[the options]' \
            '1:program:_files -g "*.(#i)exe(-.)"' \
            '*::arguments:_files' ;;
    up)
        _arguments '--machine[its name]:name:' '--root[the directory that is C\:]:directory:_files -/' '*--share[a directory as a share]:NAME=DIR:' \
            '--safe[without drivers that start by themselves]' '--last-known-good[as the last boot that went well]' '--foreground[stay in this terminal]' \
            '--memory[RAM of the machine]:size:(64M 256M 1G)' '--verifier[how much is checked]:level:(off standard)' '--cpus[number of processors]:number:(1 2 4 8)' \
            '--seed[what the randomness starts from]:number:' '--strict[refuse a driver that imports what Ringside does not have]' \
            '--no-sandbox[without the fence, for debugging]' '--trace=-[write IRPs and kernel calls to a file]:file:_files' '--etw[enable all event providers]' '(- *)'{-h,--help}'[the options]' ;;
    down)
        _arguments '--kill[at once]' '--machine[the machine of this name]:name:' '(- *)'{-h,--help}'[the options]' ;;
    status)
        _arguments '(--json)--threads[what each thread waits for]' '(--threads)--json[for programs]' '--machine[the machine of this name]:name:' \
            '(- *)'{-h,--help}'[the options]' ;;
    load)
        _arguments '--name[the name of its service]:name:' '--match[devices that it is for]:ID:' '--start[when later boots start it]:when:(boot system auto demand)' \
            '--machine[the machine of this name]:name:' '(- *)'{-h,--help}'[the options]' '1:driver:_files -g "*.(#i)sys(-.)"' ;;
    unload)
        _arguments '--machine[the machine of this name]:name:' '(- *)'{-h,--help}'[the options]' '1:service:' ;;
    log)
        _arguments {-f,--follow}'[go on with what comes]' {-n,--last}'[only the last lines]:number:' {-i,--interactive}'[on the full screen]' \
            '--clock[time of day]' '*--driver[only this driver]:name:' '*--process[only this process]:name or id:' '*--component[only this component]:name:' \
            '--level[this level and more important ones]:level:(ERROR WARNING TRACE INFO)' '*--grep[only lines with this text]:text:' \
            '*--exclude[no lines with this text]:text:' '*--highlight[mark this text]:text:' '--json[for programs]' '--read[records from a file]:file:_files' \
            '--clear[forget what is there]' '--machine[the machine of this name]:name:' '(- *)'{-h,--help}'[the options]' ;;
    objects)
        _arguments {-l,--long}'[with all there is to know]' '--json[for programs]' {-i,--interactive}'[on the full screen]' \
            '--machine[the machine of this name]:name:' '--read[what --json has written]:file:_files' '(- *)'{-h,--help}'[the options]' '1:path:' ;;
    inspect)
        _arguments '--corpus[a table of imports of many drivers]:table:_files' '--json[for programs]' '(- *)'{-h,--help}'[the options]' \
            '*:image:_files' ;;
    cc)
        _arguments {-o,--output}'[the image to make]:image:_files' '--native[a program without Win32]' '--crt[the C run-time library]:library:(msvcrt ucrt)' {-v,--verbose}'[print the commands]' '(- *)'{-h,--help}'[the options]' \
            '*:source:_files -g "*.c(-.)"' ;;
    help)
        _values command run up down status load unload log objects inspect cc ;;
    esac
}

_ringside "$@"
