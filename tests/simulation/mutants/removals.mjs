// How a member goes that does not answer or has moved, and what its agent does about it.

const removals = 'router/src/coordination_removals.cpp';
const agent = 'router/agent/agent_machine.cpp';

export const mutants = [
    {
        name: 'removal-does-not-wait',
        rule: 'removal: lease',
        file: removals,
        text: '    if (ends <= now.clock) return "its lease has ended";\n',
        instead: '    return "its lease has ended";\n',
        breaks: 'a member that may be alive is removed while it has its lease',
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
        ci: true,
    },
    {
        name: 'no-fence-after-a-removal',
        rule: 'removal: lease',
        file: agent,
        text: 'return !yielded_ && (known_->member || fenced_at_ >= known_->fence);',
        instead: 'return true;',
        breaks: 'a member that was removed gets a lease on standby without a fence',
    },
];
