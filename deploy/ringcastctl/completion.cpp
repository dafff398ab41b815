#include "completion.hpp"

namespace ringcast::ctl {
namespace {

// Both shells run the same function; zsh through its emulation of bash's completion. Names come
// from the cluster itself, within a second or not at all.
constexpr std::string_view bash_script = R"script(# ringcastctl: completion for bash.
# Use it at once with:  source <(ringcastctl completion bash)

# The words up to the cursor, into `typed`, as the program will get them: bash splits at `:` and `=` too.
_ringcastctl_typed() {
    local line="${COMP_LINE:0:$COMP_POINT}" blank part i
    for ((i = 0; i <= COMP_CWORD; ++i)); do
        blank="${line%%[![:blank:]]*}"
        line="${line#"$blank"}"
        part="${COMP_WORDS[i]}"
        [[ $line == "$part"* ]] || part="$line"
        line="${line#"$part"}"
        if ((i == 0)) || [[ -n $blank ]]; then
            typed+=("$part")
        else
            typed[${#typed[@]}-1]+="$part"
        fi
    done
}

_ringcastctl_ask() {
    local -a place=()
    local i
    for ((i = 1; i < ${#typed[@]} - 1; ++i)); do
        case "${typed[i]}" in
            --zookeeper=*|--cluster=*|--digest-file=*) place+=("${typed[i]}") ;;
            --zookeeper|--cluster|--digest-file) place+=("${typed[i]}" "${typed[i + 1]}") ;;
        esac
    done
    ringcastctl "${place[@]}" --timeout 1 "$@" 2>/dev/null
}

_ringcastctl_column() {
    _ringcastctl_ask status | awk -v title="$1" 'NF == 0 { on = 0 } on { print $1 } $1 == title { on = 1 }'
}

# Offers those lines of its input that go on from `word`. Bash takes only what follows the last `:` or `=`
# for the word, and replaces that.
_ringcastctl_offer() {
    local each head="" kept mark
    if [[ $word != [\'\"]* ]]; then
        for mark in : =; do
            [[ $COMP_WORDBREAKS == *"$mark"* && $word == *"$mark"* ]] || continue
            kept="${word%"${word##*"$mark"}"}"
            if ((${#kept} > ${#head})); then head="$kept"; fi
        done
    fi
    while IFS= read -r each; do
        [[ -n $each ]] || continue
        if [[ $word == [\'\"]* ]]; then
            if [[ $each == "${word#?}"* ]]; then COMPREPLY+=("$each"); fi
            continue
        fi
        if [[ $each == *[!A-Za-z0-9_.,:=/@%+-]* ]]; then printf -v each %q "$each"; fi
        each="$prefix$each"
        if [[ $each == "$word"* ]]; then COMPREPLY+=("${each#"$head"}"); fi
    done
}

_ringcastctl() {
    local -a typed=() given=()
    local i
    COMPREPLY=()
    _ringcastctl_typed
    local place=$((${#typed[@]} - 1))
    local word="${typed[place]}" before="${typed[place - 1]}" prefix=""
    for ((i = 1; i < place; ++i)); do
        case "${typed[i]}" in
            --zookeeper|--cluster|--digest-file|--output|-o|--timeout|--steps|--rate|--window|--when-below|--for|--weight|--last|-n) ((++i)) ;;
            -*) ;;
            *) given+=("${typed[i]}") ;;
        esac
    done
    if [[ $word == --*=* ]]; then
        before="${word%%=*}"
        prefix="$before="
    fi
    local offers=""
    case "$before" in
        -o|--output) offers="table json" ;;
        --digest-file) _ringcastctl_offer < <(compgen -f -- "${word#"$prefix"}"); return ;;
        --steps) offers="50,100 25,50,100" ;;
        --zookeeper|--cluster|--timeout|--rate|--window|--when-below|--for|--weight|--last|-n) return ;;
    esac
    if [[ -z $offers && $word == -* ]]; then
        offers="--zookeeper --cluster --digest-file --output --timeout --verbose --help"
        case "${given[0]}" in
            add|remove|weight|pin|unpin|undo) offers+=" --now --window --when-below --for --steps --rate --dry-run --detach" ;;
            plan) [[ -z ${given[1]} ]] || offers+=" --steps --rate" ;;
            history) offers+=" --last --undoable" ;;
            drain-gateway) offers+=" --rate --force --detach" ;;
        esac
        if [[ ${given[0]} == add || ${given[0]}${given[1]} == planadd ]]; then offers+=" --weight"; fi
    elif [[ -z $offers ]]; then
        local command="${given[0]}"
        place=${#given[@]}
        if [[ $command == plan ]]; then
            command="${given[1]:-plan}"
            ((--place))
        fi
        case "$command $place" in
            " 0") offers="status locate pins plan add remove weight pin unpin requests cancel pause resume watch history undo config drain-gateway completion" ;;
            "plan 0") offers="add remove weight pin unpin" ;;
            "config 1") offers="get set" ;;
            "config 2") offers="$(_ringcastctl_ask config get | awk 'NR > 1 { print $1 }')" ;;
            "completion 1") offers="bash zsh" ;;
            "add 1") offers="$(_ringcastctl_column STANDBY)" ;;
            "remove 1"|"weight 1"|"pin 2") offers="$(_ringcastctl_column MEMBER)" ;;
            "drain-gateway 1") offers="$(_ringcastctl_column GATEWAY)" ;;
            "cancel 1") offers="$(_ringcastctl_ask requests | awk 'NR > 1 { print $1 }')" ;;
            "unpin 1")
                # The last column, and all of it: a channel may have blanks in its name.
                _ringcastctl_offer < <(_ringcastctl_ask pins | awk 'NR > 1 { sub(/^[^ ]+ +[^ ]+ +/, ""); print }')
                return
                ;;
            "undo 1") offers="$(_ringcastctl_ask history --undoable | awk 'NR > 1 { print $1 }')" ;;
        esac
    fi
    offers=${offers// /$'\n'}
    _ringcastctl_offer <<< "$offers"
}
complete -F _ringcastctl ringcastctl
)script";

constexpr std::string_view zsh_script = R"script(#compdef ringcastctl
# ringcastctl: completion for zsh, by the function for bash.
# Use it at once with:  source <(ringcastctl completion zsh)
autoload -U +X compinit && compinit -C
autoload -U +X bashcompinit && bashcompinit
source <(ringcastctl completion bash)
)script";

}  // namespace

std::optional<std::string_view> completion(std::string_view shell) {
    if (shell == "bash") return bash_script;
    if (shell == "zsh") return zsh_script;
    return std::nullopt;
}

}  // namespace ringcast::ctl
