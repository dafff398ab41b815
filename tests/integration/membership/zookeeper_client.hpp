#pragma once

#include "loop_scheduler.hpp"
#include "ringcast/membership/zookeeper.hpp"
#include "zookeeper_server.hpp"

#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace ringcast::test {

/// A client of a real ZooKeeper with everything a test wants to know of it: what its observer was
/// told and what it logged. Calls are awaited.
class ZooKeeperClient {
public:
    using Znodes = membership::Znodes;
    using Mode = membership::Mode;

    ZooKeeperClient(LoopScheduler& scheduler, membership::ZooKeeperOptions options);

    [[nodiscard]] Znodes& znodes() { return *znodes_; }
    [[nodiscard]] membership::SessionState state() const { return znodes_->session().state; }
    [[nodiscard]] std::int64_t session() const { return znodes_->session().id; }
    [[nodiscard]] const std::vector<membership::Session>& told() const { return told_; }
    [[nodiscard]] bool was_told(membership::SessionState state) const;
    [[nodiscard]] std::string logged() const { return log_text_.str(); }
    [[nodiscard]] std::size_t times_logged(std::string_view words) const;

    bool becomes(membership::SessionState state);
    bool becomes_connected_anew(std::int64_t than_session);

    struct Read {
        std::error_code error{};
        std::string data{};
        membership::Stat stat{};
    };
    std::error_code create(const std::string& path, const std::string& data = "",
                           Mode mode = Mode::persistent);
    Read get(const std::string& path, Znodes::Watch watch = {});
    bool exists(const std::string& path);  ///< false also on an error
    std::vector<std::string> children(const std::string& path);

    void destroy() { znodes_.reset(); }

private:
    LoopScheduler& scheduler_;
    std::ostringstream log_text_;
    std::vector<membership::Session> told_;
    std::unique_ptr<Znodes> znodes_;
    membership::Token observation_;
};

/// The base of tests that start servers of their own.
class ZooKeeperTest : public testing::Test {
protected:
    void SetUp() override;

    bool eventually(const std::function<bool()>& condition,
                    std::chrono::milliseconds limit = std::chrono::seconds{60}) {
        return scheduler.run_until(condition, limit);
    }
    /// Lets things run their course for a while, for what must *not* happen.
    void let_pass(std::chrono::milliseconds time) {
        (void)scheduler.run_until([] { return false; }, time);
    }

    LoopScheduler scheduler;
};

}  // namespace ringcast::test
