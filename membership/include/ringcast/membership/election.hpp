#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

namespace ringcast::membership {

class PlaceInLine;  // hidden

/// Stands for election for as long as it lives: the candidate with the lowest sequential ephemeral
/// entry leads, each of the others watches the one before it.
///
///     waiting ---- first in line, own entry verified under the present session ---> leading
///        ^                                                                            |
///        +----- suspended, lost, or own entry gone (checked again on reconnect) <-----+
///
/// At most one candidate leads *as far as the service knows*; one that is cut off may believe in
/// itself until it hears `suspended`. So whoever acts as leader writes against a version or shows
/// the `term`, which is greater for every later leader, and is obeyed only if no greater one was
/// seen.
///
/// Lives on the thread of its scheduler; znodes and scheduler outlive it. May be destroyed at any
/// time, also by its own observer; that resigns.
class Election {
public:
    struct Options {
        std::string path;    ///< "/coordinator"; made if it is missing
        std::string prefix;  ///< "c-"; entries are named <prefix><id>-<ten digits>
        std::string id;      ///< of this candidate: printable, without a slash, no two alive alike
        std::string data;    ///< what the entry says, for `leader`
    };
    using Observer = std::function<void(bool leading)>;

    /// The observer is told of every change; never from inside a call.
    Election(Znodes& znodes, Scheduler& scheduler, Options options, Observer observer);
    Election(Election&&) noexcept;
    Election& operator=(Election&&) noexcept;
    ~Election();

    [[nodiscard]] bool leading() const;

    /// The fencing token: the transaction that made the leader's entry. 0 unless leading.
    [[nodiscard]] std::int64_t term() const;

    /// Asks who leads: what the first entry says; nothing when there is none. Waits for a
    /// connection.
    using LeaderHandler = std::function<void(std::error_code, std::optional<std::string> data)>;
    void leader(LeaderHandler handler);

private:
    std::shared_ptr<PlaceInLine> place_;
};

}  // namespace ringcast::membership
