#include "lock.hpp"

#include "loose_json.hpp"
#include "ringcast/membership/random_id.hpp"
#include "ringcast/router/entries.hpp"
#include "when_text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace ringcast::ctl {
namespace {

namespace json = boost::json;

constexpr std::size_t foreign_text_max = 100;

}  // namespace

std::string LockHolder::encode() const {
    return json::serialize(json::object{{"by", by}, {"what", what}, {"at", at}});
}

std::string LockHolder::text(std::string_view data, std::int64_t now) {
    boost::system::error_code error;
    const json::value value = json::parse({data.data(), data.size()}, error);
    const json::object* object = error ? nullptr : value.if_object();
    const auto text = [object](const char* name) {
        return object == nullptr ? std::string() : text_in(*object, name);
    };
    const std::string by = text("by");
    if (by.empty()) {
        std::string foreign(data.substr(0, foreign_text_max));
        std::erase_if(foreign, [](char c) { return c < ' ' || c > '~'; });
        return "somebody (\"" + foreign + "\")";
    }
    std::string made = by;
    if (const std::string what = text("what"); !what.empty()) made += " (" + what + ")";
    std::erase_if(made, [](unsigned char c) { return c < ' ' || c == 0x7f; });
    const json::value* at = object->if_contains("at");
    if (at != nullptr && at->is_int64() && now >= at->get_int64()) {
        made += " for " + duration_text(static_cast<double>(now - at->get_int64()));
    }
    return made;
}

OperatorLock::OperatorLock(membership::Znodes& znodes, membership::Scheduler& scheduler,
                           const LockHolder& holder, std::function<void(bool)> held)
    : held_(std::move(held)),
      lock_(znodes, scheduler,
            {std::string(router::paths::lock), "l-", membership::random_id(), holder.encode()},
            [this](bool now) {
                if (now && held_) std::exchange(held_, nullptr)(true);
            }) {}

void OperatorLock::holder(std::function<void(std::optional<std::string>)> handler) {
    lock_.holder(
        [handler = std::move(handler)](std::error_code error, std::optional<std::string> data) {
            handler(error ? std::nullopt : std::move(data));
        });
}

void OperatorLock::release(std::function<void(bool)> released) {
    lock_.release([released = std::move(released)] { released(true); });
}

}  // namespace ringcast::ctl
