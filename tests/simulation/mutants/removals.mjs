// How a member goes that does not answer or has moved, and what its agent does about it.

const removals = 'router/src/coordination_removals.cpp';
const agent = 'router/agent/agent_machine.cpp';
const suspects = 'router/src/coordination_suspects.cpp';
const requests = 'router/src/coordination_requests.cpp';
const changes = 'router/src/coordination_changes.cpp';

export const mutants = [
    {
        name: 'removal-does-not-wait',
        rule: 'removal: lease',
        file: removals,
        text: '    if (ends <= now.clock) return "its lease has ended";\n',
        instead: '    return "its lease has ended";\n',
        breaks: 'a member that may be alive is removed while it has its lease',
        ci: true,
    },
    {
        name: 'moves-at-once',
        rule: 'removal: lease',
        file: removals,
        text: '        const auto how = end_of(now, member);\n        if (!how) continue;\n        write(now, readdress(',
        instead: '        const std::optional<std::string> how("");\n        write(now, readdress(',
        breaks: 'a member is at another address while it has its lease at the former one',
        ci: true,
    },
    {
        name: 'one-address-is-as-good-as-another',
        rule: 'removal: lease',
        file: agent,
        text: 'record.in_force.address_of(*index) == address;',
        instead: '(record.in_force.address_of(*index) == address || true);',
        breaks: 'an agent takes what is said of its node at another address for itself',
    },
    {
        name: 'lease-is-not-given-up',
        rule: 'removal: lease',
        file: agent,
        text: '        out.emplace_back(Yield{yield_asked_});\n',
        instead: '        return acknowledge(out);\n',
        breaks: 'an agent says that it gave up the lease, and did not',
    },
    {
        name: 'lease-counts-from-the-renewal',
        rule: 'removal: lease',
        file: agent,
        text: 'std::chrono::duration_cast<std::chrono::milliseconds>(*proven_ - heard_at_);',
        instead: 'std::chrono::duration_cast<std::chrono::milliseconds>(now - heard_at_);',
        breaks: 'a lease outlasts by its length what it was granted for',
    },
    {
        name: 'no-fence-after-a-removal',
        rule: 'removal: lease',
        file: agent,
        text: 'return !yielded_ && (known_->member || fenced_at_ >= known_->fence);',
        instead: 'return true;',
        breaks: 'a member that was removed gets a lease on standby without a fence',
    },
    {
        name: 'who-answers-is-dead-all-the-same',
        rule: 'removal: probing',
        file: suspects,
        text: '    suspicion.reachable = outcome == ProbeOutcome::answered;\n',
        instead: '    suspicion.reachable = false;\n',
        breaks: 'a member is taken for dead on the word of gateways, though it answers the coordinator',
    },
    {
        name: 'a-removal-is-never-lifted',
        rule: 'removal: probing',
        file: removals,
        text: '        if (suspects_.may_be_dead(removal.member) || has_moved(removal.member)) return false;\n',
        instead: '        if (true) return false;\n',
        breaks: 'a member that is announced as dead and answers stays without a lease',
    },
    {
        name: 'no-grace',
        rule: 'removal: grace',
        file: suspects,
        text: 'std::max(*suspicion.failing_since, *suspicion.reported_since) + grace_;',
        instead: 'std::max(*suspicion.failing_since, *suspicion.reported_since);',
        breaks: 'a member that does not answer for a moment is taken for dead',
    },
    {
        name: 'most-may-be-moved-out',
        rule: 'mass-vanish guard',
        file: suspects,
        text: '    if (static_cast<std::size_t>(without_entry) * 100 > vanish_percent_max_ * members_) return {};\n',
        instead: '',
        breaks: 'members are moved out although the agents of most are gone at once',
    },
    {
        name: 'flapping-is-not-damped',
        rule: 'removal: flap damping',
        file: requests,
        text: '!is_standby(*node) || past.flaps ||',
        instead: '!is_standby(*node) ||',
        breaks: 'a member that dies again and again is taken back each time',
    },
    {
        name: 'who-died-stays-away',
        rule: 'removal: come-back',
        file: requests,
        text: '    if (std::ranges::none_of(*nodes_, is_standby)) return false;\n',
        instead: '    if (true) return false;\n',
        breaks: 'a member that died and is back does not get its arcs back',
    },
    {
        name: 'pins-do-not-come-back',
        rule: 'removal: come-back',
        file: changes,
        text: 'pinned_too(weighed(before.in_force, nodes, node, change.entry.weight), node, pins);',
        instead: 'weighed(before.in_force, nodes, node, change.entry.weight);',
        breaks: 'what was pinned to a member that died is not when it is back',
    },
];
