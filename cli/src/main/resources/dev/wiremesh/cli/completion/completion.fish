# Completion of kubectl-wiremesh for fish.
function __kubectl_wiremesh_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l lines ($words[1] __complete $words[2..-1] "$word" 2>/dev/null)
    for line in $lines
        string match -q ':*' -- $line; or echo $line
    end
    if test (count $lines) -eq 1; and test "$lines[1]" = :0
        __fish_complete_path $word
    end
end
complete -c kubectl-wiremesh -f -a '(__kubectl_wiremesh_complete)'
