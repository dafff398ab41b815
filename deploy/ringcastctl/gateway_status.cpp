#include "gateway_status.hpp"

#include "loose_json.hpp"

#include <boost/json.hpp>

#include <utility>

namespace ringcast::ctl {
namespace {

namespace json = boost::json;

GatewayStatus::Handoff parse_handoff(const json::object& from) {
    return {number_in<std::uint64_t>(from, "view"),     text_in(from, "stage"),
            number_in<std::uint64_t>(from, "moving"),   number_in<std::uint64_t>(from, "prepared"),
            number_in<std::uint64_t>(from, "switched"), number_in<std::uint64_t>(from, "left")};
}

GatewayStatus::Coordination parse_coordination(const json::object& from) {
    GatewayStatus::Coordination made;
    made.waiting = text_in(from, "waiting");
    const json::value* removals = from.if_contains("removals");
    if (const json::array* list = removals == nullptr ? nullptr : removals->if_array()) {
        for (const json::value& one : *list) {
            if (!one.is_object()) continue;
            const json::object& removal = one.get_object();
            made.removals.push_back({text_in(removal, "node"), text_in(removal, "waits_for"),
                                     number_in<std::uint64_t>(removal, "left_ms")});
        }
    }
    const json::value* requests = from.if_contains("requests");
    if (const json::array* list = requests == nullptr ? nullptr : requests->if_array()) {
        for (const json::value& one : *list) {
            if (!one.is_object()) continue;
            const json::object& turn = one.get_object();
            made.turns.push_back(
                {text_in(turn, "name"), flag_in(turn, "due"), text_in(turn, "waits_for")});
        }
    }
    const json::object* handoff = object_in(from, "handoff");
    if (handoff == nullptr) return made;
    GatewayStatus::Coordination::Running running;
    running.view = number_in<std::uint64_t>(*handoff, "view");
    running.stage = text_in(*handoff, "stage");
    running.request = text_in(*handoff, "request");
    running.step = number_in<std::uint32_t>(*handoff, "step");
    running.steps = number_in<std::uint32_t>(*handoff, "steps");
    if (const json::value* names = handoff->if_contains("waiting_for")) {
        if (const json::array* list = names->if_array()) {
            for (const json::value& name : *list) {
                if (!name.is_string()) continue;
                const json::string& text = name.get_string();
                running.waiting_for.emplace_back(text.data(), text.size());
            }
        }
    }
    made.handoff = std::move(running);
    return made;
}

}  // namespace

GatewayStatus parse_gateway_status(const std::string& id, std::string_view text) {
    GatewayStatus status;
    status.id = id;
    boost::system::error_code error;
    const json::value value = json::parse({text.data(), text.size()}, error);
    const json::object* object = error ? nullptr : value.if_object();
    if (object == nullptr || text_in(*object, "id") != id) {
        status.trouble = "tells the status of something else";
        return status;
    }
    if (const auto* handoff = object_in(*object, "handoff")) {
        status.handoff = parse_handoff(*handoff);
    }
    if (const auto* coordination = object_in(*object, "coordination")) {
        status.coordination = parse_coordination(*coordination);
    }
    return status;
}

}  // namespace ringcast::ctl
