# completion.zsh DIRECTORY LINE: prints what zsh completes LINE to after a TAB, with _keepalive from DIRECTORY.
# zsh runs under a pseudo-terminal, because it completes only in an interactive shell.
zmodload zsh/zpty
zpty -b shell "PS1= zsh -f -i"
zpty -w shell "fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -d ${(q)1}/dump; unsetopt zle_bracketed_paste 2>/dev/null
zstyle ':completion:*' list-prompt ''; zstyle ':completion:*' menu no; LISTMAX=10000; unset zle_bracketed_paste
show() { print -r -- \"<\$BUFFER>\"; BUFFER=; zle accept-line }; zle -N show; bindkey '^X' show; print READY"
zpty -r -m shell seen '*READY*READY*'
zpty -n -w shell "$2"$'\t'
zpty -n -w shell $'\x18'
zpty -r -m shell seen '*<*>*'
print -r -- "$seen"
zpty -d shell
