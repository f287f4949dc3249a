/** What each shell loads to complete our commands: it asks us for every word, so it never grows old. */

export const shells = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof shells)[number];

/** Names that the shell can't know are asked for; `:files` leaves the names of files to it. */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `# air-executor completion bash: source this, for example from ~/.bashrc
_air_executor() {
  local line current=\${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
    else
      COMPREPLY+=("$(printf %q "\${line%%$'\\t'*}")")
    fi
  done < <(command air-executor completion bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _air_executor air-executor
`,
  zsh: `#compdef air-executor
# air-executor completion zsh: source this behind compinit, or save it as _air-executor in a directory of $fpath
_air_executor() {
  local line files=0
  local -a candidates
  while IFS= read -r line; do
    if [[ $line == :files ]]; then files=1; continue; fi
    candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <(command air-executor completion zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#candidates )) && _describe air-executor candidates
  (( files )) && _files
}
if [[ \${funcstack[1]} == _air-executor ]]; then _air_executor "$@"; else compdef _air_executor air-executor; fi
`,
  fish: `# air-executor completion fish: save this as ~/.config/fish/completions/air-executor.fish
function __air_executor_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  command air-executor completion fish -- $words[2..-1] "$current" 2>/dev/null | while read -l line
    if test "$line" = :files
      __fish_complete_path "$current"
    else
      echo $line
    end
  end
end
complete -c air-executor -f -a '(__air_executor_complete)'
`,
};
