#include "report.hpp"
#include "text_table.hpp"
#include "undo.hpp"
#include "when_text.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace ringcast::ctl {
namespace {

namespace json = boost::json;
using Align = TextTable::Align;

std::string what_of(const router::HistoryEntry& entry) {
    std::string text = entry.what;
    if (!entry.channel.empty()) text += " " + entry.channel;
    if (!entry.node.empty()) text += " " + entry.node;
    if (entry.what == "weight" && entry.done) {
        text += " " + std::to_string(entry.weight_before) + " to " + std::to_string(entry.weight);
    }
    return text;
}

const PastChange* past_of(const std::vector<PastChange>& history, const std::string& request) {
    const auto found = std::ranges::find_if(
        history, [&](const PastChange& past) { return past.entry.request == request; });
    return found == history.end() ? nullptr : &*found;
}

json::object entry_json(const PastChange& change) {
    json::object object = json::parse(encode(change.entry)).as_object();
    object["name"] = change.name;
    return object;
}

}  // namespace

Report report_requests(const ClusterState& state, Output output) {
    if (output == Output::json) {
        json::array requests;
        for (std::size_t i = 0; i != state.requests.size(); ++i) {
            const QueuedRequest& queued = state.requests[i];
            json::object object{{"name", queued.name}, {"state", state_of_request(state, i)}};
            if (queued.request) object["request"] = json::parse(encode(*queued.request));
            requests.push_back(std::move(object));
        }
        return {json::serialize(json::object{{"requests", std::move(requests)}}) + "\n", ""};
    }
    if (state.requests.empty()) return {"No requests.\n", ""};
    TextTable table({{"REQUEST"}, {"WHAT"}, {"BY"}, {"ASKED AT (UTC)"}, {"STATE"}});
    for (std::size_t i = 0; i != state.requests.size(); ++i) {
        const QueuedRequest& queued = state.requests[i];
        const auto& request = queued.request;
        table.add({queued.name, request ? text_of(*request) : "unreadable",
                   request && !request->by.empty() ? request->by : "-",
                   request ? date_text(request->at) : "-", state_of_request(state, i)});
    }
    return {table.text(), ""};
}

Report report_not_cancelled(const std::vector<PastChange>& history, const std::string& request,
                            Output output) {
    const PastChange* past = past_of(history, request);
    std::string what = "there is no request " + request + ": see `ringcastctl requests`";
    if (past != nullptr) {
        const Undo undo = undo_of(history, past->name);
        what = request + " has ended (" + past->entry.reason + "); ";
        what = undo.request
                   ? "too late: " + what + "`ringcastctl undo " + past->name + "` takes it back"
                   : "nothing to take back: " + what + undo.reason;
    }
    return report_failure(what, ExitCode::refused, output);
}

Report report_cancelled(const std::vector<PastChange>& history, const std::string& request,
                        Output output) {
    const PastChange* past = past_of(history, request);
    if (past == nullptr || past->entry.steps == 0) {
        return report_success(request + " is taken back: nothing has changed.", output);
    }
    return report_success(request + " is " + past->entry.reason + "; `ringcastctl undo " +
                              past->name + "` takes back what was done.",
                          output);
}

Report report_history(const ClusterState& state, std::size_t last, Output output) {
    const std::size_t count =
        last == 0 ? state.history.size() : std::min(last, state.history.size());
    const auto begin = state.history.end() - static_cast<std::ptrdiff_t>(count);
    if (output == Output::json) {
        json::array entries;
        for (auto at = begin; at != state.history.end(); ++at) entries.push_back(entry_json(*at));
        return {json::serialize(json::object{{"history", std::move(entries)}}) + "\n", ""};
    }
    if (count == 0) return {"Nothing was done to the ring yet.\n", ""};
    TextTable table({{"ENTRY"},
                     {"AT (UTC)"},
                     {"WHAT"},
                     {"BY"},
                     {"VIEW", Align::right},
                     {"ARCS", Align::right},
                     {"TOOK", Align::right},
                     {"RESULT"}});
    for (auto at = state.history.end(); at != begin;) {
        const PastChange& change = *--at;
        const router::HistoryEntry& entry = change.entry;
        table.add({change.name, date_text(entry.at), what_of(entry),
                   entry.by.empty() ? "-" : entry.by, std::to_string(entry.view),
                   std::to_string(entry.arcs_moved),
                   duration_text(static_cast<double>(entry.took_ms) / 1'000),
                   (entry.done ? "" : "not done: ") + entry.reason});
    }
    return {table.text(), ""};
}

Report report_settings(const router::ClusterSettings& settings, const std::string& name,
                       Output output) {
    TextTable table({{"SETTING"}, {"VALUE"}});
    json::object object;
    for (const auto& [each, value] : describe(settings)) {
        if (!name.empty() && each != name) continue;
        const std::string shown = value.empty() ? "as each gateway is configured" : value;
        if (!name.empty() && output == Output::table) return {shown + "\n", ""};
        table.add({each, shown});
        object[each] = value.empty() ? json::value() : json::parse(value);
    }
    if (object.empty()) {
        return report_failure("there is no setting '" + name + "': see `ringcastctl config get`",
                              ExitCode::wrong_use, output);
    }
    if (output == Output::json) return {json::serialize(object) + "\n", ""};
    return {table.text(), ""};
}

}  // namespace ringcast::ctl
