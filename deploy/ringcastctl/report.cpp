#include "report.hpp"

#include "text_table.hpp"
#include "when_text.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace ringcast::ctl {
namespace {

namespace json = boost::json;

std::string member_id(const ring::Ring& ring, ring::MemberIndex index) {
    return ring.members()[index].id;
}

/// "redis-4 is a member".
std::string sentence(const router::HistoryEntry& entry) {
    if (entry.what == "add") return entry.node + " is a member";
    if (entry.what == "remove") return entry.node + " is no longer a member";
    if (entry.what == "weight") return entry.node + " weighs " + std::to_string(entry.weight);
    if (entry.what == "pin") return entry.channel + " is pinned to " + entry.node;
    if (entry.what == "unpin") return entry.channel + " is pinned no longer";
    return entry.what + " " + entry.node;
}

/// What became of the pins on a node that went or came.
std::string pins_text(const router::HistoryEntry& entry) {
    if (entry.pins.empty()) return "";
    const std::string channels = std::to_string(entry.pins.size()) +
                                 (entry.pins.size() == 1 ? " channel is" : " channels are") +
                                 " pinned to it ";
    if (entry.what == "add") return channels + "again.\n";
    // What was itself an undo is taken back by its name only.
    const char* entry_name = entry.undo_of.empty() ? "" : " ENTRY";
    return channels + "no longer; `ringcastctl undo" + entry_name + "` pins them again.\n";
}

/// What the operator can do about a change that came to nothing, or half of it.
std::string remedy_text(const router::HistoryEntry& entry) {
    std::string text;
    const bool gateways_are_late = entry.reason.starts_with("not prepared within ") &&
                                   !entry.reason.ends_with("no gateway is registered") &&
                                   entry.reason.find("does not reach") == std::string::npos;
    if (gateways_are_late) {
        text =
            "See with `ringcastctl status` whether a gateway hangs; if there is only much to do, "
            "give a higher\n--rate or smaller --steps, or raise prepare_seconds_max with "
            "`ringcastctl config set`.\n";
    }
    if (entry.steps > 0) {
        text += entry.undo_of.empty() ? "Ask for the same again to do the rest"
                                      : "`ringcastctl undo " + entry.undo_of + "` does the rest";
        text += "; `ringcastctl undo` takes back what is done.\n";
    }
    return text;
}

}  // namespace

Report report_no_view(const ClusterState& state, Output output) {
    std::string what = "there is no view of the ring yet: see `ringcastctl status`";
    if (state.view_unreadable) {
        what = "the view of the ring cannot be read: see the coordinator's log";
    } else if (state.is_empty()) {
        what = "nothing is registered in cluster " + state.cluster +
               ": is its name right (--cluster, or RINGCAST_CLUSTER)?";
    }
    return report_failure(what, ExitCode::refused, output);
}

Report report_locate(const ClusterState& state, std::string_view channel, Output output) {
    if (!state.record) return report_no_view(state, output);
    const router::View& view = state.record->in_force;
    const ring::Arc arc = view.ring.arc(channel);
    const ring::MemberIndex owner = view.ring.owner(channel);
    const ring::MemberIndex arc_owner = view.ring.owner_of(arc);
    const bool pinned = view.ring.pins().contains(channel);
    const auto number = static_cast<std::uint64_t>(view.number);
    json::array successors;
    std::string successors_text;
    for (const ring::MemberIndex successor : view.ring.successors(arc)) {
        if (successor == ring::no_member) continue;
        successors.emplace_back(member_id(view.ring, successor));
        successors_text += (successors_text.empty() ? "" : ", ") + member_id(view.ring, successor);
    }

    if (output == Output::json) {
        return {json::serialize(json::object{
                    {"channel", channel},
                    {"arc", arc},
                    {"owner", member_id(view.ring, owner)},
                    {"address", view.address_of(owner).text()},
                    {"pinned", pinned},
                    {"arc_owner", member_id(view.ring, arc_owner)},
                    {"successors", std::move(successors)},
                    {"view", number},
                }) + "\n",
                ""};
    }
    std::string text = "channel     " + std::string(channel) + "\n";
    text += "owner       " + member_id(view.ring, owner) + " at " + view.address_of(owner).text() +
            "\n";
    text += "arc         " + std::to_string(arc) + " of " + std::to_string(ring::arc_count) +
            ", owned by " + member_id(view.ring, arc_owner) + "\n";
    text += "pin         " + (pinned ? member_id(view.ring, owner) : std::string("none")) + "\n";
    text += "successors  " + (successors_text.empty() ? "none" : successors_text) + "\n";
    text += "view        " + std::to_string(number) + "\n";
    return {std::move(text), ""};
}

Report report_change(const router::HistoryEntry& entry, Output output) {
    const ExitCode exit = entry.done ? ExitCode::done : ExitCode::refused;
    if (output == Output::json) return {encode(entry) + "\n", "", exit};
    if (!entry.done) return {"", "refused: " + entry.reason + "\n" + remedy_text(entry), exit};
    if (entry.steps == 0) return {"Nothing to do: " + entry.reason + ".\n", "", exit};
    std::string text = sentence(entry) + " since view " + std::to_string(entry.view) + ": ";
    if (entry.arcs_moved != 0) {
        text += std::to_string(entry.arcs_moved) + " arcs (" +
                percent(entry.arcs_moved, ring::arc_count) + ") moved ";
    } else {
        text += "done ";
    }
    text += "in " + duration_text(static_cast<double>(entry.took_ms) / 1'000);
    if (entry.steps > 1) text += " and " + std::to_string(entry.steps) + " steps";
    return {text + ", as " + entry.by + " requested.\n" + pins_text(entry), "", exit};
}

Report report_taken_back(const std::string& request, Output output) {
    return report_failure("request " + request + " was taken back before it began: nothing changed",
                          ExitCode::refused, output);
}

Report report_detached(const std::string& name, const router::Request& request, Output output) {
    if (output == Output::json) {
        return {json::serialize(json::object{
                    {"request", name}, {"what", text_of(request)}, {"waiting", true}}) +
                    "\n",
                ""};
    }
    return {name + ": " + text_of(request) +
                "\nFollow it with `ringcastctl watch`, take it back with `ringcastctl cancel " +
                name + "`.\n",
            ""};
}

Report report_waiting(const std::string& request, const ClusterState& state, Output output) {
    std::string what = "not done yet: request " + request + " stays in the queue";
    if (!state.coordinator) {
        what += "; no gateway leads as coordinator: start one, and the request will be done";
    } else if (!state.record) {
        what += "; there is no first view yet: it waits for nodes to register";
    } else if (const auto queued =
                   std::ranges::find(state.requests, request, &QueuedRequest::name);
               queued != state.requests.end() && state.coordination() != nullptr &&
               state.coordination()->handoff &&
               state.coordination()->handoff->request == request) {
        const auto place = static_cast<std::size_t>(queued - state.requests.begin());
        what += "; " + state_of_request(state, place);
    } else if (const auto* coordination = state.coordination();
               coordination != nullptr && coordination->turn_of(request) != nullptr &&
               !coordination->turn_of(request)->waits_for.empty()) {
        what += "; " + coordination->turn_of(request)->waits_for;
    } else if (coordination != nullptr && !coordination->waiting.empty()) {
        what += "; " + coordination->waiting;
    } else {
        what += "; look for it with `ringcastctl requests`, and at the log of coordinator " +
                *state.coordinator;
    }
    return report_failure(what, ExitCode::timed_out, output);
}

Report report_locked(std::string_view holder, Output output) {
    return report_failure(
        "the ring is being changed by " + std::string(holder) + ": try again when that is done",
        ExitCode::locked, output);
}

Report report_success(std::string_view what, Output output) {
    if (output == Output::table) return {std::string(what) + "\n", ""};
    return {json::serialize(json::object{{"result", what}}) + "\n", ""};
}

Report report_failure(std::string_view what, ExitCode exit, Output output) {
    std::string error = "ringcastctl: " + std::string(what) + "\n";
    if (output == Output::table) return {"", std::move(error), exit};
    return {json::serialize(json::object{{"error", what}}) + "\n", std::move(error), exit};
}

}  // namespace ringcast::ctl
