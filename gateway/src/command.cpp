#include "command.hpp"

#include <array>
#include <limits>

namespace ringcast::gateway {
namespace {

constexpr std::array<std::string_view, 11> names = {
    "connect", "subscribe", "unsubscribe", "publish", "presence",   "presence_stats",
    "history", "rpc",       "send",        "refresh", "sub_refresh"};

Method method_named(std::string_view text) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == text) return static_cast<Method>(i);
    }
    return Method::none;
}

}  // namespace

std::string_view name(Method method) noexcept {
    return method == Method::none ? "none" : names[static_cast<std::size_t>(method)];
}

CommandReader::CommandReader(std::string_view message, std::size_t depth_max)
    : message_(message), depth_max_(depth_max) {}

std::optional<Command> CommandReader::refuse() {
    faulty_ = true;
    return std::nullopt;
}

std::optional<Command> CommandReader::next() {
    if (faulty_) return std::nullopt;
    const std::size_t begin = json::skip_whitespace(message_, at_);
    if (begin == message_.size()) {
        if (at_ == 0) return refuse();
        return std::nullopt;
    }
    const bool separated =
        at_ == 0 || message_.substr(at_, begin - at_).find('\n') != std::string_view::npos;
    if (!separated) return refuse();
    const auto end = json::check_value(message_, begin, depth_max_);
    if (!end || message_[begin] != '{') return refuse();
    at_ = *end;

    Command command;
    for (json::Members members(json::Value(message_.substr(begin, at_ - begin))); members.next();) {
        const json::Value value = members.value();
        if (members.key() == "id") {
            const auto id = value.unsigned_integer();
            if (!id || *id > std::numeric_limits<std::uint32_t>::max()) return refuse();
            command.id = static_cast<std::uint32_t>(*id);
            continue;
        }
        const Method method = method_named(members.key());
        if (method == Method::none || value.is_absent()) continue;
        if (!value.is_object()) return refuse();
        if (method <= command.method) {
            command.method = method;
            command.body = value;
        }
    }
    return command;
}

}  // namespace ringcast::gateway
