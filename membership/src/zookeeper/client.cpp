#include "client.hpp"

#include "../tree.hpp"
#include "servers.hpp"

#include <utility>

namespace ringcast::membership::zookeeper {
namespace {

std::error_code fault_in(const std::string& path, bool sequential = false) {
    return is_valid_path(path, sequential) ? std::error_code{} : Errc::bad_arguments;
}

std::error_code fault_in(const std::string& path, const std::string& data,
                         bool sequential = false) {
    if (const auto fault = fault_in(path, sequential)) return fault;
    // The server answers a packet that is too large by cutting the connection, again and again.
    return data.size() > data_bytes_max ? Errc::too_large : std::error_code{};
}

}  // namespace

Client::Client(Scheduler& scheduler, ZooKeeperOptions options, std::shared_ptr<spdlog::logger> log)
    : scheduler_(scheduler),
      options_(std::move(options)),
      hosts_(split(options_.hosts).hosts),
      chroot_(split(options_.hosts).chroot),
      prefix_(chroot_ + (options_.root == "/" ? "" : options_.root)),
      log_(std::move(log)),
      background_(std::make_unique<Background>()) {}

void Client::start() {
    mailbox_ = std::make_shared<Mailbox<HandleOwner>>(scheduler_, weak_from_this());
    // Posted, so that the whole of it lives on the scheduler's thread, wherever it was made.
    mailbox_->post([this](HandleOwner&) {
        open_handle();
        complain_if_unreached();
    });
}

void Client::stop() {
    stopped_ = true;
    mailbox_->close();
    retry_.reset();
    complaint_.reset();
    release_handle();
    background_.reset();  // waits for the close
    // Taken away before they die: what they hold may call back here.
    const auto observers = std::exchange(observers_, {});
    const auto pending = std::exchange(pending_, {});
    const auto watches = std::exchange(watches_, {});
}

void Client::create(std::string path, std::string data, Mode mode, Znodes::CreateHandler handler) {
    const bool sequential =
        mode == Mode::persistent_sequential || mode == Mode::ephemeral_sequential;
    auto fault = fault_in(path, data, sequential);
    if (!fault) fault = refusal();
    auto finish = [this, handler = std::move(handler)](Answer answer) {
        if (!answer.error) answer.text.erase(0, prefix_.size());
        handler(answer.error, std::move(answer.text));
    };
    call(fault, {.finish = std::move(finish)}, [&](Handle& handle, CallId id) {
        // Below a root other than "/", the path "/" of a sequence must keep its slash.
        return handle.create(id, sequential ? prefix_ + path : full(path), data, mode);
    });
}

void Client::get(std::string path, Znodes::Watch watch, Znodes::GetHandler handler) {
    const bool watches = watch != nullptr;
    auto fault = fault_in(path);
    if (!fault) fault = refusal();
    auto finish = [handler = std::move(handler)](Answer answer) {
        handler(answer.error, std::move(answer.text), answer.stat);
    };
    call(fault, {.watch = std::move(watch), .finish = std::move(finish)},
         [&](Handle& handle, CallId id) { return handle.get(id, full(path), watches); });
}

void Client::exists(std::string path, Znodes::Watch watch, Znodes::ExistsHandler handler) {
    const bool watches = watch != nullptr;
    auto fault = fault_in(path);
    if (!fault) fault = refusal();
    auto finish = [handler = std::move(handler)](const Answer& answer) {
        if (answer.error == Errc::no_node) return handler({}, std::nullopt);
        if (answer.error) return handler(answer.error, std::nullopt);
        handler({}, answer.stat);
    };
    call(fault, {.watch = std::move(watch), .absence_counts = true, .finish = std::move(finish)},
         [&](Handle& handle, CallId id) { return handle.exists(id, full(path), watches); });
}

void Client::children(std::string path, Znodes::Watch watch, Znodes::ChildrenHandler handler) {
    const bool watches = watch != nullptr;
    auto fault = fault_in(path);
    if (!fault) fault = refusal();
    auto finish = [handler = std::move(handler)](Answer answer) {
        handler(answer.error, std::move(answer.names), answer.stat);
    };
    call(fault, {.watch = std::move(watch), .finish = std::move(finish)},
         [&](Handle& handle, CallId id) { return handle.children(id, full(path), watches); });
}

void Client::set(std::string path, std::string data, std::int32_t version,
                 Znodes::SetHandler handler) {
    auto fault = fault_in(path, data);
    if (!fault) fault = refusal();
    auto finish = [handler = std::move(handler)](const Answer& answer) {
        handler(answer.error, answer.stat);
    };
    call(fault, {.finish = std::move(finish)},
         [&](Handle& handle, CallId id) { return handle.set(id, full(path), data, version); });
}

void Client::remove(std::string path, std::int32_t version, Znodes::RemoveHandler handler) {
    auto fault = path == "/" ? make_error_code(Errc::bad_arguments) : fault_in(path);
    if (!fault) fault = refusal();
    auto finish = [handler = std::move(handler)](const Answer& answer) { handler(answer.error); };
    call(fault, {.finish = std::move(finish)},
         [&](Handle& handle, CallId id) { return handle.remove(id, full(path), version); });
}

std::error_code Client::refusal() const {
    switch (session_.state) {
        case SessionState::connecting:
            return Errc::unavailable;
        case SessionState::lost:
            return Errc::session_lost;
        case SessionState::connected:
        case SessionState::suspended:
            break;  // the library waits for a connection or gives up
    }
    return {};
}

void Client::call(std::error_code refused, Pending pending, const Begin& begin) {
    const CallId id = next_call_++;
    pending.id = id;
    pending_.push_back(std::move(pending));
    const auto error = refused ? refused : begin(*handle_, id);
    if (!error) return;
    mailbox_->post([id, error](HandleOwner& owner) { owner.answered(id, Answer{.error = error}); });
}

std::string Client::full(std::string_view path) const {
    if (path != "/") return prefix_ + std::string{path};
    return prefix_.empty() ? "/" : prefix_;
}

void Client::answered(CallId call, Answer answer) {
    // Numbers that are gone were answered when their session was lost.
    if (pending_.empty() || call < pending_.front().id) return;
    auto& pending = pending_[call - pending_.front().id];
    if (!pending.answer) pending.answer = std::move(answer);
    deliver();
}

void Client::deliver() {
    while (!stopped_ && !pending_.empty() && pending_.front().answer) {
        Pending done = std::move(pending_.front());
        pending_.pop_front();
        const auto error = done.answer->error;
        if (done.watch && (!error || (done.absence_counts && error == Errc::no_node))) {
            watches_.emplace(done.id, std::move(done.watch));
        } else if (handle_) {
            handle_->forget(done.id);
        }
        done.finish(*std::move(done.answer));
    }
}

void Client::watch_fired(CallId call) {
    const auto found = watches_.find(call);
    if (found == watches_.end()) return;  // fired already, when its session was lost
    const auto watch = std::move(found->second);
    watches_.erase(found);
    if (handle_) handle_->forget(call);
    watch();
}

void Client::fail_pending(std::error_code error) {
    for (auto& pending : pending_) {
        if (!pending.answer) pending.answer = Answer{.error = error};
    }
    // Calls made by the handlers meanwhile are new and answered by a post of their own.
    deliver();
}

void Client::fire_all_watches() {
    const auto watches = std::exchange(watches_, {});
    for (const auto& [call, watch] : watches) {
        if (stopped_) return;
        watch();
    }
}

Token Client::observe(Znodes::SessionObserver observer) {
    const auto id = next_observer_++;
    observers_.emplace(id, std::make_shared<const Znodes::SessionObserver>(std::move(observer)));
    return Token{[weak = weak_from_this(), id] {
        if (const auto self = weak.lock()) self->observers_.extract(id);
    }};
}

void Client::tell_observers() {
    const Session session = session_;
    // By number, since an observer may add and remove others and itself.
    const auto last = next_observer_;
    for (auto next = observers_.begin(); next != observers_.end() && next->first < last;) {
        const auto id = next->first;
        const auto observer = next->second;  // survives its own token
        (*observer)(session);
        if (stopped_) return;
        next = observers_.upper_bound(id);
    }
}

}  // namespace ringcast::membership::zookeeper
