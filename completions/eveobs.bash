# Completion of eveobs for bash. `eveobs completion bash` prints it.
_eveobs() {
    local word
    COMPREPLY=()
    # Line by line: an array made of $(…) would expand a * in a name to the files that are here.
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <(_EVEOBS_COMPLETE=bash "$1" "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    # What does not end in a word of its own, such as a,b,c, may go on.
    case "${COMP_WORDS[COMP_CWORD-1]}" in --fields | --sort | --for | --mode) compopt -o nospace ;; esac
}
complete -o default -F _eveobs eveobs
