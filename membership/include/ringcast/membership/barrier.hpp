#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <system_error>

namespace ringcast::membership {

/// A place where a set of processes meet: each enters under its name, somebody waits until all
/// have, and clears the place afterwards. Entries are persistent: who entered has entered, alive or
/// not.
///
/// Calls wait for a connection and are carried through reconnects. Destroying it drops their
/// handlers.
class Barrier {
public:
    using Handler = std::function<void(std::error_code)>;

    /// `path` is that of one meeting: "/acks/17/prepare".
    Barrier(Znodes& znodes, Scheduler& scheduler, std::string path);
    Barrier(Barrier&&) noexcept;
    Barrier& operator=(Barrier&&) noexcept;
    ~Barrier();

    /// Makes the path if it is missing. Entering twice is entering once. Who enters after `clear`
    /// leaves an entry that the one who clears has to find later: clear "/acks/16" too.
    void enter(std::string name, Handler handler);

    /// Removes the path with everything below it; one that is not there counts as success.
    void clear(Handler handler);

    class Place;  // hidden

private:
    std::shared_ptr<Place> place_;
};

/// Waits at a barrier. The names waited for may change meanwhile: whoever vanished is not waited
/// for.
class BarrierWait {
public:
    using Names = std::set<std::string, std::less<>>;
    using Observer = std::function<void()>;

    /// The observer is told whenever `missing` may have changed; never from inside a call.
    BarrierWait(Znodes& znodes, Scheduler& scheduler, std::string path, Names names,
                Observer observer);
    BarrierWait(BarrierWait&&) noexcept;
    BarrierWait& operator=(BarrierWait&&) noexcept;
    ~BarrierWait();

    /// Whether all have entered (and the place was read at least once).
    [[nodiscard]] bool complete() const;
    [[nodiscard]] Names missing() const;
    [[nodiscard]] Names entered() const;

    void expect(Names names);

    class Watcher;  // hidden

private:
    std::shared_ptr<Watcher> watcher_;
};

}  // namespace ringcast::membership
