# bash completion for ringside

_ringside() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} i
    COMPREPLY=()
    if [[ $COMP_CWORD -eq 1 ]]; then
        mapfile -t COMPREPLY < <(compgen -W "run up down status load unload log objects inspect cc help --help --version" -- "$cur")
        return
    fi
    case $command in
    run)
        case $prev in
        -d | --driver)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -X '!*.[sS][yY][sS]' -- "$cur"; compgen -d -- "$cur")
            return ;;
        --root)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -d -- "$cur")
            return ;;
        --and)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -X '!*.[eE][xX][eE]' -- "$cur"; compgen -d -- "$cur")
            return ;;
        --verifier)
            mapfile -t COMPREPLY < <(compgen -W "off standard" -- "$cur")
            return ;;
        --user)
            mapfile -t COMPREPLY < <(compgen -W "administrator user system" -- "$cur")
            return ;;
        --schedule)
            mapfile -t COMPREPLY < <(compgen -W "random round-robin pct exhaustive" -- "$cur")
            return ;;
        --points)
            mapfile -t COMPREPLY < <(compgen -W "calls interlocked accesses" -- "$cur")
            return ;;
        --cpus)
            mapfile -t COMPREPLY < <(compgen -W "1 2 4 8" -- "$cur")
            return ;;
        --log)
            compopt -o default
            return ;;
        --seed | --memory | --timeout | --share | --match | --machine)
            return ;;
        esac
        # After the program, words are its own.
        for ((i = 2; i < COMP_CWORD; i++)); do
            case ${COMP_WORDS[i]} in
            -d | --driver | --match | --and | --root | --share | --device | --log | --machine | --verifier | --cpus | --schedule | --points | --seed | --seeds | --memory | --timeout | --user) ((i++)) ;;
            -*) ;;
            *) compopt -o default; return ;;
            esac
        done
        if [[ $cur == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W "-d --driver --match --and --user --verifier --trace --trace= --etw --log --machine --alone --cpus --schedule --points --seed --seeds --realtime --memory --timeout --root --share --device --strict --no-sandbox -h --help" -- "$cur")
            [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
        else
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -X '!*.[eE][xX][eE]' -- "$cur"; compgen -d -- "$cur")
        fi ;;
    up)
        case $prev in
        --root)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
        --verifier)
            mapfile -t COMPREPLY < <(compgen -W "off standard" -- "$cur") ;;
        --schedule)
            mapfile -t COMPREPLY < <(compgen -W "random round-robin pct exhaustive" -- "$cur")
            return ;;
        --points)
            mapfile -t COMPREPLY < <(compgen -W "calls interlocked accesses" -- "$cur")
            return ;;
        --cpus)
            mapfile -t COMPREPLY < <(compgen -W "1 2 4 8" -- "$cur") ;;
        --machine | --share | --memory | --seed) ;;
        *)
            mapfile -t COMPREPLY < <(compgen -W "--machine --root --share --safe --last-known-good --foreground --memory --verifier --cpus --schedule --points --seed --strict --no-sandbox --trace= --etw -h --help" -- "$cur")
            [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace ;;
        esac ;;
    down | status | unload)
        if [[ $prev != --machine ]]; then
            case $command in
            down) i=--kill ;;
            status) i="--json --threads" ;;
            unload) i= ;;
            esac
            mapfile -t COMPREPLY < <(compgen -W "--machine $i -h --help" -- "$cur")
        fi ;;
    load)
        case $prev in
        --start)
            mapfile -t COMPREPLY < <(compgen -W "boot system auto demand" -- "$cur") ;;
        --name | --match | --machine) ;;
        *)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W "--name --match --start --machine -h --help" -- "$cur")
            else
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -f -X '!*.[sS][yY][sS]' -- "$cur"; compgen -d -- "$cur")
            fi ;;
        esac ;;
    log)
        case $prev in
        --level)
            mapfile -t COMPREPLY < <(compgen -W "ERROR WARNING TRACE INFO" -- "$cur") ;;
        --read)
            compopt -o default ;;
        -n | --last | --driver | --process | --component | --grep | --exclude | --highlight | --machine) ;;
        *)
            mapfile -t COMPREPLY < <(compgen -W "-f --follow -n --last -i --interactive --clock --driver --process --component --level --grep --exclude --highlight --json --read --clear --machine -h --help" -- "$cur") ;;
        esac ;;
    objects)
        case $prev in
        --read) compopt -o default ;;
        --machine) ;;
        *) mapfile -t COMPREPLY < <(compgen -W "-l --long --json -i --interactive --machine --read -h --help" -- "$cur") ;;
        esac ;;
    inspect)
        if [[ $cur == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W "--corpus --json -h --help" -- "$cur")
        else
            compopt -o default
        fi ;;
    cc)
        if [[ $cur == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W "-o --output --native --crt -v --verbose -h --help --" -- "$cur")
        elif [[ $prev == -o || $prev == --output ]]; then
            compopt -o default
        else
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -X '!*.c' -- "$cur"; compgen -d -- "$cur")
        fi ;;
    help)
        mapfile -t COMPREPLY < <(compgen -W "run up down status load unload log objects inspect cc" -- "$cur") ;;
    esac
}
complete -F _ringside ringside
