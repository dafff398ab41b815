#include "running_ring.hpp"

#include "child_process.hpp"
#include "ringcast/membership/errc.hpp"
#include "undo.hpp"
#include "when_text.hpp"
#include "zookeeper_place.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

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
        watch_ = std::make_unique<ChangeWatch>(*znodes_, loop_.scheduler(), log_);
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
        watch_.reset();
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
    }
}

ctl::ClusterState RunningRing::read(ctl::ClusterReader::Depth depth) {
    return await(desk_->read(depth));
}

asio::awaitable<ctl::Asked> RunningRing::put(const router::Request& request) {
    ctl::Locked locked = co_await ctl::take_lock(*desk_, ctl::text_of(request));
    if (!locked.lock) throw std::runtime_error("the operators' lock is held by " + locked.holder);
    watch_->begin();
    ctl::Asked asked = co_await ctl::ask(*desk_, locked, request);
    watch_->asked_as(asked.name);
    co_await ctl::release(*desk_, locked);
    co_return asked;
}

void RunningRing::ask(const router::Request& request) {
    request_ = await(put(request)).name;
}

Phases RunningRing::phases() {
    return loop_.call([this] { return watch_->phases(); });
}

void RunningRing::undo() {
    const ctl::ClusterState state = read(ctl::ClusterReader::Depth::history);
    for (const ctl::PastChange& past : state.history) {
        if (past.entry.request != request_) continue;
        const ctl::Undo inverse = ctl::undo_of(state.history, past.name);
        if (!inverse.request) throw std::runtime_error("cannot undo: " + inverse.reason);
        loop_.call(
            [this] { watch_ = std::make_unique<ChangeWatch>(*znodes_, loop_.scheduler(), log_); });
        return ask(*inverse.request);
    }
    throw std::runtime_error("cannot undo: history does not know " + request_ + " any more");
}

router::View RunningRing::view() {
    return loop_.call([this] {
        if (!watch_->record()) throw std::runtime_error("there is no view of the ring");
        return watch_->record()->in_force;
    });
}

}  // namespace ringcast::bench
