// What a client sends, in messages separated by a zero byte, against a machine whose router answers
// at once. Whatever comes in: what goes out are lines of JSON, and nothing follows a close.
#include "client_machine.hpp"
#include "ringcast/gateway/protocol.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway = ringcast::gateway;

namespace {

void require(bool holds) {
    if (!holds) __builtin_trap();
}

void require_line(const std::string& text) {
    require(text.find('\n') == std::string::npos);
    require(gateway::is_json(text, 512));
}

gateway::Options make_options(bool insecure) {
    gateway::Options options;
    options.admission.insecure = insecure;
    options.tokens.hmac_secret = "secret";
    options.channels_without_namespace.subscribe_for_clients = true;
    options.channels_without_namespace.user_limited_channels = true;
    options.limits.channels_per_client_max = 4;
    options.namespaces.resize(1);
    options.namespaces[0].name = "ns";
    options.namespaces[0].publish_for_subscribers = true;
    return options;
}

struct World {
    explicit World(bool insecure)
        : options(make_options(insecure)),
          rules(options),
          credentials(options.tokens),
          server{options, rules, credentials, [](const std::string&) { return true; },
                 [](gateway::ErrorCode) {}} {}

    const gateway::Options options;
    const gateway::ChannelRules rules;
    const gateway::Credentials credentials;
    const gateway::ClientMachine::Server server;
};

// Does what the machine asked for, and what that leads to.
void obey(gateway::ClientMachine& machine, const gateway::Now& now, gateway::Actions& actions,
          bool router_fails) {
    for (std::size_t i = 0; i < actions.size(); ++i) {
        const gateway::Action each = actions[i];
        if (const auto* send = std::get_if<gateway::action::Send>(&each)) {
            require_line(send->text);
        } else if (const auto* join = std::get_if<gateway::action::Join>(&each)) {
            require(!join->channel.empty() && join->channel.size() <= 255);
            machine.subscribed(join->channel, !router_fails, now, actions);
        } else if (const auto* publish = std::get_if<gateway::action::Publish>(&each)) {
            require_line(publish->publication);
            require_line(gateway::encode_push(publish->channel, publish->publication));
            machine.published(
                publish->id,
                router_fails ? std::optional(gateway::ErrorCode::internal) : std::nullopt, actions);
        } else if (std::holds_alternative<gateway::action::Close>(each)) {
            require(machine.is_closed() && i + 1 == actions.size());
        }
    }
    actions.clear();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const World insecure(true);
    static const World strict(false);
    if (size == 0) return 0;
    const World& world = (data[0] & 1U) != 0 ? insecure : strict;
    const bool router_fails = (data[0] & 2U) != 0;
    const bool passes_time = (data[0] & 4U) != 0;

    gateway::Now now{std::chrono::steady_clock::time_point(std::chrono::hours(1)), 1'800'000'000};
    gateway::ClientMachine machine(world.server, "client", std::chrono::seconds(13), now);
    gateway::Actions actions;
    std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
    while (!machine.is_closed()) {
        const std::size_t end = rest.find('\0');
        machine.receive(rest.substr(0, end), now, actions);
        obey(machine, now, actions, router_fails);
        if (passes_time && !machine.is_closed()) {
            require(machine.deadline() > now.steady);
            now.steady = machine.deadline();
            now.unix_seconds += 5;
            machine.pass_time(now, actions);
            obey(machine, now, actions, router_fails);
        }
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + 1);
    }
    return 0;
}
