// What coordinators do in a handoff.

const coordination = 'router/src/coordination_handoff.cpp';
const steps = 'router/src/coordination_steps.cpp';

export const mutants = [
    {
        name: 'no-barrier',
        rule: 'barrier',
        file: coordination,
        text: 'handoff_->fresh && acks_.prepare && awaited.empty() && !all_vanished',
        instead: 'handoff_->fresh && acks_.prepare && !all_vanished',
        breaks: 'old owners are fenced without waiting for the gateways',
        ci: true,
    },
    {
        name: 'no-fence',
        rule: 'fence',
        file: coordination,
        text: 'std::ranges::all_of(\n        handoff_->owners, [](const auto& owner) { return owner.second.done || owner.second.gone; });\n    if (!all_fenced',
        instead: 'true;\n    if (!all_fenced',
        breaks: 'the next view is in force before every old owner is fenced',
    },
    {
        name: 'fence-one-too-low',
        rule: 'fence',
        file: coordination,
        text: '.address = before.address_of(owner), .fence = handoff_->number};',
        instead:
            '.address = before.address_of(owner),\n' +
            '                    .fence = ViewNumber{static_cast<std::uint64_t>(handoff_->number) - 1}};',
        breaks: 'old owners are fenced at the view that is in force still',
        ci: true,
    },
    {
        name: 'pinned-owners-are-not-fenced',
        rule: 'pins',
        file: coordination,
        text: '    for (const ring::PinnedMove& move : diff.pinned) owners.insert(move.from);\n',
        instead: '',
        breaks: 'a member that loses a pinned channel only is not fenced',
    },
    {
        name: 'number-given-twice',
        rule: 'abort before the first fence only',
        file: coordination,
        text: '    record.last = std::max(record.last, record.proposal->next.number);\n',
        instead: '',
        breaks: 'the number of a proposal that was dropped is used again',
    },
    {
        name: 'who-acknowledged-is-not-written',
        rule: 'vanished gateways',
        file: coordination,
        text: '    record.acknowledged.assign(acks_.prepare->begin(), acks_.prepare->end());\n',
        instead: '',
        breaks: 'gateways that were waited for cannot know it',
    },
    {
        name: 'back-after-the-fence',
        rule: 'abort before the first fence only',
        file: coordination,
        text: '    inform(now, handoff_->others, handoff_->record_number, handoff_->record, out);\n    const bool all_fenced',
        instead:
            '    inform(now, handoff_->others, handoff_->record_number, handoff_->record, out);\n' +
            '    if (now.clock - handoff_->since > 20ms && waiting_ == Waiting::nothing) {\n' +
            '        abort(now, "impatient", false, out);\n        return true;\n    }\n' +
            '    const bool all_fenced',
        breaks: 'a handoff is dropped although fences have begun',
    },
    {
        name: 'never-steps-aside',
        rule: 'resumed by the next coordinator',
        file: steps,
        text: '    if (known && waiting_ == Waiting::nothing) step_aside_if_others_reach_more(now, out);\n',
        instead: '',
        breaks: 'a coordinator that alone does not reach an old owner goes on trying for ever',
    },
];
