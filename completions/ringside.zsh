#compdef ringside
# zsh completion for ringside; installed as _ringside

_ringside() {
    local -a commands
    commands=(
        'run:boot a machine, load drivers, run a program in it'
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
            '*'{-d,--driver}'[load this driver first, unload it afterwards]:driver:_files -g "*.(#i)sys(-.)"' \
            '*--and[run this program and its arguments as well]:program and arguments:_files -g "*.(#i)exe(-.)"' \
            '--verifier[how much is checked]:level:(off standard)' \
            '--trace=-[write IRPs and kernel calls to standard error, or to a file]::file:_files' \
            '--log[write debug output to a file as well]:file:_files' \
            '--cpus[number of processors]:number:(1)' \
            '--seed[what the randomness starts from]:number:' \
            '--realtime[tie the clock to the wall clock]' \
            '--memory[RAM of the machine]:size:(64M 256M 1G)' \
            '--timeout[end the machine after so much real time]:seconds:' \
            '--root[the directory that is C\:]:directory:_files -/' \
            '*--share[a directory as a share]:NAME=DIR:' \
            '--strict[refuse a driver that imports what Ringside does not have]' \
            '--no-sandbox[without the fence, for debugging]' \
            '(- *)'{-h,--help}'[the options]' \
            '1:program:_files -g "*.(#i)exe(-.)"' \
            '*::arguments:_files' ;;
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
        _values command run objects inspect cc ;;
    esac
}

_ringside "$@"
