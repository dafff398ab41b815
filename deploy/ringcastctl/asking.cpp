#include "asking.hpp"

#include "report.hpp"
#include "ringcast/membership/queue.hpp"
#include "ringcast/membership/random_id.hpp"
#include "waiting_alike.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <system_error>
#include <utility>

namespace ringcast::ctl {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// Another operator's command holds the lock for a moment only, unless somebody is in trouble.
constexpr std::chrono::milliseconds lock_patience = 5s;
constexpr std::chrono::milliseconds release_patience = 2s;

using Pushed = std::pair<std::error_code, std::string>;

std::string goes_on(const std::string& request) {
    return "request " + request + " stays in the queue, or goes on: `ringcastctl cancel " +
           request + "` takes it back";
}

asio::awaitable<Pushed> push(Desk& desk, const router::Request& request) {
    membership::Queue queue(desk.znodes, desk.scheduler,
                            {std::string(router::paths::requests), "r-", membership::random_id()});
    Answer<Pushed> pushed(desk.executor);
    queue.push(encode(desk.signed_request(request)),
               [told = pushed.handler()](std::error_code error, std::string name) {
                   told({error, std::move(name)});
               });
    Pushed outcome = co_await desk.patiently(pushed);
    co_return outcome;
}

}  // namespace

asio::awaitable<Locked> take_lock(Desk& desk, std::string what) {
    Answer<bool> held(desk.executor);
    Locked made;
    made.lock = std::make_unique<OperatorLock>(
        desk.znodes, desk.scheduler, LockHolder{desk.who, std::move(what), Desk::unix_seconds()},
        held.handler());
    const auto patience = std::min(desk.line.timeout.value_or(lock_patience), lock_patience);
    if (co_await held.within(patience)) co_return made;
    Answer<std::optional<std::string>> holder(desk.executor);
    made.lock->holder(holder.handler());
    if (!co_await holder.within(release_patience) || !holder.value()) {
        throw desk.no_answer_in_time();  // not a word on the lock
    }
    made.lock.reset();
    made.holder = LockHolder::text(*holder.value(), Desk::unix_seconds());
    co_return made;
}

asio::awaitable<void> release(Desk& desk, Locked& locked) {
    Answer<bool> released(desk.executor);
    locked.lock->release(released.handler());
    (void)co_await released.within(release_patience);  // else it goes with the session
}

asio::awaitable<Asked> ask(Desk& desk, const Locked& locked, const router::Request& request) {
    assert(locked.lock);
    (void)locked;
    const ClusterState state = co_await desk.read();
    if (const QueuedRequest* alike = waiting_alike(state, request)) {
        desk.so_far = goes_on(alike->name);
        co_return Asked{alike->name, true};
    }
    desk.so_far = "it may be in the queue or not: see `ringcastctl requests`";
    Pushed pushed = co_await push(desk, request);
    if (pushed.first) throw std::system_error(pushed.first);
    desk.so_far = goes_on(pushed.second);
    co_return Asked{std::move(pushed.second), false};
}

}  // namespace ringcast::ctl
