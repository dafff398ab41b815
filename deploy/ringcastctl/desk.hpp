#pragma once

#include "awaiting.hpp"
#include "cluster.hpp"
#include "cluster_state.hpp"
#include "command_line.hpp"
#include "progress.hpp"
#include "ringcast/membership/errc.hpp"
#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace ringcast::ctl {

/// Where progress is shown: drawn again and again on a terminal; elsewhere a line whenever it
/// changes, or nothing.
class Screen {
public:
    enum class Elsewhere { lines, nothing };
    Screen(std::ostream& out, int descriptor, Elsewhere elsewhere);
    ~Screen() { clear(); }
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    void show(Progress progress);
    void show(const std::string& line);  ///< instead of all that was shown
    void clear();                        ///< on a terminal: as if nothing had been shown
    void keep() { drawn_ = 0; }          ///< what is shown stays there

    /// Whether what is shown is read by nobody, as when the reader of a pipe has ended.
    [[nodiscard]] bool is_gone() const;

private:
    void measure();
    void draw(const std::vector<std::string>& lines, const std::string& line);

    std::ostream& out_;
    const int descriptor_;
    const bool terminal_;
    const Elsewhere elsewhere_;
    std::size_t width_ = 80;
    std::size_t height_ = 0;  ///< in lines; 0: not known
    std::size_t drawn_ = 0;   ///< lines on the terminal
    std::string last_;
    Countdown countdown_;
};

/// Shown in place of what cannot be read.
inline constexpr const char* no_answer = "ZooKeeper does not answer at the moment";

/// What every command works with: the cluster, the clock, and what it was told on its command line.
/// Its coroutines throw `system_error` when the cluster cannot be read or the program ends.
class Desk {
public:
    const CommandLine& line;
    boost::asio::any_io_executor executor;
    membership::Scheduler& scheduler;
    membership::Znodes& znodes;
    std::string who;  ///< "eve@admin-1"
    /// What has come of the command so far, for whom it is cut short: nothing asked for, perhaps,
    /// or what goes on without him. Kept by each command that asks for something, before it sends
    /// and again when it was answered; empty for the others.
    std::string so_far = {};
    Silence silence = {};  ///< of ZooKeeper, for `look`
    /// When the command is cut short, unless it knows its own end.
    std::optional<std::chrono::steady_clock::time_point> deadline = {};
    std::string awaited = {};  ///< the gateway whose answer is waited for; empty: ZooKeeper

    [[nodiscard]] static std::int64_t unix_seconds();
    /// Who runs this program, for `who`: printable characters only.
    [[nodiscard]] static std::string who_asks();

    [[nodiscard]] boost::asio::awaitable<ClusterState> read(
        ClusterReader::Depth depth = ClusterReader::Depth::now) const;

    /// The same for those who look again and again: nothing when there is no answer within `limit`
    /// or the session is suspended or lost; the next one comes by itself. Throws when ZooKeeper is
    /// silent for too long, unless the command line says how long to wait.
    [[nodiscard]] boost::asio::awaitable<std::optional<ClusterState>> look(
        std::chrono::milliseconds limit = look_limit);
    static constexpr std::chrono::seconds look_limit{5};

    /// Asks gateways for their status, all at once, into `state.told`: the leader, or everybody.
    /// Who does not answer soon is in there with its trouble.
    enum class Whom { leader, everybody };
    [[nodiscard]] boost::asio::awaitable<void> ask(ClusterState& state, Whom whom);

    /// How long gateways are waited for: half of what is left at most, so that what is known
    /// without them can be told in time.
    [[nodiscard]] std::chrono::milliseconds gateways_within(std::chrono::milliseconds most) const;

    /// What is asked of ZooKeeper until it answers, for as long as the command line says or silence
    /// may last. Throws when that is over.
    template <typename Value>
    [[nodiscard]] boost::asio::awaitable<Value> patiently(Answer<Value>& answer) const {
        const std::chrono::milliseconds patience = line.timeout.value_or(Silence::longest);
        const bool answered = co_await answer.within(patience);
        if (!answered) throw no_answer_in_time();
        co_return std::move(answer.value());
    }

    /// For who waited for ZooKeeper in vain: whose fault that is depends on who set the limit.
    [[nodiscard]] std::system_error no_answer_in_time() const {
        if (line.timeout) return std::system_error(std::make_error_code(std::errc::timed_out));
        return std::system_error(membership::Errc::unknown_outcome);
    }

    [[nodiscard]] boost::asio::awaitable<void> pause(std::chrono::milliseconds time) const;

    /// The request with who asks and when.
    [[nodiscard]] router::Request signed_request(router::Request request) const;
};

}  // namespace ringcast::ctl
