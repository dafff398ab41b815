#pragma once

#include "client_machine.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ringcast::gateway {

/// A machine under a hand-turned clock, with what it asked for told as text, one entry an action:
/// sent lines as they are, else `join a`, `leave a`, `publish 7 a {...}`, `close 3501`.
class MachineWorld {
public:
    using Said = std::vector<std::string>;

    explicit MachineWorld(Options with = insecure_options()) : options(std::move(with)) {
        remake();
    }

    static Options insecure_options() {
        Options options;
        options.admission.insecure = true;
        return options;
    }

    /// Tokens are signed with "secret"; everybody with a user id may do everything.
    static Options token_options() {
        Options options;
        options.tokens.hmac_secret = "secret";
        options.channels_without_namespace.subscribe_for_clients = true;
        options.channels_without_namespace.publish_for_clients = true;
        return options;
    }

    /// A new connection.
    void remake() {
        rules = std::make_unique<ChannelRules>(options);
        credentials = std::make_unique<Credentials>(options.tokens);
        server = std::make_unique<ClientMachine::Server>(ClientMachine::Server{
            options, *rules, *credentials, [this](const std::string&) { return admits; },
            [this](ErrorCode code) { refused_publishes.push_back(code); }});
        machine =
            std::make_unique<ClientMachine>(*server, "client-1", std::chrono::seconds(20), now);
    }

    Said receive(std::string_view message) {
        machine->receive(message, now, actions);
        return said();
    }

    /// Connects and forgets the reply.
    void connect(const std::string& token = "") {
        receive(R"({"id":1,"connect":{"token":")" + token + R"("}})");
    }

    /// Subscribes and is confirmed; forgets the reply.
    void join(const std::string& channel) {
        receive(R"({"id":2,"subscribe":{"channel":")" + channel + R"("}})");
        subscribed(channel);
    }

    Said subscribed(const std::string& channel, bool success = true) {
        machine->subscribed(channel, success, now, actions);
        return said();
    }

    Said published(std::uint32_t id, std::optional<ErrorCode> failure = std::nullopt) {
        machine->published(id, failure, actions);
        return said();
    }

    Said lost(const std::string& channel) {
        machine->lost(channel, now, actions);
        return said();
    }

    /// Turns both clocks, stopping at each deadline on the way.
    Said pass(std::chrono::milliseconds time) {
        const auto until = now.steady + time;
        while (machine->deadline() <= until) {
            turn_to(machine->deadline());
            machine->pass_time(now, actions);
        }
        turn_to(until);
        return said();
    }

    Said said() {
        Said lines;
        for (const Action& each : actions) lines.push_back(text(each));
        actions.clear();
        return lines;
    }

    Options options;
    std::unique_ptr<ChannelRules> rules;
    std::unique_ptr<Credentials> credentials;
    std::unique_ptr<ClientMachine::Server> server;
    std::unique_ptr<ClientMachine> machine;
    bool admits = true;
    std::vector<ErrorCode> refused_publishes;
    Now now{std::chrono::steady_clock::time_point(std::chrono::hours(1)), 1'800'000'000};
    Actions actions;

private:
    void turn_to(ClientMachine::Time time) {
        elapsed_ += time - now.steady;
        now.steady = time;
        now.unix_seconds =
            1'800'000'000 + std::chrono::duration_cast<std::chrono::seconds>(elapsed_).count();
    }

    static std::string text(const Action& action) {
        if (const auto* send = std::get_if<action::Send>(&action)) return send->text;
        if (const auto* join = std::get_if<action::Join>(&action)) return "join " + join->channel;
        if (const auto* leave = std::get_if<action::Leave>(&action))
            return "leave " + leave->channel;
        if (const auto* publish = std::get_if<action::Publish>(&action)) {
            return "publish " + std::to_string(publish->id) + ' ' + publish->channel + ' ' +
                   publish->publication;
        }
        const auto code = std::get<action::Close>(action).code;
        return "close " + std::to_string(static_cast<unsigned>(code));
    }

    std::chrono::steady_clock::duration elapsed_{};
};

}  // namespace ringcast::gateway
