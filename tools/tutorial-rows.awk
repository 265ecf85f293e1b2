# docs/tutorial-rows.md from tests/rows.tbl and from the TAP of a prove run (PERL_TEST_HARNESS_DUMP_TAP=DIRECTORY keeps it):
# A test belongs to the row that its name begins with (t31-links.t; kernel-t19-entry.t). Results have no times, so that they change with what they say only.
BEGIN {
    FS = " *[|] *"
    for (i = 2; i < ARGC; i++) {
        file = ARGV[i]
        ARGV[i] = ""
        sub(/^\.\//, "", file)
        name = file
        sub(/.*\//, "", name)
        row = name
        sub(/^(kernel|user)-/, "", row)
        if (!match(row, /^t[0-9]+-/))
            continue
        row = "T" (substr(row, 2, RLENGTH - 2) + 0)
        good = bad = skipped = 0
        while ((getline line < (archive "/" file)) > 0) {
            if (line ~ /^not ok/ && line !~ /# *(TODO|todo)/)
                bad++
            else if (line ~ /^ok.*# *[Ss][Kk][Ii][Pp]/)
                skipped++
            else if (line ~ /^ok/)
                good++
            else if (line ~ /^1\.\.0/)
                skipped++
        }
        close(archive "/" file)
        result = bad ? "**" bad " failed**, " good " ok" : good + skipped == 0 ? "**no result**" : good " ok"
        if (skipped)
            result = result ", " skipped " skipped"
        tests[row] = tests[row] "\n" name "\t" result
    }
    print "# The tutorial's rows and their tests"
    print ""
    print "Made by `make check` from `tests/rows.tbl` and from what the tests said. Rows that are not here have no test that is named after them yet."
    print ""
    print "| row | what | test | result |"
    print "|---|---|---|---|"
}
/^#/ || NF < 2 { next }
{
    if (!($1 in tests)) {
        print "| " $1 " | " $2 " | **none** | |"
        next
    }
    count = split(substr(tests[$1], 2), list, "\n")
    for (i = 2; i <= count; i++) # sorted by name
        for (j = i; j > 1 && list[j - 1] > list[j]; j--) {
            swap = list[j]
            list[j] = list[j - 1]
            list[j - 1] = swap
        }
    for (i = 1; i <= count; i++) {
        split(list[i], field, "\t")
        print "| " (i == 1 ? $1 " | " $2 : " | ") " | " field[1] " | " field[2] " |"
    }
}
