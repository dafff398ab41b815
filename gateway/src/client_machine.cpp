#include "client_machine.hpp"

#include "fields.hpp"

#include <algorithm>
#include <cassert>

namespace ringcast::gateway {
namespace {

constexpr std::size_t name_bytes_max = 16;
constexpr std::size_t version_bytes_max = 64;

}  // namespace

ClientMachine::ClientMachine(const Server& server, std::string client,
                             std::chrono::milliseconds first_ping, Now now)
    : server_(server),
      first_ping_(first_ping),
      command_rate_(server.options.limits.commands_per_second),
      publish_rate_(server.options.limits.publishes_per_second),
      give_up_at_(now.steady + server.options.times.connect_timeout) {
    info_.client = std::move(client);
}

void ClientMachine::receive(std::string_view message, Now now, Actions& actions) {
    if (state_ == State::closed || state_ == State::refused) return;
    CommandReader reader(message, server_.options.limits.json_depth_max);
    while (const auto command = reader.next()) {
        obey(*command, now, actions);
        if (state_ == State::closed || state_ == State::refused) return;
    }
    if (reader.is_faulty()) close(CloseCode::bad_request, actions);
}

void ClientMachine::obey(const Command& command, Now now, Actions& actions) {
    ++commands_;
    if (state_ == State::fresh && command.method != Method::connect) {
        return close(CloseCode::bad_request, actions);
    }
    if (command.id == 0 && command.method == Method::none) return pong(actions);
    if (!command_rate_.take(now.steady)) return close(CloseCode::too_many_requests, actions);
    if (command.id == 0 && command.method != Method::send) {
        return close(CloseCode::bad_request, actions);
    }
    switch (command.method) {
        case Method::connect:
            return connect(command, now, actions);
        case Method::subscribe:
            return subscribe(command, now, actions);
        case Method::unsubscribe:
            return unsubscribe(command, actions);
        case Method::publish:
            return publish(command, now, actions);
        case Method::refresh:
            return refresh(command, now, actions);
        case Method::sub_refresh:
            return sub_refresh(command, now, actions);
        case Method::presence:
        case Method::presence_stats:
        case Method::history: {
            const auto [channel] = json::fields(command.body, {"channel"});
            if (channel.string().value_or("").empty()) break;
            actions.push_back(action::Send{error_reply(command.id, ErrorCode::not_available)});
            return;
        }
        case Method::rpc:
            actions.push_back(action::Send{error_reply(command.id, ErrorCode::not_available)});
            return;
        case Method::send:
            return close(CloseCode::not_available, actions);
        case Method::none:
            break;
    }
    close(CloseCode::bad_request, actions);
}

void ClientMachine::connect(const Command& command, Now now, Actions& actions) {
    if (state_ != State::fresh) return close(CloseCode::bad_request, actions);
    const auto [token_field, name_field, version_field] =
        json::fields(command.body, {"token", "name", "version"});
    const auto token = token_field.string();
    const auto client_name = name_field.string();
    const auto client_version = version_field.string();
    if (!token || !client_name || client_name->size() > name_bytes_max || !client_version ||
        client_version->size() > version_bytes_max) {
        return close(CloseCode::bad_request, actions);
    }

    const AdmissionOptions& admission = server_.options.admission;
    ConnectionClaims claims;
    if (!token->empty()) {
        auto verified = server_.credentials.connection(*token, now.unix_seconds);
        if (const auto* fault = std::get_if<TokenFault>(&verified)) {
            if (*fault == TokenFault::invalid) return close(CloseCode::invalid_token, actions);
            return refuse_connect(command.id, ErrorCode::token_expired, now, actions);
        }
        claims = std::get<ConnectionClaims>(std::move(verified));
        if (claims.user.empty() && !admission.anonymous_with_token && !admission.insecure) {
            return close(CloseCode::permission_denied, actions);
        }
    } else if (!admission.anonymous_without_token && !admission.insecure) {
        return close(CloseCode::bad_request, actions);
    }
    if (admission.insecure) claims.expires = 0;
    if (claims.expires != 0 && claims.expires <= now.unix_seconds) {
        return refuse_connect(command.id, ErrorCode::expired, now, actions);
    }
    if (!server_.admit_user(claims.user)) return close(CloseCode::connection_limit, actions);

    admitted_user_ = claims.user;
    info_.user = std::move(claims.user);
    info_.conn_info = std::move(claims.info);
    state_ = State::connected;
    ping_at_ = now.steady + first_ping_;
    set_expiry(claims.expires, now);
    const auto ping =
        std::chrono::duration_cast<std::chrono::seconds>(server_.options.times.ping_interval);
    actions.push_back(
        action::Send{connect_reply(command.id, {.client = info_.client,
                                                .version = server_.options.version,
                                                .expires = claims.expires != 0,
                                                .ttl_seconds = claims.expires - now.unix_seconds,
                                                .ping_seconds = ping.count()})});
}

void ClientMachine::refuse_connect(std::uint32_t id, ErrorCode code, Now now, Actions& actions) {
    state_ = State::refused;
    give_up_at_ = now.steady + server_.options.times.close_timeout;
    actions.push_back(action::Send{error_reply(id, code)});
}

void ClientMachine::refresh(const Command& command, Now now, Actions& actions) {
    const auto [token_field] = json::fields(command.body, {"token"});
    const auto token = token_field.string();
    if (!token || token->empty()) return close(CloseCode::bad_request, actions);
    auto verified = server_.credentials.connection(*token, now.unix_seconds);
    if (const auto* fault = std::get_if<TokenFault>(&verified)) {
        return close(*fault == TokenFault::expired ? CloseCode::expired : CloseCode::invalid_token,
                     actions);
    }
    auto& claims = std::get<ConnectionClaims>(verified);
    if (claims.user != info_.user) return close(CloseCode::invalid_token, actions);
    if (server_.options.admission.insecure) claims.expires = 0;
    if (claims.expires != 0 && claims.expires <= now.unix_seconds) {
        return close(CloseCode::expired, actions);
    }
    info_.conn_info = std::move(claims.info);
    set_expiry(claims.expires, now);
    actions.push_back(action::Send{refresh_reply(command.id, Method::refresh, claims.expires != 0,
                                                 claims.expires - now.unix_seconds)});
}

void ClientMachine::pong(Actions& actions) {
    if (!pong_by_) return close(CloseCode::bad_request, actions);
    pong_by_.reset();
}

void ClientMachine::close(CloseCode code, Actions& actions) {
    state_ = State::closed;
    actions.push_back(action::Close{code});
}

void ClientMachine::set_expiry(Expiry expires, Now now) {
    expire_by_.reset();
    if (expires == 0) return;
    expire_by_ = now.steady + std::chrono::seconds(expires - now.unix_seconds) +
                 server_.options.times.expiry_grace;
}

void ClientMachine::pass_time(Now now, Actions& actions) {
    const auto is_over = [&now](const std::optional<Time>& time) {
        return time && *time <= now.steady;
    };
    switch (state_) {
        case State::closed:
            return;
        case State::fresh:
        case State::refused:
            if (is_over(give_up_at_)) close(CloseCode::stale, actions);
            return;
        case State::connected:
            break;
    }
    if (is_over(expire_by_)) return close(CloseCode::expired, actions);
    if (is_over(pong_by_)) return close(CloseCode::no_pong, actions);
    if (is_over(ping_at_)) {
        actions.push_back(action::Send{"{}"});
        pong_by_ = now.steady + server_.options.times.pong_timeout;
        ping_at_ = now.steady + server_.options.times.ping_interval;
    }
    if (is_over(channels_due_)) pass_time_of_channels(now, actions);
}

ClientMachine::Time ClientMachine::deadline() const {
    switch (state_) {
        case State::closed:
            return Time::max();
        case State::fresh:
        case State::refused:
            return give_up_at_;
        case State::connected:
            break;
    }
    Time earliest = ping_at_;
    for (const auto& each : {pong_by_, expire_by_, channels_due_}) {
        if (each) earliest = std::min(earliest, *each);
    }
    return earliest;
}

}  // namespace ringcast::gateway
