#!/bin/sh
# T41: sc.exe: verbs, layout, error texts and exit codes. Each run is a machine of its own, so --and lets several work on one database.
. tests/lib.sh
"$ringside" cc tests/sources/quiet.c -o "$work/quiet.sys" || exit 1

# sc COMMAND-LINE...: each argument is one command line of sc.exe
sc='C:\Windows\System32\sc.exe'
sc() {
    first=$1
    shift
    set -- "$@" '' # a mark where the options begin
    while [ -n "$1" ]; do
        set -- "$@" --and "$sc $1"
        shift
    done
    shift
    # shellcheck disable=SC2086
    run "$ringside" run --root "$work" "$@" "$sc" $first
}

sc 'create Quiet binPath= C:\quiet.sys type= kernel start= demand' 'query Quiet' 'start Quiet' 'stop Quiet' 'delete Quiet' 'query Quiet'
exits 0 "create"
out_has '[SC] CreateService SUCCESS' "is said"
out_has 'SERVICE_NAME: Quiet' "query"
out_has '        TYPE               : 1  KERNEL_DRIVER' "type"
out_has '        STATE              : 1  STOPPED' "state before"
out_has '        WIN32_EXIT_CODE    : 1077  (0x435)' "never started"
out_has '        STATE              : 4  RUNNING' "state after"
out_has '                                (STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN)' "what it accepts"
out_has '        PID                : 0' "a driver has no process"
err_has 'dbg: \Driver\Quiet starts' "it has started"
err_has 'dbg: \Driver\Quiet stops' "and stopped"
out_has '[SC] DeleteService SUCCESS' "delete"
out_has '[SC] EnumQueryServicesStatus:OpenService FAILED 1060:' "and it is gone"
out_has 'The specified service does not exist as an installed service.' "says the system"

sc 'create Two binPath= C:\quiet.sys type= filesys start= boot error= severe group= Ring tag= yes depend= One/+Other obj= \FileSystem\Two DisplayName= Both' \
    'qc Two' 'getdisplayname Two' 'getkeyname Both' 'config Two start= disabled depend= /' 'qc Two' 'start Two' 'description Two Why' 'qdescription Two' \
    'failure Two reset= 60 actions= restart/1000'
out_has '        TYPE               : 2  FILE_SYSTEM_DRIVER' "qc: type"
out_has '        START_TYPE         : 0   BOOT_START' "start"
out_has '        ERROR_CONTROL      : 2   SEVERE' "error control"
out_has '        BINARY_PATH_NAME   : \??\C:\quiet.sys' "path"
out_has '        LOAD_ORDER_GROUP   : Ring' "group"
out_has '        TAG                : 1' "tag"
out_has '        DISPLAY_NAME       : Both' "display name"
out_has '        DEPENDENCIES       : One' "dependencies"
out_has '                           : +Other' "and groups"
out_has '        SERVICE_START_NAME : \FileSystem\Two' "object"
out_has 'Name = Both' "getdisplayname"
out_has 'Name = Two' "getkeyname"
out_has '[SC] ChangeServiceConfig SUCCESS' "config"
out_has '        START_TYPE         : 4   DISABLED' "changes"
out_has '[SC] StartService FAILED 1058:' "what is disabled does not start"
out_has 'DESCRIPTION:  Why' "description"
out_has '[SC] ChangeServiceConfig2 FAILED 1080:' "a driver has no failure actions"

sc 'create Own binPath= C:\own.exe start= delayed-auto' 'qc Own' 'failure Own reset= 60 actions= restart/1000/run/2000 command= C:\tell.exe' 'qfailure Own' \
    'query state= all' 'create Base binPath= C:\quiet.sys type= kernel' 'config Own depend= Base' 'enumdepend Base'
out_has '        START_TYPE         : 2   AUTO_START  (DELAYED)' "a delayed start"
out_has '        SERVICE_START_NAME : LocalSystem' "an account"
out_has '        FAILURE_ACTIONS              : RESTART -- Delay = 1000 milliseconds.' "failure actions"
out_has '                                       RUN PROCESS -- Delay = 2000 milliseconds.' "one a line"
out_has 'DISPLAY_NAME: Own' "query without a name lists services"
ok "$(grep -q 'SERVICE_NAME: condrv' "$work/out"; [ $? = 1 ] && echo 0 || echo 1)" "and no drivers"
out_has 'Enum: entriesRead  = 1' "enumdepend"

sc 'query type= driver'
exits 0 "query type= driver"
out_has 'SERVICE_NAME: condrv' "lists drivers"
sc 'query type= driver bufsize= 100'
out_has 'Enum: more data, need ' "a small buffer"

# By its bare name, unless the host has a file of that name.
for name in sc sc.exe; do
    run "$ringside" run --root "$work" $name query scm
    exits 0 "$name"
    out_has 'SERVICE_NAME: scm' "$name is the one in System32"
done

# Each alone: its error is the exit code (above 255: 255, and the number is printed).
fails() {
    sc "$2"
    if [ "$1" -gt 255 ]; then
        exits 255 "$2"
        err_has "$1" "says $1"
    else
        exits "$1" "$2"
    fi
    out_has "$3" "$3"
}
fails 1060 'start Nobody' '[SC] StartService: OpenService FAILED 1060:'
fails 1060 'stop Nobody' '[SC] OpenService FAILED 1060:'
fails 1060 'delete Nobody' '[SC] OpenService FAILED 1060:'
fails 1060 'getdisplayname Nobody' '[SC] GetServiceDisplayName FAILED 1060:'
fails 1052 'stop scm' '[SC] ControlService FAILED 1052:'
fails 87 'create Bad binPath= C:\x.exe type= own start= boot' '[SC] CreateService FAILED 87:'
fails 123 'create a/b binPath= C:\x.exe' '[SC] CreateService FAILED 123:'
fails 1639 'create Bad type=' 'USAGE:'
fails 1639 'create Bad start= never' 'USAGE:'
fails 1639 'frobnicate' 'COMMANDS:'
fails 1639 '' 'DESCRIPTION:'
fails 1722 '\\elsewhere query' '[SC] OpenSCManager FAILED 1722:'
done_testing
