#include "channel_rules.hpp"

#include <algorithm>

namespace ringcast::gateway {
namespace {

bool is_private(std::string_view channel) {
    return channel.starts_with('$');
}

// The user ids behind the last `#`, split on commas. Nobody without an id is ever listed.
bool lists_user(std::string_view channel, std::string_view user) {
    if (user.empty()) return false;
    std::string_view users = channel.substr(channel.rfind('#') + 1);
    while (true) {
        const std::size_t comma = users.find(',');
        if (users.substr(0, comma) == user) return true;
        if (comma == std::string_view::npos) return false;
        users.remove_prefix(comma + 1);
    }
}

}  // namespace

ChannelRules::Space::Space(const NamespaceOptions& options) : options_(options) {
    if (!options.channel_pattern.empty()) pattern_.emplace(options.channel_pattern);
}

bool ChannelRules::Space::admits_name(std::string_view channel) const {
    const bool ascii = std::all_of(channel.begin(), channel.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (!ascii) return false;
    return !pattern_ || pattern_->matches(channel);
}

ChannelRules::ChannelRules(const Options& options)
    : insecure_(options.admission.insecure),
      bytes_max_(options.limits.channel_bytes_max),
      without_namespace_(options.channels_without_namespace) {
    for (const NamespaceOptions& each : options.namespaces) {
        spaces_.emplace(each.name, Space(each));
    }
}

const ChannelRules::Space* ChannelRules::find(std::string_view channel) const {
    if (is_private(channel)) channel.remove_prefix(1);
    const std::size_t colon = channel.find(':');
    if (colon == std::string_view::npos) return &without_namespace_;
    const auto found = spaces_.find(channel.substr(0, colon));
    return found == spaces_.end() ? nullptr : &found->second;
}

bool ChannelRules::is_too_long(std::string_view channel) const noexcept {
    return channel.size() > bytes_max_;
}

std::optional<ErrorCode> ChannelRules::fault(std::string_view channel) const {
    if (is_too_long(channel)) return ErrorCode::bad_request;
    const Space* space = find(channel);
    if (space == nullptr) return ErrorCode::unknown_channel;
    if (!space->admits_name(channel)) return ErrorCode::bad_request;
    return std::nullopt;
}

bool ChannelRules::may_subscribe(std::string_view channel, std::string_view user) const {
    if (is_private(channel)) return false;
    const NamespaceOptions& space = find(channel)->options();
    if (space.user_limited_channels && channel.find('#') != std::string_view::npos) {
        return lists_user(channel, user);
    }
    if (space.subscribe_for_clients && (!user.empty() || space.subscribe_for_anonymous))
        return true;
    return insecure_;
}

bool ChannelRules::may_publish(std::string_view channel, std::string_view user,
                               bool is_subscribed) const {
    if (insecure_) return true;
    const NamespaceOptions& space = find(channel)->options();
    if (user.empty() && !space.publish_for_anonymous) return false;
    return space.publish_for_clients || (space.publish_for_subscribers && is_subscribed);
}

}  // namespace ringcast::gateway
