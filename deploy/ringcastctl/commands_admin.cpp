#include "admin_client.hpp"
#include "commands.hpp"
#include "gateway_end.hpp"
#include "loose_json.hpp"
#include "ringcast/membership/configuration.hpp"

#include <boost/json.hpp>
#include <unistd.h>

#include <iostream>
#include <system_error>
#include <utility>
#include <variant>

namespace ringcast::ctl {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto gateway_timeout = 5s;
constexpr auto drain_interval = 500ms;
constexpr int attempts_max = 5;  ///< to write settings that others write at the same time

/// What a gateway says is wrong, out of its JSON.
std::string error_in(const std::string& body) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(body, error);
    return error || !value.is_object() ? "" : text_in(value.get_object(), "error");
}

/// Why nothing should be asked of a gateway at the address it gives; empty: it is there.
asio::awaitable<std::string> trouble_at(Desk& desk, const router::GatewayEntry& gateway) {
    Answer<AdminAnswer> asked(desk.executor);
    ask_gateway(desk.executor, gateway.admin_url, "GET", "/status",
                desk.gateways_within(gateway_timeout), asked.handler());
    const AdminAnswer answer = co_await asked.take();
    if (!answer.trouble.empty()) co_return answer.trouble;
    if (!parse_gateway_status(gateway.id, answer.body).trouble.empty()) {
        co_return "is not what answers at " + gateway.admin_url +
            ": set its admin.listen or admin.advertise_url so that it is reached from here";
    }
    co_return "";
}

}  // namespace

asio::awaitable<Report> configure(Desk& desk) {
    const CommandLine& line = desk.line;
    const bool pause = line.command == Command::pause;
    const std::string name = line.command == Command::config_set ? line.argument : "paused";
    std::string value = line.value;
    if (line.command != Command::config_set) value = pause ? "true" : "false";
    // What no cluster would take is the command line's fault, whatever stands in this one.
    const auto alone = router::change_setting("", name, value);
    if (const auto* refused = std::get_if<router::SettingRefused>(&alone)) {
        co_return report_failure(refused->reason, ExitCode::wrong_use, line.output);
    }
    const ClusterState before = co_await desk.read();
    if (before.is_empty()) co_return report_no_view(before, line.output);

    for (int attempt = 0; attempt != attempts_max; ++attempt) {
        Answer<bool> known(desk.executor);
        membership::Configuration config(desk.znodes, desk.scheduler,
                                         std::string(router::paths::config),
                                         [told = known.handler()] { told(true); });
        (void)co_await known.take();
        const auto& now = config.value();
        const auto changed = router::change_setting(now ? now->data : "", name, value);
        if (const auto* refused = std::get_if<router::SettingRefused>(&changed)) {
            co_return report_failure("the settings cannot be changed: " + refused->reason,
                                     ExitCode::refused, line.output);
        }
        std::optional<std::int32_t> version;
        if (now) version = now->version;
        desk.so_far = "it may have been set: see `ringcastctl config get " + name + "`";
        Answer<std::error_code> written(desk.executor);
        config.write(
            std::get<std::string>(changed), version,
            [told = written.handler()](std::error_code error, std::int32_t) { told(error); });
        const std::error_code error = co_await written.take();
        if (!error) {
            if (line.command == Command::config_set) {
                const auto settings = router::parse_settings(std::get<std::string>(changed));
                co_return report_settings(settings.value_or(router::ClusterSettings{}), name,
                                          line.output);
            }
            co_return report_success(
                pause ? "Paused: no handoff begins until `ringcastctl resume`." : "Resumed.",
                line.output);
        }
        const bool overtaken = error == membership::Errc::bad_version ||
                               error == membership::Errc::node_exists ||
                               error == membership::Errc::no_node;
        if (!overtaken) throw std::system_error(error);
        desk.so_far = "nothing has changed";
    }
    co_return report_failure("somebody else changes the settings all the time: try again",
                             ExitCode::timed_out, line.output);
}

asio::awaitable<Report> drain(Desk& desk) {
    const CommandLine& line = desk.line;
    const std::string& id = line.argument;
    if (line.timeout) desk.deadline = std::chrono::steady_clock::now() + *line.timeout;
    const ClusterState state = co_await desk.read();
    if (auto refused = report_not_drained(state, id, line.force, line.output)) {
        co_return *std::move(refused);
    }
    const router::GatewayEntry* gateway = state.gateway(id);
    if (const std::string trouble = co_await trouble_at(desk, *gateway); !trouble.empty()) {
        co_return report_failure("gateway " + id + " " + trouble, ExitCode::incomplete,
                                 line.output);
    }
    std::string target = "/drain";
    if (line.drain_rate) target += "?rate=" + std::to_string(*line.drain_rate);
    desk.so_far = "gateway " + id + " may have begun: see `ringcastctl status`";
    Answer<AdminAnswer> asked(desk.executor);
    ask_gateway(desk.executor, gateway->admin_url, "POST", target,
                desk.gateways_within(gateway_timeout), asked.handler());
    const AdminAnswer answer = co_await asked.take();
    if (!answer.trouble.empty()) {
        co_return report_failure("gateway " + id + " " + answer.trouble, ExitCode::incomplete,
                                 line.output);
    }
    if (answer.status != 202) {
        co_return report_failure("gateway " + id + " refuses: " + error_in(answer.body),
                                 ExitCode::refused, line.output);
    }
    desk.so_far = "gateway " + id + " goes on sending its clients elsewhere, and then ends";
    const std::uint64_t sessions = gateway->load.clients;
    Drained drained{!line.detach, !others_serve(state, *gateway)};
    if (line.detach) co_return report_drained(id, sessions, drained, line.output);

    Screen screen(std::cerr, STDERR_FILENO, Screen::Elsewhere::nothing);
    GatewayEnd end(*gateway);
    while (true) {
        if (const std::optional<ClusterState> now = co_await desk.look()) {
            drained.last = !others_serve(*now, *gateway);
            end.look(*now);
            if (end.has_ended()) break;
            screen.show(id + ": " + std::to_string(end.clients()) + " of " +
                        std::to_string(sessions) + " clients left");
        } else {
            end.look_failed();
            screen.show(no_answer);
        }
        if (desk.deadline && std::chrono::steady_clock::now() > *desk.deadline) {
            screen.clear();
            co_return report_not_ended(id, end, line.output);
        }
        co_await desk.pause(drain_interval);
    }
    screen.clear();
    co_return report_drained(id, sessions, drained, line.output);
}

}  // namespace ringcast::ctl
