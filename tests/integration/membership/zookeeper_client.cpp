#include "zookeeper_client.hpp"

#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <utility>

namespace ringcast::test {

using membership::Errc;
using membership::Session;
using membership::SessionState;

ZooKeeperClient::ZooKeeperClient(LoopScheduler& scheduler, membership::ZooKeeperOptions options)
    : scheduler_(scheduler) {
    // Level info: the client library's own words, from its threads, stay out.
    auto log = std::make_shared<spdlog::logger>(
        "zookeeper", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text_));
    znodes_ = membership::make_zookeeper(scheduler, std::move(options), std::move(log));
    observation_ = znodes_->observe([this](const Session& now) { told_.push_back(now); });
}

bool ZooKeeperClient::was_told(SessionState state) const {
    return std::ranges::any_of(told_, [&](const Session& now) { return now.state == state; });
}

std::size_t ZooKeeperClient::times_logged(std::string_view words) const {
    const auto text = logged();
    std::size_t times = 0;
    for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1))
        ++times;
    return times;
}

bool ZooKeeperClient::becomes(SessionState wanted) {
    return scheduler_.run_until([&] { return state() == wanted; });
}

bool ZooKeeperClient::becomes_connected_anew(std::int64_t than_session) {
    return scheduler_.run_until(
        [&] { return state() == SessionState::connected && session() != than_session; });
}

std::error_code ZooKeeperClient::create(const std::string& path, const std::string& data,
                                        Mode mode) {
    auto answer = std::make_shared<std::optional<std::error_code>>();
    znodes_->create(path, data, mode,
                    [answer](std::error_code error, const std::string&) { *answer = error; });
    EXPECT_TRUE(scheduler_.run_until([&] { return answer->has_value(); })) << "create " << path;
    return answer->value_or(Errc::unavailable);
}

ZooKeeperClient::Read ZooKeeperClient::get(const std::string& path, Znodes::Watch watch) {
    auto answer = std::make_shared<std::optional<Read>>();
    znodes_->get(path, std::move(watch),
                 [answer](std::error_code error, std::string data, membership::Stat stat) {
                     *answer = Read{error, std::move(data), stat};
                 });
    EXPECT_TRUE(scheduler_.run_until([&] { return answer->has_value(); })) << "get " << path;
    return answer->value_or(Read{.error = Errc::unavailable});
}

bool ZooKeeperClient::exists(const std::string& path) {
    auto answer = std::make_shared<std::optional<bool>>();
    znodes_->exists(path, {},
                    [answer](std::error_code error, std::optional<membership::Stat> stat) {
                        *answer = !error && stat;
                    });
    EXPECT_TRUE(scheduler_.run_until([&] { return answer->has_value(); })) << "exists " << path;
    return answer->value_or(false);
}

std::vector<std::string> ZooKeeperClient::children(const std::string& path) {
    auto answer = std::make_shared<std::optional<std::vector<std::string>>>();
    znodes_->children(path, {},
                      [answer](std::error_code, std::vector<std::string> names, membership::Stat) {
                          *answer = std::move(names);
                      });
    EXPECT_TRUE(scheduler_.run_until([&] { return answer->has_value(); })) << "children " << path;
    auto names = answer->value_or(std::vector<std::string>{});
    std::ranges::sort(names);
    return names;
}

void ZooKeeperTest::SetUp() {
    if (const auto missing = ZooKeeperServer::missing()) GTEST_SKIP() << *missing;
}

}  // namespace ringcast::test
