#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace ringcast::gateway {

/// A regular expression that whole names of channels match, or do not. Names come from clients, so
/// none may cost much: the stack stays as it is, the time grows with the name's length times the
/// expression's at most, and the memory is bounded. The price is that expressions cannot refer back
/// or look around (syntax: https://github.com/google/re2/wiki/Syntax). Immutable: any thread may
/// ask.
class ChannelPattern {
public:
    /// Why it cannot be used, in the words of RE2; nothing when it can.
    [[nodiscard]] static std::optional<std::string> fault(const std::string& expression);

    /// Requires: the expression has no fault.
    explicit ChannelPattern(const std::string& expression);
    ChannelPattern(ChannelPattern&&) noexcept;
    ChannelPattern& operator=(ChannelPattern&&) noexcept;
    ~ChannelPattern();

    [[nodiscard]] bool matches(std::string_view name) const;

private:
    std::unique_ptr<const re2::RE2> compiled_;
};

}  // namespace ringcast::gateway
