#compdef kubectl-wiremesh
# Completion of kubectl-wiremesh for zsh.
_kubectl_wiremesh() {
  local line directive=0
  local -a candidates
  for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT-1]}" "${words[CURRENT]}" 2> /dev/null)}"; do
    case $line in
      :*) directive=${line#:} ;;
      *$'\t'*) candidates+=("${line%%$'\t'*}:${line#*$'\t'}") ;;
      ?*) candidates+=("$line") ;;
    esac
  done
  if (( $#candidates )); then
    _describe -t values value candidates
  elif [[ $directive == 0 ]]; then
    _files
  fi
}
compdef _kubectl_wiremesh kubectl-wiremesh
