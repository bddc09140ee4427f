# Completion of kubectl-wiremesh for bash.
_kubectl_wiremesh() {
  local line directive=0 word=${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*) directive=${line#:} ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD-1}" "$word" 2> /dev/null)
  if [ ${#COMPREPLY[@]} = 0 ] && [ "$directive" = 0 ]; then
    compopt -o filenames 2> /dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$word")
  fi
}
complete -F _kubectl_wiremesh kubectl-wiremesh
