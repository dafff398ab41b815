#include "pursuit.hpp"

#include <algorithm>
#include <cassert>

namespace ringcast::membership {
namespace {

using namespace std::chrono_literals;

/// A round that fails while there is a connection is repeated at this pace: soon at first, then
/// slowly enough to bother nobody for as long as the trouble lasts. A new connection starts afresh.
constexpr auto delay_first = 50ms;
constexpr auto delay_max = 2'000ms;

}  // namespace

void Pursuit::begin() {
    observation_ = znodes_.observe(guarded([this](const Session& session) {
        session_changed(session);
        if (stopped_ || session.state != SessionState::connected) return;
        delay_next_ = 0ms;
        wake();
    }));
    wake();
}

void Pursuit::wake() {
    if (stopped_) return;
    due_ = true;
    if (!busy_) start_round();
}

void Pursuit::start_round() {
    if (znodes_.session().state != SessionState::connected) return;  // its return wakes us
    delay_.reset();
    busy_ = true;
    due_ = false;
    round();
}

void Pursuit::rest() {
    assert(busy_);
    busy_ = false;
    trouble_ = {};
    delay_next_ = 0ms;
    if (due_) start_round();
}

void Pursuit::again() {
    assert(busy_);
    busy_ = false;
    start_round();
}

void Pursuit::retry(std::error_code why) {
    assert(busy_);
    busy_ = false;
    trouble_ = why;
    due_ = true;
    delay_next_ = std::clamp(delay_next_ * 2, std::chrono::milliseconds{delay_first},
                             std::chrono::milliseconds{delay_max});
    delay_ = scheduler_.after(delay_next_, guarded([this] {
                                  if (!busy_ && due_) start_round();
                              }));
}

void Pursuit::stop() {
    stopped_ = true;
    observation_.reset();
    delay_.reset();
}

void Pursuit::retire() {
    assert(!stopped_);
    keeper_ = znodes_.observe([self = shared_from_this()](const Session&) {});
}

void Pursuit::finish() {
    const auto self = shared_from_this();
    busy_ = false;
    stop();
    keeper_.reset();
}

void Pursuit::make_path(std::string path, std::function<void(std::error_code)> done) {
    auto create = [this, path](auto handler) {
        znodes_.create(path, {}, Mode::persistent, guarded(std::move(handler)));
    };
    create([this, path, create, done = std::move(done)](std::error_code error, const std::string&) {
        if (!error || error == Errc::node_exists) return done({});
        const auto slash = path.rfind('/');
        if (error != Errc::no_node || slash == 0) return done(error);
        make_path(path.substr(0, slash), [create, done](std::error_code failed) {
            if (failed) return done(failed);
            create([done](std::error_code outcome, const std::string&) {
                done(outcome == Errc::node_exists ? std::error_code{} : outcome);
            });
        });
    });
}

bool is_final(std::error_code error) noexcept {
    return error == Errc::no_permission || error == Errc::bad_arguments ||
           error == Errc::too_large || error == Errc::ephemeral_parent;
}

}  // namespace ringcast::membership
