// What gateways do with publishes.

const publishing = 'router/src/publishing.cpp';

export const mutants = [
    {
        name: 'no-drain',
        rule: 'switch: wait for answers',
        file: publishing,
        text: '    if (route.former != no_link && owes(lines_[index_of(route.former)], next_->view)) return true;\n',
        instead: '',
        breaks: 'publishes go to the next owner before the former one has answered',
        ci: true,
    },
    {
        name: 'no-drain-of-past-views',
        rule: 'switch: wait for answers',
        file: publishing,
        text: 'return former != route.link && owes(lines_[index_of(former)], successor(past.until));',
        instead: 'return former == no_link;',
        breaks: 'after a view that was not prepared, publishes go to an owner before the one before has answered',
    },
    {
        name: 'no-tagging-rule',
        rule: 'switch: wait for answers',
        file: publishing,
        text: '    if ((route.by_former ? to.outdated : to.untagged) == 0) return false;\n',
        instead: '    if (!route.by_former || to.outdated == 0) return false;\n',
        breaks: 'what stays is tagged with the next view while earlier publishes are unanswered',
    },
    {
        name: 'movers-do-not-wait-for-past-views',
        rule: 'switch: wait for answers',
        file: publishing,
        text: '    if ((route.by_former ? to.outdated : to.untagged) == 0) return false;\n',
        instead: '    if (route.by_former || to.untagged == 0) return false;\n',
        breaks: 'what is about to move goes by the view in force while earlier publishes by another are unanswered',
    },
    {
        name: 'movers-tagged-too-early',
        rule: 'fence',
        file: publishing,
        text: 'send(link, to, now_->view, to.turn_by_former, now)',
        instead: 'send(link, to, latest(), to.turn_by_former, now)',
        breaks: 'what moves is published at the former owner by the next view, which its fence lets pass',
    },
    {
        name: 'movers-switch-before-the-fence',
        rule: 'fence',
        file: publishing,
        text: '    return {.link = from, .by_former = true};\n',
        instead: '    return {.link = to};\n',
        breaks: 'what moves is published at the next owner as soon as that one is known',
        ci: true,
    },
    {
        name: 'refused-by-the-fence-is-given-up',
        rule: 'switch: resend in order',
        file: publishing,
        text: '                std::ranges::move(items, std::back_inserter(from.displaced));\n',
        instead: '                fail_all(items, Errc::refused);\n',
        breaks: 'publishes that a fence refused are not sent again',
    },
    {
        name: 'refused-goes-again-after-later-ones',
        rule: 'switch: resend in order',
        file: publishing,
        text: '            overtake();\n            from.one_at_a_time = false;\n',
        instead: '            from.one_at_a_time = false;\n',
        breaks: 'what a node without a lease refused is sent again although something later got through',
    },
    {
        name: 'unanswered-is-sent-again',
        rule: 'switch: resend in order',
        file: publishing,
        text: 'fail_all(from.in_flight.front().items, Errc::outcome_unknown);',
        instead: 'hold_all(from.in_flight.front().items);',
        breaks: 'what was sent on a link that broke is sent again, whether it was published or not',
        ci: true,
    },
    {
        // That nothing is sent while something refused waits needs no mutant: where it would be overtaken all
        // the same, it fails, and the publisher is told.
        name: 'refused-goes-again-at-once',
        rule: 'switch: resend in order',
        file: publishing,
        text: '    if (from.in_flight.empty()) hold_all(from.refused);\n',
        instead: '    hold_all(from.refused);\n',
        breaks: 'what was refused goes again while something later is under way, which may get through first',
    },
];
