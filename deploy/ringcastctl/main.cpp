// ringcastctl: connects, lets the command do its work, prints, ends. What is printed is decided in
// report.hpp; what is asked of whom in commands.hpp; here they meet the clock, the terminal,
// signals and ZooKeeper.

#include "admin_client.hpp"
#include "commands.hpp"
#include "ringcast/membership/log.hpp"
#include "ringcast/membership/zookeeper.hpp"
#include "ringcast/router/asio_scheduler.hpp"
#include "when_text.hpp"
#include "zookeeper_place.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>

namespace ringcast::ctl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// Whoever has not answered by then is not there: no operator wants to wait longer to hear that.
constexpr milliseconds connect_within = 5s;
/// For what takes a moment, unless the command line says otherwise.
constexpr milliseconds moment = 15s;

/// Commands that wait for something to be done decide themselves how long.
bool has_own_patience(Command command) {
    switch (command) {
        case Command::change:
        case Command::undo:
        case Command::cancel:
        case Command::drain:
            return true;
        default:
            return false;
    }
}

/// What has come of a command that has asked nobody for anything yet; empty when it never will.
std::string nothing_done(Command command) {
    switch (command) {
        case Command::change:
        case Command::undo:
        case Command::cancel:
        case Command::drain:
        case Command::pause:
        case Command::resume:
        case Command::config_set:
            return "nothing was asked for, nothing has changed";
        default:
            return "";
    }
}

class Program {
public:
    Program(CommandLine line, const membership::ZooKeeperOptions& zookeeper)
        : line_(std::move(line)),
          scheduler_(router::make_asio_scheduler(context_.get_executor())),
          log_(membership::make_log("ringcastctl", line_.verbose ? "debug" : "off")) {
        znodes_ = membership::make_zookeeper(*scheduler_, zookeeper, log_);
    }

    Report run() {
        const auto to_connect = std::min(line_.timeout.value_or(connect_within), connect_within);
        timeout_ = scheduler_->after(to_connect, [this, to_connect] {
            end(report_failure(
                "no answer from ZooKeeper at " + line_.zookeeper + " within " +
                    duration_text(std::chrono::duration<double>(to_connect).count()) +
                    ": is the ensemble up, and is --zookeeper (or RINGCAST_ZOOKEEPER) right?",
                ExitCode::not_reachable, line_.output));
        });
        session_ = znodes_->observe([this](const membership::Session&) { start(); });
        scheduler_->post([this] { start(); });
        signals_.async_wait([this](boost::system::error_code error, int) {
            if (!error) interrupt();
        });
        context_.run();
        return std::move(report_);
    }

    /// Requires: it has run.
    void end_session() { znodes_.reset(); }

private:
    void start() {
        if (started_ || znodes_->session().state != membership::SessionState::connected) return;
        started_ = true;
        timeout_.reset();
        desk_.emplace(Desk{line_, context_.get_executor(), *scheduler_, *znodes_, Desk::who_asks(),
                           nothing_done(line_.command)});
        if (!has_own_patience(line_.command) &&
            (line_.timeout || line_.command != Command::watch)) {
            const milliseconds limit = line_.timeout.value_or(moment);
            desk_->deadline = std::chrono::steady_clock::now() + limit;
            timeout_ = scheduler_->after(limit, [this] { time_out(); });
        }
        asio::co_spawn(context_, carry_out(*desk_),
                       asio::bind_cancellation_slot(
                           stop_.slot(), [this](const std::exception_ptr& thrown, Report report) {
                               if (given_up_) {
                                   report = *given_up_;
                               } else if (thrown) {
                                   report = report_of(thrown);
                               }
                               end(std::move(report));
                           }));
    }

    void time_out() {
        if (line_.command == Command::watch) return give_up("it goes on", ExitCode::timed_out);
        if (desk_->awaited.empty()) {
            return give_up("ZooKeeper stopped answering", ExitCode::timed_out);
        }
        give_up("gateway " + desk_->awaited + " does not answer in time", ExitCode::timed_out);
    }

    /// The command comes to its end by an exception, and gives back what it holds on the way.
    void give_up(std::string_view why, ExitCode exit) {
        given_up_ = report_of(why, desk_->so_far, exit);
        stop_.emit(asio::cancellation_type::terminal);
    }

    void interrupt() {
        if (started_) return give_up("interrupted", ExitCode::interrupted);
        end(report_of("interrupted", nothing_done(line_.command), ExitCode::interrupted));
    }

    Report report_of(std::string_view why, const std::string& so_far, ExitCode exit) const {
        std::string what(why);
        if (!so_far.empty()) what += ": " + so_far;
        return report_failure(what, exit, line_.output);
    }

    Report report_of(const std::exception_ptr& thrown) const {
        try {
            std::rethrow_exception(thrown);
        } catch (const std::system_error& error) {
            std::string what = error.code().message();
            if (is_interruption(error.code())) what = "ZooKeeper does not answer";
            if (error.code() == std::errc::timed_out) {
                return report_of("ZooKeeper does not answer in time", desk_->so_far,
                                 ExitCode::timed_out);
            }
            if (error.code() == membership::Errc::no_permission) {
                what = "ZooKeeper refuses access to cluster " + line_.cluster +
                       ": give the right --digest-file";
            }
            return report_of(what, desk_->so_far, ExitCode::not_reachable);
        } catch (const std::exception& error) {
            return report_of(error.what(), desk_->so_far, ExitCode::refused);
        }
    }

    void end(Report report) {
        report_ = std::move(report);
        context_.stop();
    }

    const CommandLine line_;
    asio::io_context context_{1};
    std::unique_ptr<membership::Scheduler> scheduler_;
    std::shared_ptr<spdlog::logger> log_;
    std::unique_ptr<membership::Znodes> znodes_;
    asio::signal_set signals_{context_, SIGINT, SIGTERM};
    asio::cancellation_signal stop_;
    std::optional<Desk> desk_;
    std::optional<Report> given_up_;
    membership::Token session_;
    membership::Token timeout_;
    bool started_ = false;
    Report report_;
};

/// An answer that could not be written is none.
int print(const Report& report) {
    errno = 0;
    std::cout << report.text << std::flush;
    std::cerr << report.error;
    if (std::cout) return report.exit;
    if (report.error.empty()) {
        std::cerr << "ringcastctl: the output could not be written: "
                  << std::generic_category().message(errno) << "\n";
    }
    return report.exit == ExitCode::done ? ExitCode::incomplete : report.exit;
}

int run(int argc, char** argv) {
    const Parsed parsed = parse(argc, argv);
    if (parsed.exit) {
        return print({parsed.text, parsed.error, static_cast<ExitCode>(*parsed.exit)});
    }
    const ZooKeeperPlace place = zookeeper_place(parsed.line);
    if (!place.faults.empty()) {
        return print(report_failure(place.faults.substr(0, place.faults.size() - 1),
                                    ExitCode::wrong_use, parsed.line.output));
    }
    Program program(parsed.line, place.options);
    const int exit = print(program.run());  // the end of the session may take a while
    if (is_looking_up()) {
        program.end_session();
        std::_Exit(exit);
    }
    return exit;
}

}  // namespace
}  // namespace ringcast::ctl

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return ringcast::ctl::run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "ringcastctl: " << error.what() << "\n";
        return ringcast::ctl::ExitCode::refused;
    }
}
