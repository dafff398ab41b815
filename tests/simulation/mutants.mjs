// What the handoff is made of, left out or bent one piece at a time. `text` stands in `file` exactly once.
// `ci`: those that the ordinary test run compiles.

const publishing = 'router/src/publishing.cpp';
const routing = 'router/src/routing.cpp';
const subscribing = 'router/src/subscribing.cpp';
const handoff = 'router/src/subscribing_handoff.cpp';
const link = 'router/src/node_link.cpp';
const coordination = 'router/src/coordination_handoff.cpp';
const steps = 'router/src/coordination_steps.cpp';
const removals = 'router/src/coordination_removals.cpp';
const changes = 'router/src/coordination_changes.cpp';
const agent = 'router/agent/agent_machine.cpp';

export const mutants = [
    {
        name: 'no-drain',
        file: publishing,
        text: '    if (route.former != no_link && owes(lines_[index_of(route.former)], next_->view)) return true;\n',
        instead: '',
        breaks: 'publishes go to the next owner before the former one has answered',
        ci: true,
    },
    {
        name: 'no-drain-of-past-views',
        file: publishing,
        text: 'return former != route.link && owes(lines_[index_of(former)], successor(past.until));',
        instead: 'return former == no_link;',
        breaks: 'after a view that was not prepared, publishes go to an owner before the one before has answered',
    },
    {
        name: 'no-tagging-rule',
        file: publishing,
        text: '    if ((by_former ? to.outdated : to.untagged) > 0) return false;\n',
        instead: '    if (by_former && to.outdated > 0) return false;\n',
        breaks: 'what stays is tagged with the next view while earlier publishes are unanswered',
    },
    {
        name: 'movers-do-not-wait-for-past-views',
        file: publishing,
        text: '    if ((by_former ? to.outdated : to.untagged) > 0) return false;\n',
        instead: '    if (!by_former && to.untagged > 0) return false;\n',
        breaks: 'what is about to move goes by the view in force while earlier publishes by another are unanswered',
    },
    {
        name: 'what-stays-is-overtaken-before-it-moves',
        file: publishing,
        text: '    if (to.displaced_stay) return false;\n',
        instead: '    if (!by_former && to.displaced_stay) return false;\n',
        breaks: 'what a fence refused and goes to the same node again is passed by what is about to move',
    },
    {
        name: 'movers-tagged-too-early',
        file: publishing,
        text: 'send(link, to, now_->view, to.turn_by_former, now)',
        instead: 'send(link, to, latest(), to.turn_by_former, now)',
        breaks: 'what moves is published at the former owner by the next view, which its fence lets pass',
    },
    {
        name: 'movers-switch-before-the-fence',
        file: publishing,
        text: '    return {.link = from, .by_former = true};\n',
        instead: '    return {.link = to};\n',
        breaks: 'what moves is published at the next owner as soon as that one is known',
        ci: true,
    },
    {
        name: 'refused-by-the-fence-is-given-up',
        file: publishing,
        text: '                std::ranges::move(items, std::back_inserter(from.displaced));\n',
        instead: '                fail_all(items, Errc::refused);\n',
        breaks: 'publishes that a fence refused are not sent again',
    },
    {
        name: 'refused-goes-again-after-later-ones',
        file: publishing,
        text: '            overtake();\n            from.one_at_a_time = false;\n',
        instead: '            from.one_at_a_time = false;\n',
        breaks: 'what a node without a lease refused is sent again although something later got through',
    },
    {
        name: 'unanswered-is-sent-again',
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
        file: publishing,
        text: '    if (from.in_flight.empty()) hold_all(from.refused);\n',
        instead: '    hold_all(from.refused);\n',
        breaks: 'what was refused goes again while something later is under way, which may get through first',
    },
    {
        name: 'acknowledged-before-subscribed',
        file: routing,
        text: '        subscribing_.prepared() && publishing_.prepared()) {',
        instead: '        publishing_.prepared()) {',
        breaks: 'a gateway acknowledges before it is subscribed at the next owners',
        ci: true,
    },
    {
        name: 'too-late-is-not-told',
        file: routing,
        text: '    if (!in_time) subscribing_.acknowledged_too_late();\n',
        instead: '',
        breaks: 'a gateway that the coordinator did not wait for takes itself for prepared',
    },
    {
        name: 'too-late-is-told-later',
        file: routing,
        text: '    if (!handoff_->acknowledged || handoff_->counted) return subscribing_.fenced(link);\n',
        instead:
            '    subscribing_.fenced(link);\n    if (!handoff_->acknowledged || handoff_->counted) return;\n',
        breaks: 'what the next owner says is delivered before it is known whether this gateway was waited for',
    },
    {
        name: 'skipped-views-are-not-told',
        file: routing,
        text: 'subscribing_.adopt(*destinations_, record.previous != known);',
        instead: 'subscribing_.adopt(*destinations_, false);',
        breaks: 'a gateway that missed whole views tells nobody',
    },
    {
        name: 'no-buffer',
        file: subscribing,
        text: '        return keep_early(channel, payload);\n',
        instead:
            '        if (channel.listeners != 0) actions_.deliver(channel.listeners, channel.name, payload);\n' +
            '        return;\n',
        breaks: "the next owner's messages are delivered before the former's last word",
        ci: true,
    },
    {
        name: 'words-after-the-last-word',
        file: subscribing,
        text: ' || has_left(channel, link, after)',
        instead: '',
        breaks: 'a former owner is heard until all its connections have said the marker, though it may own again by then',
    },
    {
        name: 'unknown-views-are-taken-as-they-come',
        file: subscribing,
        text: 'if (after > latest() && after > unknown_for_good_ &&',
        instead: 'if (false && after > latest() && after > unknown_for_good_ &&',
        breaks: 'a gateway that has missed views takes what it hears by them for the next word',
    },
    {
        name: 'buffer-dropped',
        file: handoff,
        text: '        actions_.deliver(channel.listeners, channel.name, one);\n',
        instead: '',
        breaks: 'what the next owner said early is forgotten',
    },
    {
        name: 'old-owner-only',
        file: subscribing,
        text: '        if (next == owner || is_fenced(owner)) {\n            channel->home = next;\n            stand_on(next, *channel);',
        instead: '        if (true) {\n            channel->home = owner;\n            stand_on(owner, *channel);',
        breaks: 'a new subscription to a moving channel is made at the former owner alone',
    },
    {
        name: 'missed-is-not-told',
        file: handoff,
        text: '!was_live || channel.missed || !complete;',
        instead: '!was_live || !complete;',
        breaks: 'what the next owner said on a link that broke is lost in silence',
    },
    {
        name: 'broken-link-to-the-former-is-not-told',
        file: handoff,
        text: '!was_live || channel.missed || !complete;',
        instead: 'channel.missed || !complete;',
        breaks: 'the last words of a former owner whose link broke are lost in silence',
    },
    {
        name: 'unprepared-is-not-told',
        file: handoff,
        text: '!was_live || channel.missed || !complete;',
        instead: '!was_live || channel.missed;',
        breaks: 'a channel that was not subscribed at the next owner in time moves as if it had been',
    },
    {
        name: 'no-last-word',
        file: handoff,
        text: 'const bool lost = committed_ && channel.state != State::live;',
        instead: 'const bool lost = committed_;',
        breaks: 'at the commit the next owner is heard without waiting for the marker of the former',
    },
    {
        name: 'loss-at-the-next-owner-is-forgotten',
        file: handoff,
        text: '    channel.missed = channel.missed || acknowledged_ || channel.next_first;\n',
        instead: '',
        breaks: 'a link to the next owner that broke after the acknowledgement leaves no trace',
    },
    {
        name: 'one-marker-for-all',
        file: link,
        text: 'heard_by_all = std::min(',
        instead: 'heard_by_all = std::max(',
        breaks: 'the marker on one subscribing connection is taken for the last word of all',
    },
    {
        name: 'broken-connection-is-not-told',
        file: link,
        text: '            link_.observer_.lost(link_.id_, *channel);\n',
        instead: '',
        breaks: 'the channels of a connection that broke go on as if nothing had been lost',
        ci: true,
    },
    {
        name: 'gaps-are-not-told',
        file: subscribing,
        text: '    if (gap) tell_gap(channel);\n',
        instead: '',
        breaks: 'subscribers do not hear of what they may have missed',
    },
    {
        name: 'predecessor-is-not-written',
        file: changes,
        text: '    record.previous = record.in_force.number;\n',
        instead: '    record.previous = {};\n',
        breaks: 'nobody can tell whether he missed a view, and tells gaps on channels that stayed',
    },
    {
        name: 'all-are-told-of-a-death',
        file: subscribing,
        text: '    if (!skipped) return;\n',
        instead: '',
        breaks: 'a view without a member is a gap on channels that it never had',
    },
    {
        name: 'what-stays-is-told-too',
        file: handoff,
        text: '} else if (channel.state == State::live && channel.home == movers_->ends_of(channel).to) {',
        instead: '}\n    });\n    channels_.for_each([this](const Channel& channel) {\n        if (channel.state == State::live && !channel.moving) {',
        breaks: 'a gateway that was not waited for tells gaps on what does not move',
    },
    {
        name: 'no-barrier',
        file: coordination,
        text: 'handoff_->fresh && acks_.prepare && awaited.empty() && !all_vanished',
        instead: 'handoff_->fresh && acks_.prepare && !all_vanished',
        breaks: 'old owners are fenced without waiting for the gateways',
        ci: true,
    },
    {
        name: 'no-fence',
        file: coordination,
        text: 'std::ranges::all_of(handoff_->owners, [](const auto& owner) { return owner.second.done; });\n    if (all_fenced)',
        instead: 'true;\n    if (all_fenced)',
        breaks: 'the next view is in force before every old owner is fenced',
    },
    {
        name: 'fence-one-too-low',
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
        file: coordination,
        text: '    for (const ring::PinnedMove& move : diff.pinned) owners.insert(move.from);\n',
        instead: '',
        breaks: 'a member that loses a pinned channel only is not fenced',
    },
    {
        name: 'number-given-twice',
        file: coordination,
        text: '    record.last = std::max(record.last, record.proposal->next.number);\n',
        instead: '',
        breaks: 'the number of a proposal that was dropped is used again',
    },
    {
        name: 'who-acknowledged-is-not-written',
        file: coordination,
        text: '    record.acknowledged.assign(acks_.prepare->begin(), acks_.prepare->end());\n',
        instead: '',
        breaks: 'gateways that were waited for cannot know it',
    },
    {
        name: 'back-after-the-fence',
        file: coordination,
        text: '    inform(now, handoff_->owners, handoff_->record_number, handoff_->record, out);\n    const bool all_fenced',
        instead:
            '    inform(now, handoff_->owners, handoff_->record_number, handoff_->record, out);\n' +
            '    if (now.clock - handoff_->since > 20ms && waiting_ == Waiting::nothing) {\n' +
            '        abort(now, "impatient", false, out);\n        return true;\n    }\n' +
            '    const bool all_fenced',
        breaks: 'a handoff is dropped although fences have begun',
    },
    {
        name: 'never-steps-aside',
        file: steps,
        text: '    if (known && waiting_ == Waiting::nothing) step_aside_if_others_reach_more(now, out);\n',
        instead: '',
        breaks: 'a coordinator that alone does not reach an old owner goes on trying for ever',
    },
    {
        name: 'removal-does-not-wait',
        file: removals,
        text: '    if (ends <= now.clock) return "its lease has ended";\n',
        instead: '    return "its lease has ended";\n',
        breaks: 'a member that may be alive is removed while it has its lease',
    },
    {
        name: 'moves-at-once',
        file: removals,
        text: '        const auto how = end_of(now, member);\n        if (!how) continue;\n        write(now, readdress(',
        instead: '        const std::optional<std::string> how("");\n        write(now, readdress(',
        breaks: 'a member is at another address while it has its lease at the former one',
        ci: true,
    },
    {
        name: 'one-address-is-as-good-as-another',
        file: agent,
        text: 'record.in_force.address_of(*index) == address;',
        instead: '(record.in_force.address_of(*index) == address || true);',
        breaks: 'an agent takes what is said of its node at another address for itself',
    },
    {
        name: 'lease-is-not-given-up',
        file: agent,
        text: '        out.emplace_back(Yield{yield_asked_});\n',
        instead: '        return acknowledge(out);\n',
        breaks: 'an agent says that it gave up the lease, and did not',
    },
    {
        name: 'lease-counts-from-the-renewal',
        file: agent,
        text: 'std::chrono::duration_cast<std::chrono::milliseconds>(*proven_ - heard_at_);',
        instead: 'std::chrono::duration_cast<std::chrono::milliseconds>(now - heard_at_);',
        breaks: 'a lease outlasts by its length what it was granted for',
        ci: true,
    },
    {
        name: 'no-fence-after-a-removal',
        file: agent,
        text: 'return !yielded_ && (known_->member || fenced_at_ >= known_->fence);',
        instead: 'return true;',
        breaks: 'a member that was removed gets a lease on standby without a fence',
    },
];
