# The compiler calls that make would make -> compile_commands.json.
function quote(s) { gsub(/[\\"]/, "\\\\&", s); return s }
/^clang[^ ]* .* -c / {
    for (i = 1; i <= NF; i++) if ($i ~ /\.[cS]$/) file = $i
    printf "%s  {\"directory\": \"%s\", \"file\": \"%s\", \"command\": \"%s\"}", n++ ? ",\n" : "[\n", quote(dir), quote(file), quote($0)
}
END { print n ? "\n]" : "[]" }
