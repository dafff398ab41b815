// The part of the machine that deals with channels: subscribe, unsubscribe, publish, sub_refresh.
#include "client_machine.hpp"
#include "fields.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::gateway {
namespace {

/// Nobody changes his mind so often within one round trip to a node.
constexpr std::size_t deferred_max = 256;

}  // namespace

std::optional<ErrorCode> ClientMachine::subscribe_fault(const std::string& channel) const {
    if (server_.rules.is_too_long(channel)) return ErrorCode::bad_request;
    if (channels_.contains(channel)) return ErrorCode::already_subscribed;
    if (channels_.size() >= server_.options.limits.channels_per_client_max) {
        return ErrorCode::limit_exceeded;
    }
    return server_.rules.fault(channel);
}

void ClientMachine::subscribe(const Command& command, Now now, Actions& actions) {
    const auto [channel_field, token_field, recover_field, delta_field, filter, type_field] =
        json::fields(command.body, {"channel", "token", "recover", "delta", "tf", "type"});
    const auto channel = channel_field.string();
    const auto token = token_field.string();
    const auto recover = recover_field.boolean();
    const auto delta = delta_field.string();
    const auto type = type_field.integer();
    if (!channel || channel->empty() || !token || !recover || !delta || !type ||
        (!delta->empty() && *delta != "fossil")) {
        return close(CloseCode::bad_request, actions);
    }

    if (defer(*channel, command, actions)) return;
    const auto refuse = [&](ErrorCode code) {
        actions.push_back(action::Send{error_reply(command.id, code)});
    };
    if (const auto fault = subscribe_fault(*channel)) return refuse(*fault);
    if (*type != 0) return refuse(ErrorCode::not_available);
    if (!filter.is_absent()) return refuse(ErrorCode::bad_request);

    Channel wanted;
    if (!token->empty()) {
        auto verified = server_.credentials.subscription(*token, now.unix_seconds);
        if (const auto* fault = std::get_if<TokenFault>(&verified)) {
            return refuse(*fault == TokenFault::expired ? ErrorCode::token_expired
                                                        : ErrorCode::permission_denied);
        }
        auto& claims = std::get<SubscriptionClaims>(verified);
        if (!is_own(claims, *channel)) return close(CloseCode::invalid_token, actions);
        if (claims.expires != 0 && claims.expires <= now.unix_seconds) {
            return refuse(ErrorCode::expired);
        }
        wanted.info = std::move(claims.info);
        wanted.data = std::move(claims.data);
        set_expiry(wanted, claims.expires, now);
    } else if (!server_.rules.may_subscribe(*channel, info_.user)) {
        return refuse(ErrorCode::permission_denied);
    }

    wanted.subscribe_id = command.id;
    wanted.was_recovering = *recover;
    wanted.answer_by = now.steady + server_.options.times.subscribe_timeout;
    note_due(wanted.answer_by);
    channels_.emplace(*channel, std::move(wanted));
    actions.push_back(action::Join{*channel});
}

bool ClientMachine::is_own(const SubscriptionClaims& claims, const std::string& channel) const {
    return claims.user == info_.user && claims.channel == channel &&
           (claims.client.empty() || claims.client == info_.client);
}

void ClientMachine::set_expiry(Channel& channel, Expiry expires, Now now) {
    channel.expires = expires;
    channel.leave_by.reset();
    if (expires == 0) return;
    channel.leave_by = now.steady + std::chrono::seconds(expires - now.unix_seconds) +
                       server_.options.times.expiry_grace;
    note_due(channel.leave_by);
}

void ClientMachine::note_due(const std::optional<Time>& time) {
    if (time && (!channels_due_ || *time < *channels_due_)) channels_due_ = time;
}

void ClientMachine::subscribed(const std::string& name, bool success, Now now, Actions& actions) {
    const auto found = channels_.find(name);
    if (state_ != State::connected || found == channels_.end() || found->second.joined) return;
    if (!success) return fail_join(found, now, actions);
    Channel& channel = found->second;
    channel.joined = true;
    channel.answer_by.reset();
    actions.push_back(action::Send{subscribe_reply(
        channel.subscribe_id,
        {.was_recovering = channel.was_recovering,
         .expires = channel.expires != 0,
         .ttl_seconds = std::max<std::int64_t>(channel.expires - now.unix_seconds, 1),
         .data = channel.data})});
    channel.data.clear();
    resume(std::exchange(channel.deferred, {}), now, actions);
}

void ClientMachine::fail_join(Channels::iterator channel, Now now, Actions& actions) {
    actions.push_back(action::Send{error_reply(channel->second.subscribe_id, ErrorCode::internal)});
    auto deferred = std::move(channel->second.deferred);
    channels_.erase(channel);
    resume(std::move(deferred), now, actions);
}

// Commands on one channel are carried out in order: an unsubscribe waits for the subscribe under
// way, and everything behind it waits, too. A second subscribe without one does not: it is refused.
bool ClientMachine::defer(const std::string& name, const Command& command, Actions& actions) {
    const auto found = channels_.find(name);
    if (found == channels_.end() || found->second.joined) return false;
    auto& deferred = found->second.deferred;
    if (command.method == Method::subscribe && deferred.empty()) return false;
    if (deferred.size() >= deferred_max) {
        close(CloseCode::too_many_requests, actions);
    } else {
        deferred.push_back({command.id, command.method, std::string(command.body.text())});
    }
    return true;
}

// The first subscribe among them makes the rest wait again.
void ClientMachine::resume(std::vector<Deferred> deferred, Now now, Actions& actions) {
    for (const Deferred& each : deferred) {
        if (state_ != State::connected) return;
        const Command command{each.id, each.method, json::Value(each.body)};
        if (each.method == Method::subscribe) {
            subscribe(command, now, actions);
        } else {
            unsubscribe(command, actions);
        }
    }
}

void ClientMachine::unsubscribe(const Command& command, Actions& actions) {
    const auto [field] = json::fields(command.body, {"channel"});
    const auto name = field.string();
    if (!name || name->empty()) return close(CloseCode::bad_request, actions);
    if (defer(*name, command, actions)) return;
    if (channels_.erase(*name) > 0) actions.push_back(action::Leave{*name});
    actions.push_back(action::Send{empty_reply(command.id, Method::unsubscribe)});
}

void ClientMachine::publish(const Command& command, Now now, Actions& actions) {
    const auto [channel_field, data] = json::fields(command.body, {"channel", "data"});
    const auto name = channel_field.string();
    if (!name || name->empty()) return close(CloseCode::bad_request, actions);
    const auto refuse = [&](ErrorCode code) {
        server_.publish_refused(code);
        actions.push_back(action::Send{error_reply(command.id, code)});
    };
    if (!publish_rate_.take(now.steady)) return refuse(ErrorCode::too_many_requests);
    if (const auto fault = server_.rules.fault(*name)) return refuse(*fault);
    if (data.text().empty()) return refuse(ErrorCode::bad_request);
    const auto found = channels_.find(*name);
    const bool is_subscribed = found != channels_.end() && found->second.joined;
    if (!server_.rules.may_publish(*name, info_.user, is_subscribed)) {
        return refuse(ErrorCode::permission_denied);
    }

    ClientInfo info = info_;
    if (is_subscribed) info.chan_info = found->second.info;
    actions.push_back(
        action::Publish{command.id, *name, encode_publication(data.text(), encode(info))});
}

void ClientMachine::published(std::uint32_t id, std::optional<ErrorCode> failure,
                              Actions& actions) {
    if (state_ != State::connected) return;
    actions.push_back(
        action::Send{failure ? error_reply(id, *failure) : empty_reply(id, Method::publish)});
}

void ClientMachine::lost(const std::string& name, Now now, Actions& actions) {
    const auto found = channels_.find(name);
    if (state_ != State::connected || found == channels_.end()) return;
    if (!found->second.joined) return fail_join(found, now, actions);
    actions.push_back(action::Send{unsubscribe_push(name, UnsubscribeCode::insufficient_state)});
    channels_.erase(found);
}

void ClientMachine::sub_refresh(const Command& command, Now now, Actions& actions) {
    const auto [channel_field, token_field] = json::fields(command.body, {"channel", "token"});
    const auto name = channel_field.string();
    const auto token = token_field.string();
    if (!name || name->empty() || !token) return close(CloseCode::bad_request, actions);
    const auto refuse = [&](ErrorCode code) {
        actions.push_back(action::Send{error_reply(command.id, code)});
    };
    const auto found = channels_.find(*name);
    if (found == channels_.end()) return refuse(ErrorCode::permission_denied);
    if (token->empty()) return refuse(ErrorCode::bad_request);
    auto verified = server_.credentials.subscription(*token, now.unix_seconds);
    if (const auto* fault = std::get_if<TokenFault>(&verified)) {
        return close(*fault == TokenFault::expired ? CloseCode::subscription_expired
                                                   : CloseCode::invalid_token,
                     actions);
    }
    auto& claims = std::get<SubscriptionClaims>(verified);
    if (!is_own(claims, *name)) return close(CloseCode::invalid_token, actions);
    if (claims.expires != 0 && claims.expires <= now.unix_seconds) {
        return close(CloseCode::subscription_expired, actions);
    }
    found->second.info = std::move(claims.info);
    set_expiry(found->second, claims.expires, now);
    actions.push_back(action::Send{refresh_reply(
        command.id, Method::sub_refresh, claims.expires != 0, claims.expires - now.unix_seconds)});
}

void ClientMachine::pass_time_of_channels(Now now, Actions& actions) {
    channels_due_.reset();
    std::vector<std::string> unanswered;
    for (auto each = channels_.begin(); each != channels_.end();) {
        const auto current = each++;
        Channel& channel = current->second;
        if (channel.answer_by && *channel.answer_by <= now.steady) {
            unanswered.push_back(current->first);
        } else if (channel.joined && channel.leave_by && *channel.leave_by <= now.steady) {
            actions.push_back(action::Leave{current->first});
            actions.push_back(action::Send{
                unsubscribe_push(current->first, UnsubscribeCode::subscription_expired)});
            channels_.erase(current);
        } else {
            note_due(channel.answer_by);
            note_due(channel.leave_by);
        }
    }
    // The client gives the whole connection up when a subscribe stays unanswered.
    for (const std::string& name : unanswered) {
        actions.push_back(action::Leave{name});
        fail_join(channels_.find(name), now, actions);
    }
}

}  // namespace ringcast::gateway
