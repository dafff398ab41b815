// ringcastctl: connects, asks, prints, ends. What is printed is decided in report.hpp; what is read
// and written in cluster.hpp; here they meet the clock, the terminal and ZooKeeper.

#include "cluster.hpp"
#include "command_line.hpp"
#include "report.hpp"
#include "ringcast/membership/zookeeper.hpp"
#include "ringcast/router/asio_scheduler.hpp"

#include <boost/asio/io_context.hpp>
#include <pwd.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <exception>
#include <fstream>
#include <iostream>

namespace ringcast::ctl {
namespace {

using namespace std::chrono_literals;

/// Whoever has not answered by then is not there: no operator wants to wait longer to hear that.
constexpr auto connect_within = std::chrono::milliseconds(5s);

/// "eve@admin-1", of printable characters only.
std::string who_asks() {
    const passwd* user = ::getpwuid(::getuid());  // NOLINT(concurrency-mt-unsafe)
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    std::string who =
        (user != nullptr ? user->pw_name : "uid " + std::to_string(::getuid())) + "@" + host.data();
    std::erase_if(who, [](char c) { return c < ' ' || c > '~'; });
    return who;
}

class Program {
public:
    Program(CommandLine line, const membership::ZooKeeperOptions& zookeeper)
        : line_(std::move(line)),
          scheduler_(router::make_asio_scheduler(context_.get_executor())),
          log_(spdlog::stderr_color_mt("ringcastctl")) {
        log_->set_level(line_.verbose ? spdlog::level::debug : spdlog::level::off);
        znodes_ = membership::make_zookeeper(*scheduler_, zookeeper, log_);
    }

    Report run() {
        const auto to_connect = std::min(line_.timeout, connect_within);
        timeout_ = scheduler_->after(to_connect, [this, to_connect] {
            end(report_failure(
                "no answer from ZooKeeper at " + line_.zookeeper + " within " +
                    seconds(to_connect) +
                    ": is the ensemble up, and is --zookeeper (or RINGCAST_ZOOKEEPER) "
                    "right?",
                ExitCode::not_reachable, line_.output));
        });
        session_ = znodes_->observe([this](const membership::Session&) { start(); });
        scheduler_->post([this] { start(); });
        context_.run();
        return std::move(report_);
    }

private:
    static std::string seconds(std::chrono::milliseconds time) {
        const auto tenths = (time.count() + 50) / 100;
        return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
    }

    void start() {
        if (started_ || znodes_->session().state != membership::SessionState::connected) return;
        started_ = true;
        timeout_ = scheduler_->after(line_.timeout, [this] { time_out(); });
        if (line_.command == Command::status || line_.command == Command::locate) {
            read([this](const ClusterState& state) {
                end(line_.command == Command::status
                        ? report_status(state, line_.output)
                        : report_locate(state, line_.argument, line_.output));
            });
            return;
        }
        router::Request request;
        request.kind = line_.command == Command::add ? router::Request::Kind::add
                                                     : router::Request::Kind::remove;
        request.node = line_.argument;
        request.by = who_asks();
        request.at = std::chrono::duration_cast<std::chrono::seconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
        petition_.emplace(*znodes_, *scheduler_, request,
                          [this](std::error_code error, const router::HistoryEntry& entry) {
                              if (error) return fail(error);
                              end(report_change(entry, line_.output));
                          });
        progress_ = scheduler_->after(1s, [this] { show_progress(); });
    }

    template <typename Then>
    void read(Then then) {
        reader_.emplace(*znodes_, line_.cluster,
                        [this, then](std::error_code error, const ClusterState& state) {
                            if (error) return fail(error);
                            then(state);
                        });
    }

    void fail(std::error_code error) {
        std::string what = error.message();
        if (error == membership::Errc::no_permission) {
            what = "ZooKeeper refuses access to cluster " + line_.cluster +
                   ": give the right --digest-file";
        }
        end(report_failure(what, ExitCode::not_reachable, line_.output));
    }

    /// On a terminal the operator sees that it goes on, and what it waits for.
    void show_progress() {
        if (::isatty(STDERR_FILENO) != 0) {
            std::cerr << "\r\x1b[Kwaiting";
            if (!petition_->name().empty()) std::cerr << " for request " << petition_->name();
            if (petition_->before() != 0)
                std::cerr << ", after " << petition_->before() << " others";
            std::cerr << " ..." << std::flush;
            progress_shown_ = true;
        }
        progress_ = scheduler_->after(1s, [this] { show_progress(); });
    }

    void time_out() {
        if (!petition_ || petition_->name().empty()) {
            return end(
                report_failure("ZooKeeper stopped answering", ExitCode::timed_out, line_.output));
        }
        // One look at the cluster, to tell why; and no longer wait for that than a moment.
        timeout_ = scheduler_->after(
            2s, [this] { end(report_waiting(petition_->name(), ClusterState{}, line_.output)); });
        read([this](const ClusterState& state) {
            end(report_waiting(petition_->name(), state, line_.output));
        });
    }

    void end(Report report) {
        if (progress_shown_) std::cerr << "\r\x1b[K";
        report_ = std::move(report);
        context_.stop();
    }

    CommandLine line_;
    boost::asio::io_context context_{1};
    std::unique_ptr<membership::Scheduler> scheduler_;
    std::shared_ptr<spdlog::logger> log_;
    std::unique_ptr<membership::Znodes> znodes_;
    membership::Token session_;
    membership::Token timeout_;
    membership::Token progress_;
    std::optional<ClusterReader> reader_;
    std::optional<Petition> petition_;
    bool started_ = false;
    bool progress_shown_ = false;
    Report report_;
};

/// Every fault, one a line; empty when all is well.
std::string prepare(const CommandLine& line, membership::ZooKeeperOptions& options) {
    std::string faults;
    options.hosts = line.zookeeper;
    options.root = "/ringcast/" + line.cluster;
    if (!line.digest_file.empty()) {
        std::ifstream file(line.digest_file);
        std::string digest;
        std::getline(file, digest);
        const std::size_t colon = digest.find(':');
        if (colon == std::string::npos) {
            faults +=
                "--digest-file '" + line.digest_file + "' cannot be read or is not user:password\n";
        } else {
            options.user = digest.substr(0, colon);
            options.password = digest.substr(colon + 1);
        }
    }
    for (const std::string& fault : membership::faults_in(options)) faults += fault + "\n";
    return faults;
}

int run(int argc, char** argv) {
    const Parsed parsed = parse(argc, argv);
    if (parsed.exit) {
        (*parsed.exit == ExitCode::done ? std::cout : std::cerr) << parsed.text;
        return *parsed.exit;
    }
    membership::ZooKeeperOptions options;
    if (const std::string faults = prepare(parsed.line, options); !faults.empty()) {
        std::cerr << faults << "Run with --help for more information.\n";
        return ExitCode::wrong_use;
    }
    const Report report = Program(parsed.line, options).run();
    std::cout << report.text << std::flush;
    std::cerr << report.error;
    return report.exit;
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
