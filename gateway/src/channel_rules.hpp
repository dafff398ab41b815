#pragma once

#include "channel_pattern.hpp"
#include "ringcast/gateway/options.hpp"
#include "ringcast/gateway/protocol.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ringcast::gateway {

/// Which channels there may be and who may do what on them (docs/protocol.md section 10): a channel
/// belongs to the namespace before its first `:`. Immutable: any thread may ask.
class ChannelRules {
public:
    /// Requires: `faults(options)` is empty.
    explicit ChannelRules(const Options& options);

    /// One namespace's options, ready for use.
    class Space {
    public:
        explicit Space(const NamespaceOptions& options);
        [[nodiscard]] const NamespaceOptions& options() const noexcept { return options_; }
        [[nodiscard]] bool admits_name(std::string_view channel) const;

    private:
        NamespaceOptions options_;
        std::optional<ChannelPattern> pattern_;
    };

    /// What is wrong with a channel's name, in the order in which clients are told: longer than
    /// allowed `bad_request`, `unknown_channel`, not ASCII or not of the pattern `bad_request`.
    [[nodiscard]] std::optional<ErrorCode> fault(std::string_view channel) const;
    [[nodiscard]] bool is_too_long(std::string_view channel) const noexcept;

    // Without a subscription token, which alone decides when there is one.
    // Requires: the channel has no fault.
    [[nodiscard]] bool may_subscribe(std::string_view channel, std::string_view user) const;
    [[nodiscard]] bool may_publish(std::string_view channel, std::string_view user,
                                   bool is_subscribed) const;

private:
    [[nodiscard]] const Space* find(std::string_view channel) const;

    bool insecure_;
    std::size_t bytes_max_;
    Space without_namespace_;
    std::map<std::string, Space, std::less<>> spaces_;
};

}  // namespace ringcast::gateway
