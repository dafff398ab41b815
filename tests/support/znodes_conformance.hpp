#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace ringcast::test {

/// What the conformance suite runs on: an empty tree of its own and several clients on it. One is
/// made for each test. Everything lives on one thread, the test's: it runs only inside
/// `eventually`.
///
/// To run the suite over an implementation, link `ringcast_znodes_conformance` (an object library)
/// into a test executable with GTest::gtest_main and define there
///
///     std::unique_ptr<ringcast::test::ConformanceWorld> ringcast::test::make_conformance_world();
///
/// All clients are on one server: the tests read through one what another wrote, after `settle`.
/// Servers are best started once for the process and each world given a fresh root. Register the
/// executable with `add_test` when starting a server costs more than a test; use a TEST_PREFIX with
/// `gtest_discover_tests` so that names do not meet those of the in-process run.
class ConformanceWorld {
public:
    virtual ~ConformanceWorld() = default;

    /// The one on which all clients live.
    virtual membership::Scheduler& scheduler() = 0;

    /// A new client with a session of its own, on the same tree as the others. It need not be
    /// connected yet. The tests destroy all of them before the world; destroying closes the
    /// session.
    virtual std::unique_ptr<membership::Znodes> attach() = 0;

    /// Lets the scheduler run until the condition holds: false when it does not within a time in
    /// which any implementation would have got there (half a minute; session time-outs are a few
    /// seconds at most). The condition is looked at after every task or few, and may call this itself.
    virtual bool eventually(const std::function<bool()>& condition) = 0;

    /// Cuts this client off its servers, and lets it come back. The session must survive a few
    /// hundred milliseconds of it. Both return at once; the change of state follows.
    virtual void suspend(membership::Znodes& client) = 0;
    virtual void resume(membership::Znodes& client) = 0;

    /// Makes the service end the client's session, connected or suspended. Its entries go and it is
    /// told `lost` eventually; a new session follows unless it is suspended.
    virtual void expire(membership::Znodes& client) = 0;

    /// Arranges that the connection breaks around the client's next write, so that its outcome is
    /// unknown, and comes back by itself. `done` tells whether the service carries it out. False
    /// when the implementation cannot arrange that: the test is skipped.
    virtual bool break_next_write(membership::Znodes& client, bool done) = 0;
};

/// Defined by the executable that runs the suite.
std::unique_ptr<ConformanceWorld> make_conformance_world();

/// The base of all suites: a world, two connected clients, and every call with its answer awaited.
class ZnodesConformance : public testing::Test {
protected:
    using Znodes = membership::Znodes;
    using Mode = membership::Mode;
    using Stat = membership::Stat;

    struct Read {
        std::error_code error;
        std::string data;
        Stat stat;
    };
    struct Listing {
        std::error_code error;
        std::vector<std::string> names;  // sorted
        Stat stat;
    };

    ZnodesConformance();
    ~ZnodesConformance() override;

    membership::Scheduler& scheduler() { return world->scheduler(); }
    bool eventually(const std::function<bool()>& condition) { return world->eventually(condition); }

    /// A further client, connected.
    std::unique_ptr<Znodes> another();
    bool connected(const Znodes& client);  ///< waits for it

    /// Lets everything that the clients have been sent so far arrive: reads the root through each.
    void settle();

    std::error_code create(Znodes& client, const std::string& path, const std::string& data = "",
                           Mode mode = Mode::persistent, std::string* created = nullptr);
    Read get(Znodes& client, const std::string& path, Znodes::Watch watch = {});
    std::optional<Stat> exists(Znodes& client, const std::string& path, Znodes::Watch watch = {});
    Listing children(Znodes& client, const std::string& path, Znodes::Watch watch = {});
    std::error_code set(Znodes& client, const std::string& path, const std::string& data,
                        std::int32_t version = membership::any_version, Stat* stat = nullptr);
    std::error_code remove(Znodes& client, const std::string& path,
                           std::int32_t version = membership::any_version);

    std::unique_ptr<ConformanceWorld> world;
    std::unique_ptr<Znodes> one;
    std::unique_ptr<Znodes> two;
};

}  // namespace ringcast::test
