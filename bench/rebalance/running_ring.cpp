#include "running_ring.hpp"

#include "child_process.hpp"
#include "ringcast/membership/errc.hpp"
#include "when_text.hpp"
#include "zookeeper_place.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

#include <cassert>
#include <future>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace ringcast::bench {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto connect_within = 5s;
/// For what takes a moment, and for the lock.
constexpr auto answer_within = 15s;

}  // namespace

RunningRing::RunningRing(ctl::CommandLine line, std::shared_ptr<spdlog::logger> log)
    : line_(std::move(line)), log_(std::move(log)) {
    const ctl::ZooKeeperPlace place = ctl::zookeeper_place(line_);
    if (!place.faults.empty()) throw std::runtime_error(place.faults);
    loop_.call([&] {
        znodes_ = membership::make_zookeeper(loop_.scheduler(), place.options, log_);
        desk_.reset(new ctl::Desk{line_, loop_.context().get_executor(), loop_.scheduler(),
                                  *znodes_, ctl::Desk::who_asks()});
        change_ = std::make_unique<ChangeWatch>(*znodes_, loop_.scheduler(), log_);
    });
    const bool connected = test::wait_until(
        [this] {
            return loop_.call(
                [this] { return znodes_->session().state == membership::SessionState::connected; });
        },
        connect_within);
    if (!connected) {
        close();
        throw std::runtime_error("no answer from ZooKeeper at " + line_.zookeeper +
                                 ": is the ensemble up, and is --zookeeper right?");
    }
}

RunningRing::~RunningRing() {
    close();
}

void RunningRing::close() {
    loop_.call([this] {
        undo_.reset();
        change_.reset();
        desk_.reset();
        znodes_.reset();
    });
    loop_.stop();
}

/// Runs it on the loop's thread; what it throws is thrown here.
template <typename Result>
Result RunningRing::await(asio::awaitable<Result> work) {
    std::promise<Result> promise;
    auto future = promise.get_future();
    asio::cancellation_signal stop;
    loop_.call([&] {
        asio::co_spawn(
            loop_.context(), std::move(work),
            asio::bind_cancellation_slot(
                stop.slot(), [&promise](const std::exception_ptr& thrown, Result result) {
                    if (thrown) return promise.set_exception(thrown);
                    promise.set_value(std::move(result));
                }));
    });
    if (future.wait_for(answer_within) != std::future_status::ready) {
        loop_.call([&] { stop.emit(asio::cancellation_type::terminal); });
    }
    future.wait();
    loop_.call([] {});  // whoever set the result is done with `stop` and `promise`
    try {
        return future.get();
    } catch (const std::system_error& error) {
        if (error.code() == membership::Errc::no_permission) {
            throw std::runtime_error("ZooKeeper refuses access to cluster " + line_.cluster +
                                     ": give the right --digest-file");
        }
        throw std::runtime_error("ZooKeeper does not answer (" + error.code().message() + ")");
    } catch (const boost::system::system_error&) {  // of what was cancelled: no std::system_error
        throw std::runtime_error("ZooKeeper does not answer in time");
    }
}

ctl::ClusterState RunningRing::read(ctl::ClusterReader::Depth depth) {
    return await(desk_->read(depth));
}

/// What comes of it is on the desk and in the watch as soon as it is known: whatever fails
/// afterwards, it is not forgotten that it was asked for.
asio::awaitable<ctl::Asked> RunningRing::put(std::string what, ChangeWatch& watch, Make make) {
    desk_->so_far.clear();
    ctl::Locked locked = co_await ctl::take_lock(*desk_, std::move(what));
    if (!locked.lock) throw std::runtime_error("the operators' lock is held by " + locked.holder);
    const ctl::ClusterState state = co_await desk_->read(ctl::ClusterReader::Depth::history);
    const router::Request request = make(state);
    watch.begin();
    ctl::Asked asked = co_await ctl::ask(*desk_, locked, request);
    watch.asked_as(asked.name);
    co_await ctl::release(*desk_, locked);
    co_return asked;
}

void RunningRing::ask(const LiveTarget& target) {
    (void)await(
        put(ctl::text_of(target.request), *change_, [&target](const ctl::ClusterState& now) {
            check_still(now, target);
            return target.request;
        }));
}

void RunningRing::undo(const LiveTarget& target) {
    const std::string entry = loop_.call([this] {
        undo_ = std::make_unique<ChangeWatch>(*znodes_, loop_.scheduler(), log_);
        return change_->fate().entry;
    });
    assert(!entry.empty());
    (void)await(put("undo " + entry, *undo_, [&target, entry](const ctl::ClusterState& now) {
        return undo_for(now, entry, target.request);
    }));
}

Phases RunningRing::phases() {
    return loop_.call([this] { return followed().phases(); });
}

std::string RunningRing::left_as() {
    return loop_.call([this] {
        Fate change = change_->fate();
        Fate undo = undo_ ? undo_->fate() : Fate{};
        // What the desk tells is of what was asked for last.
        Fate& last = undo.stage == Fate::Stage::not_asked ? change : undo;
        last.so_far = desk_->so_far;
        if (last.stage == Fate::Stage::unsure && last.so_far.empty()) last = {};
        return text_of(change, undo);
    });
}

router::View RunningRing::view() {
    return loop_.call([this] {
        if (!change_->record()) throw std::runtime_error("there is no view of the ring");
        return change_->record()->in_force;
    });
}

}  // namespace ringcast::bench
