// The part of `Client` that makes, keeps and loses sessions.

#include "client.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::membership::zookeeper {
namespace {

constexpr auto retry_delay = std::chrono::seconds{1};

std::string credentials_of(const ZooKeeperOptions& options) {
    return options.user.empty() ? std::string{} : options.user + ":" + options.password;
}

}  // namespace

void Client::open_handle() {
    opened_ = false;
    reachable_ = false;
    prepared_ = false;
    handle_ = std::make_shared<Handle>(++handles_made_,
                                       Handle::Settings{.hosts = hosts_,
                                                        .session_timeout = options_.session_timeout,
                                                        .credentials = credentials_of(options_)},
                                       mailbox_, log_);
    background_->add([handle = handle_] { handle->open(); });
}

void Client::release_handle() {
    ++preparation_;
    if (handle_) background_->add([handle = std::exchange(handle_, nullptr)] { handle->close(); });
}

void Client::opened(std::uint64_t handle, bool success) {
    if (!handle_ || handle != handle_->number()) return;
    if (success) {
        opened_ = true;
        advance();
        return;
    }
    // No name resolved, or no memory. The complaint about an unreached service will say it.
    log_->debug("zookeeper hosts cannot be resolved hosts={}", hosts_);
    release_handle();
    retry_ = scheduler_.after(retry_delay, [this] { open_handle(); });
}

void Client::session_changed(std::uint64_t handle, const SessionReport& report) {
    if (!handle_ || handle != handle_->number()) return;
    switch (report.news) {
        case SessionNews::connected:
            reachable_ = true;
            latest_ = report;
            advance();
            break;
        case SessionNews::disconnected:
            reachable_ = false;
            if (session_.state == SessionState::connected) come_into(SessionState::suspended);
            break;
        case SessionNews::expired:
            release_handle();
            open_handle();
            lose_session();
            break;
        case SessionNews::refused:
            log_->error("zookeeper refuses digest authentication hosts={}", hosts_);
            release_handle();
            retry_ = scheduler_.after(retry_delay, [this] { open_handle(); });
            lose_session();
            break;
    }
}

void Client::advance() {
    if (!opened_ || !reachable_) return;
    if (!prepared_) return prepare_root();
    if (session_ == Session{SessionState::connected, latest_.id}) return;
    session_.id = latest_.id;
    complaint_.reset();
    come_into(SessionState::connected);
}

void Client::come_into(SessionState state) {
    session_.state = state;
    if (state == SessionState::connected) {
        log_->info("zookeeper connected session={:#x} timeout_ms={} root={}", session_.id,
                   latest_.timeout.count(), prefix_.empty() ? "/" : prefix_);
    } else {
        log_->warn("zookeeper {} session={:#x} hosts={}", name_of(state), session_.id, hosts_);
    }
    tell_observers();
}

void Client::lose_session() {
    const bool had_one =
        session_.state == SessionState::connected || session_.state == SessionState::suspended;
    if (had_one) complain_if_unreached();
    // What has no answer yet was never sent: the library fails what was with the connection.
    if (had_one) session_.state = SessionState::lost;
    fail_pending(Errc::session_lost);
    if (!had_one || stopped_) return;
    come_into(SessionState::lost);
    if (!stopped_) fire_all_watches();
}

void Client::complain_if_unreached() {
    complaint_ = scheduler_.after(options_.complain_after, [this] {
        log_->warn("zookeeper gives no session, still trying hosts={} waited_ms={}", hosts_,
                   options_.complain_after.count());
    });
}

void Client::prepare_root() {
    const auto attempt = ++preparation_;
    auto finish = [this, attempt](const Answer& answer) {
        if (!is_current(attempt)) return;
        if (!answer.error) return check_access(attempt);
        if (answer.error != Errc::no_node) return root_failed(answer.error, "cannot be looked up");
        if (!options_.create_root && chroot_ != prefix_) return do_without_root(attempt);
        create_root(attempt, chroot_.size());
    };
    call({}, {.finish = std::move(finish)},
         [this](Handle& handle, CallId id) { return handle.exists(id, full("/"), false); });
}

/// It is somebody else's to create; a chroot has to be there all the same.
void Client::do_without_root(std::uint64_t attempt) {
    if (chroot_.empty()) return be_prepared();
    auto finish = [this, attempt](const Answer& answer) {
        if (!is_current(attempt)) return;
        if (!answer.error) return be_prepared();
        if (answer.error != Errc::no_node) return root_failed(answer.error, "cannot be looked up");
        root_failed(answer.error, "the chroot does not exist");
    };
    call({}, {.finish = std::move(finish)},
         [this](Handle& handle, CallId id) { return handle.exists(id, chroot_, false); });
}

void Client::create_root(std::uint64_t attempt, std::size_t from) {
    if (from >= prefix_.size()) {
        // Nothing is left to create: the chroot itself is the root, and missing.
        if (chroot_ == prefix_) return root_failed(Errc::no_node, "the chroot does not exist");
        return check_access(attempt);
    }
    const auto end = std::min(prefix_.find('/', from + 1), prefix_.size());
    const bool last = end == prefix_.size();
    auto finish = [this, attempt, from, end, last](const Answer& answer) {
        if (!is_current(attempt)) return;
        // A parent that exists may well refuse us; only the last step shows whether it matters.
        const bool goes_on = !answer.error || answer.error == Errc::node_exists ||
                             (answer.error == Errc::no_permission && !last);
        if (goes_on) return create_root(attempt, end);
        if (answer.error == Errc::no_node && from == chroot_.size()) {
            return root_failed(answer.error, "the chroot does not exist");
        }
        root_failed(answer.error, "cannot be created");
    };
    call({}, {.finish = std::move(finish)}, [&](Handle& handle, CallId id) {
        return handle.create(id, prefix_.substr(0, end), "", Mode::persistent);
    });
}

void Client::check_access(std::uint64_t attempt) {
    auto finish = [this, attempt](const Answer& answer) {
        if (!is_current(attempt)) return;
        if (answer.error == Errc::no_permission) {
            // A session all the same: its calls will say so one by one. This line says why.
            log_->error(
                "zookeeper root may not be read with this user and password user={} root={}",
                options_.user.empty() ? "(none)" : options_.user, full("/"));
        } else if (answer.error) {
            return root_failed(answer.error, "cannot be read");
        }
        be_prepared();
    };
    call({}, {.finish = std::move(finish)},
         [this](Handle& handle, CallId id) { return handle.get(id, full("/"), false); });
}

void Client::be_prepared() {
    prepared_ = true;
    complained_about_ = {};
    advance();
}

void Client::root_failed(std::error_code error, std::string_view what) {
    const bool is_passing = error == Errc::unknown_outcome || error == Errc::session_lost;
    if (!is_passing && error != complained_about_) {
        complained_about_ = error;
        log_->error("zookeeper root {} root={} chroot={} error=\"{}\", still trying", what,
                    full("/"), chroot_, error.message());
    }
    retry_ = scheduler_.after(retry_delay, [this] {
        if (!prepared_) advance();
    });
}

bool Client::is_current(std::uint64_t attempt) const {
    return attempt == preparation_ && reachable_;
}

}  // namespace ringcast::membership::zookeeper
