#include "report.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace ringcast::ctl {

namespace json = boost::json;

bool others_serve(const ClusterState& state, const router::GatewayEntry& gateway) {
    return std::ranges::any_of(state.gateways, [&](const router::GatewayEntry& other) {
        const bool same = other.id == gateway.id && other.started_at == gateway.started_at;
        return !same && !other.draining;
    });
}

std::optional<Report> report_not_drained(const ClusterState& state, const std::string& id,
                                         bool force, Output output) {
    const router::GatewayEntry* gateway = state.gateway(id);
    if (gateway == nullptr) {
        return report_failure("there is no gateway " + id + ": see `ringcastctl status`",
                              ExitCode::refused, output);
    }
    if (force || gateway->draining || others_serve(state, *gateway)) return std::nullopt;
    return report_failure(id + " is the last gateway: its clients would have nowhere to go, and "
                               "nobody would lead; start another one first, or say --force",
                          ExitCode::refused, output);
}

Report report_drained(const std::string& gateway, std::uint64_t sessions, Drained drained,
                      Output output) {
    if (output == Output::json) {
        return {json::serialize(json::object{{"gateway", gateway},
                                             {"sessions", sessions},
                                             {"drained", drained.waited},
                                             {"last", drained.last}}) +
                    "\n",
                ""};
    }
    std::string text = gateway;
    if (drained.waited) {
        text += drained.last ? " has sent its clients away and ended."
                             : " has sent its clients elsewhere and ended.";
    } else {
        text += " sends its " + std::to_string(sessions) + " clients " +
                (drained.last ? "away" : "elsewhere") + ", and ends when the last is gone.";
    }
    if (drained.last) {
        text += drained.waited ? " It was the last:" : " It is the last:";
        text += " nobody serves until a gateway is started.";
    }
    return {text + "\n", ""};
}

Report report_not_ended(const std::string& gateway, const GatewayEnd& end, Output output) {
    const std::string clients = std::to_string(end.clients()) + " clients; it ";
    const std::string what = end.is_seen()
                                 ? " still has " + clients + "goes on sending them away"
                                 : " had, when last seen, " + clients +
                                       "goes on sending them away, or has ended";
    return report_failure(gateway + what, ExitCode::timed_out, output);
}

}  // namespace ringcast::ctl
