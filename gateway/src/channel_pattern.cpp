#include "channel_pattern.hpp"

#include <re2/re2.h>

#include <cassert>
#include <cstdint>

namespace ringcast::gateway {
namespace {

/// What a compiled expression and its cache of states may take; room for some ten thousand steps.
constexpr std::int64_t bytes_max = 1 << 20;

std::unique_ptr<const re2::RE2> compile(const std::string& expression) {
    re2::RE2::Options options;
    options.set_log_errors(false);  // it would write to standard error
    options.set_max_mem(bytes_max);
    options.set_never_capture(true);
    return std::make_unique<const re2::RE2>(expression, options);
}

}  // namespace

std::optional<std::string> ChannelPattern::fault(const std::string& expression) {
    const auto compiled = compile(expression);
    if (compiled->ok()) return std::nullopt;
    return compiled->error();
}

ChannelPattern::ChannelPattern(const std::string& expression) : compiled_(compile(expression)) {
    assert(compiled_->ok());
}

ChannelPattern::ChannelPattern(ChannelPattern&&) noexcept = default;
ChannelPattern& ChannelPattern::operator=(ChannelPattern&&) noexcept = default;
ChannelPattern::~ChannelPattern() = default;

bool ChannelPattern::matches(std::string_view name) const {
    const re2::StringPiece text(name.data(), name.size());
    return compiled_->Match(text, 0, text.size(), re2::RE2::ANCHOR_BOTH, nullptr, 0);
}

}  // namespace ringcast::gateway
