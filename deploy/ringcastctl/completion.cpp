#include "completion.hpp"

namespace ringcast::ctl {
namespace {

// Both shells run the same function; zsh through its emulation of bash's completion. Names come
// from the cluster itself, within a second or not at all.
constexpr std::string_view bash_script = R"script(# ringcastctl: completion for bash.
# Use it at once with:  source <(ringcastctl completion bash)
_ringcastctl_names() {
    local -a place=()
    local i
    for ((i = 1; i < ${#COMP_WORDS[@]} - 1; ++i)); do
        case "${COMP_WORDS[i]}" in
            --zookeeper|--cluster|--digest-file) place+=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}") ;;
        esac
    done
    ringcastctl "${place[@]}" --timeout 1 "$@" 2>/dev/null
}

_ringcastctl_column() {
    _ringcastctl_names status | awk -v title="$1" 'NF == 0 { on = 0 } on { print $1 } $1 == title { on = 1 }'
}

_ringcastctl() {
    local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD - 1]}"
    local -a given=()
    local i
    for ((i = 1; i < COMP_CWORD; ++i)); do
        case "${COMP_WORDS[i]}" in
            --zookeeper|--cluster|--digest-file|--output|-o|--timeout|--steps|--rate|--window|--when-below|--for|--weight|--last|-n) ((++i)) ;;
            -*) ;;
            *) given+=("${COMP_WORDS[i]}") ;;
        esac
    done
    local words=""
    case "$before" in
        -o|--output) words="table json" ;;
        --digest-file) COMPREPLY=($(compgen -f -- "$word")); return ;;
        --steps) words="50,100 25,50,100" ;;
        --zookeeper|--cluster|--timeout|--rate|--window|--when-below|--for|--weight|--last|-n) COMPREPLY=(); return ;;
    esac
    if [[ -z $words && $word == -* ]]; then
        words="--zookeeper --cluster --digest-file --output --timeout --verbose --help"
        case "${given[0]}" in
            add|remove|weight|pin|unpin|undo) words+=" --now --window --when-below --for --steps --rate --dry-run --detach" ;;
            plan) words+=" --steps --rate" ;;
            history) words+=" --last" ;;
            drain-gateway) words+=" --rate --detach" ;;
        esac
        if [[ ${given[0]} == add || ${given[0]}${given[1]} == planadd ]]; then words+=" --weight"; fi
    elif [[ -z $words ]]; then
        local command="${given[0]}" place=${#given[@]}
        if [[ $command == plan ]]; then
            command="${given[1]:-plan}"
            ((--place))
        fi
        case "$command $place" in
            " 0") words="status locate plan add remove weight pin unpin requests cancel pause resume watch history undo config drain-gateway completion" ;;
            "plan 0") words="add remove weight pin unpin" ;;
            "config 1") words="get set" ;;
            "config 2") words="$(_ringcastctl_names config get | awk 'NR > 1 { print $1 }')" ;;
            "completion 1") words="bash zsh" ;;
            "add 1") words="$(_ringcastctl_column STANDBY)" ;;
            "remove 1"|"weight 1"|"pin 2") words="$(_ringcastctl_column MEMBER)" ;;
            "drain-gateway 1") words="$(_ringcastctl_column GATEWAY)" ;;
            "cancel 1") words="$(_ringcastctl_names requests | awk 'NR > 1 { print $1 }')" ;;
            "undo 1") words="$(_ringcastctl_names history | awk 'NR > 1 { print $1 }')" ;;
        esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "$word"))
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
