# For tests/sample-*.t: source it behind lib.sh.

# built FOLDER: the commands of the sample's README build it, without a warning, into $work.
built() {
    sed -n 's/^\$ ringside cc /cc /p' "samples/$1/README.md" | sed 's/ && ringside cc /\ncc /g' | sed "s| -o | -o $work/|" >"$work/commands"
    while read -r line; do
        # shellcheck disable=SC2086
        run "$ringside" $line
        exits 0 "${line% -o *}"
        ok "$([ -s "$work/err" ] && echo 1 || echo 0)" "without a warning"
    done <"$work/commands"
}

# sample OPTIONS... -- COMMAND: `ringside run COMMAND` as a README has it, with the images that the Makefile has made.
sample() {
    options=
    while [ "$1" != -- ]; do
        options="$options $1"
        shift
    done
    shift
    # shellcheck disable=SC2046,SC2086
    run "$ringside" run --alone --timeout 120 $options $(printf ' %s' "$@" | sed -E "s#([a-z]+\.(sys|exe))#$build/samples/\1#g")
}

# Lines in which a number depends on how threads were interleaved. What the terminal shows has two sources, whose order is not kept.
normal() { tr -d '\r' | sed -E '/^race: [0-9]/s/[0-9]+/N/g; s/[0-9]+ lines written/N lines written/' | sort; }

# as_shown FOLDER [SEED...]: what the README shows is what is printed; programs print the same with four processors and each of the seeds.
as_shown() {
    folder=$1
    shift
    command=$(sed -n 's/^\$ ringside run //p' "samples/$folder/README.md" | head -1)
    sed -n '/^\$ ringside run /,/^```/p' "samples/$folder/README.md" | grep -v '^\$\|^```' | normal >"$work/shown"
    # shellcheck disable=SC2086
    sample -- $command
    exits 0 "the sample"
    cat "$work/out" "$work/err" | normal | diff "$work/shown" - >"$work/difference"
    ok $? "prints what its README shows"
    sed 's/^/# /' "$work/difference"
    cp "$work/out" "$work/reference"
    for seed; do
        # shellcheck disable=SC2086
        sample --cpus 4 --seed "$seed" -- $command
        exits 0 "four processors, seed $seed"
        cmp -s "$work/reference" "$work/out"
        ok $? "and the same is printed"
        err_lacks "STOP" "nothing has stopped the machine"
    done
}
