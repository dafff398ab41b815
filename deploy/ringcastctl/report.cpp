#include "report.hpp"

#include "text_table.hpp"

#include <boost/json.hpp>

namespace ringcast::ctl {
namespace {

namespace json = boost::json;

std::string member_id(const ring::Ring& ring, ring::MemberIndex index) {
    return ring.members()[index].id;
}

}  // namespace

Report report_locate(const ClusterState& state, std::string_view channel, Output output) {
    if (!state.record) {
        return report_failure("there is no view of the ring yet: see `ringcastctl status`",
                              ExitCode::refused, output);
    }
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
    if (output == Output::json) {
        return {json::serialize(json::object{
                    {"request", entry.request},
                    {"what", entry.what},
                    {"node", entry.node},
                    {"by", entry.by},
                    {"done", entry.done},
                    {"reason", entry.reason},
                    {"view", entry.view},
                    {"arcs_moved", entry.arcs_moved},
                    {"took_ms", entry.took_ms},
                }) + "\n",
                "", exit};
    }
    if (!entry.done) return {"", "refused: " + entry.reason + "\n", exit};
    if (entry.arcs_moved == 0) return {"Nothing to do: " + entry.reason + ".\n", "", exit};
    const bool joined = entry.what == "add";
    return {entry.node + (joined ? " is a member" : " is no longer a member") + " since view " +
                std::to_string(entry.view) + ": " + std::to_string(entry.arcs_moved) + " arcs (" +
                percent(entry.arcs_moved, ring::arc_count) + ") moved " +
                (joined ? "to it" : "to others") + " in " + std::to_string(entry.took_ms) +
                " ms, as " + entry.by + " requested.\n",
            "", exit};
}

Report report_waiting(const std::string& request, const ClusterState& state, Output output) {
    std::string what = "not done yet: request " + request + " stays in the queue";
    if (!state.coordinator) {
        what += "; no gateway leads as coordinator: start one, and the request will be done";
    } else if (!state.record) {
        what += "; there is no first view yet: it waits for nodes to register";
    } else {
        what += "; look for it with `ringcastctl status`, and at the log of coordinator " +
                *state.coordinator;
    }
    return report_failure(what, ExitCode::timed_out, output);
}

Report report_failure(std::string_view what, ExitCode exit, Output output) {
    std::string error = "ringcastctl: " + std::string(what) + "\n";
    if (output == Output::table) return {"", std::move(error), exit};
    return {json::serialize(json::object{{"error", what}}) + "\n", std::move(error), exit};
}

}  // namespace ringcast::ctl
