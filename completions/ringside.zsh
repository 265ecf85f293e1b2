#compdef ringside
# zsh completion for ringside; installed as _ringside

_ringside() {
    local -a commands
    commands=(
        'run:boot a machine, load drivers, run a program in it'
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
            '--cpus[number of processors]:number:(1)' \
            '--seed[what the randomness starts from]:number:' \
            '--realtime[tie the clock to the wall clock]' \
            '--memory[RAM of the machine]:size:(64M 256M 1G)' \
            '--timeout[end the machine after so much real time]:seconds:' \
            '--root[the directory that is C\:]:directory:_files -/' \
            '--strict[refuse a driver that imports what Ringside does not have]' \
            '(- *)'{-h,--help}'[the options]' \
            '1:program:_files -g "*.(#i)exe(-.)"' \
            '*::arguments:_files' ;;
    inspect)
        _arguments '--corpus[a table of imports of many drivers]:table:_files' '--json[for programs]' '(- *)'{-h,--help}'[the options]' \
            '*:image:_files' ;;
    cc)
        _arguments {-o,--output}'[the image to make]:image:_files' '--native[a program without Win32]' {-v,--verbose}'[print the commands]' '(- *)'{-h,--help}'[the options]' \
            '*:source:_files -g "*.c(-.)"' ;;
    help)
        _values command run inspect cc ;;
    esac
}

_ringside "$@"
