// What no message shows but expectations.hpp tells.

const routing = 'router/src/routing.cpp';
const handoff = 'router/src/subscribing_handoff.cpp';
const coordination = 'router/src/coordination_handoff.cpp';
const steps = 'router/src/coordination_steps.cpp';
const suspects = 'router/src/coordination_suspects.cpp';
const changes = 'router/src/coordination_changes.cpp';
const coordinating = 'router/src/coordination.cpp';
const rings = 'ring/src/ring.cpp';

export const mutants = [
    {
        name: 'gateways-are-read-before-the-proposal',
        rule: 'propose',
        file: coordination,
        text: 'handoff_->fresh && acks_.prepare && awaited.empty() && !all_vanished;\n    const Time back_by = gateways_back_by();',
        instead: 'acks_.prepare && awaited.empty() && !all_vanished;\n    const Time back_by = Time::min();',
        breaks: 'the coordinator waits for the gateways that it knew of before the proposal, and not for them to come back',
    },
    {
        name: 'vanished-are-waited-for',
        rule: 'vanished gateways',
        file: coordinating,
        text: '    gateway_names_.clear();\n',
        instead: '',
        breaks: 'a gateway that has gone is waited for until the proposal is dropped',
    },
    {
        name: 'stragglers-hold-up-the-proposal',
        rule: 'stragglers',
        file: coordination,
        text:
            '    if (limit > now.clock) {\n        wake_at(limit);\n        return false;\n    }\n    std::string who',
        instead: '    if (limit > now.clock) wake_at(limit);\n    if (true) return false;\n    std::string who',
        breaks: 'a gateway that does not prepare is waited for for ever',
    },
    {
        name: 'newcomers-take-no-part',
        rule: 'gateways that start in the middle',
        file: routing,
        text: '    if (source == Source::znode || decided) proposal_',
        instead: '    if (before && (source == Source::znode || decided)) proposal_',
        breaks: 'a gateway does not prepare what was proposed before it started',
    },
    {
        name: 'dropped-proposals-leave-subscriptions',
        rule: 'abort before the first fence only',
        file: handoff,
        text:
            '        stand_off(channel.next, channel, Pace::in_bulk);\n        end_move(channel);\n        if (channel.home',
        instead: '        end_move(channel);\n        if (channel.home',
        breaks: 'what was subscribed for a proposal that was dropped stays subscribed',
    },
    {
        name: 'former-owners-are-not-left',
        rule: 'clean up',
        file: handoff,
        text: '    stand_off(std::exchange(channel.former, no_link), channel, Pace::in_bulk);\n',
        instead: '    channel.former = no_link;\n',
        breaks: 'the subscriptions at former owners stay',
    },
    {
        name: 'acknowledgements-stay',
        rule: 'clean up',
        file: steps,
        text: '    if (!sweep_at_ || open_entry()) return false;\n',
        instead: '    if (true) return false;\n',
        breaks: 'acknowledgements are never taken away',
    },
    {
        name: 'a-successor-does-not-go-on',
        rule: 'resumed by the next coordinator',
        file: coordination,
        text: '    if (!handoff_) return false;\n    return record_->proposal->stage',
        instead: '    if (!handoff_ || !began_) return false;\n    return record_->proposal->stage',
        breaks: 'a handoff that another coordinator began is left where it is',
    },
    {
        name: 'a-successor-takes-fences-for-set',
        rule: 'resumed by the next coordinator',
        file: coordination,
        text: '.fence = handoff_->number};\n            }\n            if (!has_same',
        instead: '.fence = handoff_->number, .asking = false, .done = !began_};\n            }\n            if (!has_same',
        breaks: 'who takes over after the barrier takes all old owners for fenced',
    },
    {
        name: 'however-many-are-gone',
        rule: 'mass-vanish guard',
        file: suspects,
        text: '    return gone() >= members_ || gone() * 100 > vanish_percent_max_ * members_;\n',
        instead: '    return gone() >= members_;\n',
        breaks: 'members are removed although most are gone at once',
    },
    {
        name: 'one-step-is-enough',
        rule: 'steps',
        file: changes,
        text: '    return weight_in(view, entry.node) == (*kind == Kind::remove ? 0 : entry.weight);\n',
        instead: '    return true;\n',
        breaks: 'a request in steps ends with the first',
    },
    {
        name: 'all-in-one-step',
        rule: 'steps',
        file: changes,
        text: '    if (percent == all_percent) return to;\n',
        instead: '    return to;\n',
        breaks: 'the first step goes all the way',
    },
    {
        name: 'pinned-elsewhere',
        rule: 'pins',
        file: changes,
        text: '    pins.insert_or_assign(channel, request.node);\n',
        instead: '    pins.insert_or_assign(channel, view.ring.members().front().id);\n',
        breaks: 'a channel is pinned to another member than was asked for',
    },
    {
        name: 'pins-end-with-the-next-change',
        rule: 'pins',
        file: rings,
        text: 'if (find_member(members, member_id)) tables->pins',
        instead: 'if (false) tables->pins',
        breaks: 'a change of the members forgets all pins',
    },
];
