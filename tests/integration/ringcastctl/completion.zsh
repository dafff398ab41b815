# completion.zsh SHELL FOLDER LINE WORD...: types LINE and two tabs into an interactive SHELL, bash or zsh, that has the
# completion of the ringcastctl in FOLDER, and waits until every WORD was offered. Prints what the shell showed; 1: they were
# not.
emulate -L zsh
zmodload zsh/zpty zsh/datetime zsh/zselect

shell=$1 folder=$2 line=$3
shift 3
shown=''
integer deadline=$((EPOCHSECONDS + 15))

# Reads what the shell shows until it contains each of the arguments.
shows() {
    local word part
    while true; do
        for word; do [[ $shown == *$word* ]] || break; done
        [[ $shown == *$word* ]] && return 0
        ((EPOCHSECONDS < deadline)) || return 1
        if zpty -r -t shell part; then shown+=$part; else zselect -t 2; fi
    done
}

case $shell in
    bash) zpty shell bash --norc --noprofile -i; quiet='bind "set bell-style none"' ;;
    zsh) zpty shell zsh -f -i; quiet='setopt no_beep; LISTMAX=1000' ;;
esac
zpty -w shell "PATH=$folder:\$PATH; stty cols 250; $quiet; source <(ringcastctl completion $shell); echo rea''dy"
shows ready || exit 1
shown=''
zpty -w -n shell "$line"$'\t\t'
shows "$@"
result=$?
zpty -d shell
print -r -- "$shown"
exit $result
