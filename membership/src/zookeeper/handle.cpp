#include "handle.hpp"

#include <zookeeper/zookeeper.h>  // THREADED comes from the build

#include <cassert>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace ringcast::membership::zookeeper {
namespace {

using Stats = const ::Stat*;

/// How long a server that has fallen silent can delay the end of a handle, on top of the library's
/// own patience.
constexpr auto farewell_max = std::chrono::seconds{1};

membership::Stat translated(Stats stat) {
    membership::Stat result;
    if (stat == nullptr) return result;
    result.created = stat->czxid;
    result.modified = stat->mzxid;
    result.children_changed = stat->pzxid;
    result.version = stat->version;
    result.owner = stat->ephemeralOwner;
    result.modified_at_ms = stat->mtime;
    result.children_count = stat->numChildren;
    return result;
}

std::error_code translated(int code) {
    switch (code) {
        case ZOK:
            return {};
        case ZNONODE:
            return Errc::no_node;
        case ZNODEEXISTS:
            return Errc::node_exists;
        case ZNOTEMPTY:
            return Errc::not_empty;
        case ZBADVERSION:
            return Errc::bad_version;
        case ZNOCHILDRENFOREPHEMERALS:
            return Errc::ephemeral_parent;
        case ZNOAUTH:
        case ZAUTHFAILED:
        case ZINVALIDACL:
            return Errc::no_permission;
        case ZBADARGUMENTS:
            return Errc::bad_arguments;
        case ZSESSIONEXPIRED:
            return Errc::session_lost;
        case ZCLOSING:
        case ZINVALIDSTATE:
            return Errc::unavailable;
        // Connection loss and operation timeout are unknown by nature. The rest (moved, throttled,
        // trouble inside the library) did nothing or did not say: to treat it as unknown is safe,
        // since whoever retries looks first.
        default:
            return Errc::unknown_outcome;
    }
}

/// The library's log callback carries no context, so its lines go to the logger of the handle
/// opened last. The mutex guards the pointer. At debug level: what matters to an operator is logged
/// as a change of state, once, while the library repeats itself with every attempt to connect.
class LibraryLog {
public:
    static void use(std::shared_ptr<spdlog::logger> log) {
        const std::lock_guard lock(mutex());
        target() = std::move(log);
    }
    static void write(const char* message) {
        std::shared_ptr<spdlog::logger> log;
        {
            const std::lock_guard lock(mutex());
            log = target().lock();
        }
        if (log) log->debug("zookeeper client: {}", message);
    }

private:
    // Never destroyed: a library thread may still speak while the process ends.
    static std::mutex& mutex() {
        static auto* const mutex = new std::mutex;
        return *mutex;
    }
    static std::weak_ptr<spdlog::logger>& target() {
        static auto* const target = new std::weak_ptr<spdlog::logger>;
        return *target;
    }
};

std::optional<SessionNews> news_of(int state) {
    if (state == ZOO_CONNECTED_STATE) return SessionNews::connected;
    if (state == ZOO_EXPIRED_SESSION_STATE) return SessionNews::expired;
    if (state == ZOO_AUTH_FAILED_STATE) return SessionNews::refused;
    if (state == ZOO_CONNECTING_STATE || state == ZOO_NOTCONNECTED_STATE) {
        return SessionNews::disconnected;
    }
    return std::nullopt;  // associating: half way, not worth telling
}

int flags_of(Mode mode) {
    switch (mode) {
        case Mode::persistent:
            return ZOO_PERSISTENT;
        case Mode::ephemeral:
            return ZOO_EPHEMERAL;
        case Mode::persistent_sequential:
            return ZOO_PERSISTENT_SEQUENTIAL;
        case Mode::ephemeral_sequential:
            return ZOO_EPHEMERAL_SEQUENTIAL;
    }
    return ZOO_PERSISTENT;
}

}  // namespace

struct Handle::Context {
    Handle* handle;
    CallId call;
};

/// Everything the library calls, on its own threads. A context may be freed by the owner as soon as
/// its answer or event is posted, so posting comes last.
struct Callbacks {
    static void session(zhandle_t* handle, int type, int state, const char*, void* context) {
        if (type != ZOO_SESSION_EVENT) return;
        const auto news = news_of(state);
        if (!news) return;
        SessionReport report{.news = *news};
        if (*news == SessionNews::connected) {
            report.id = zoo_client_id(handle)->client_id;
            report.timeout = std::chrono::milliseconds{zoo_recv_timeout(handle)};
        }
        const auto& self = *static_cast<Handle*>(context);
        self.mailbox_->post([number = self.number_, report](HandleOwner& owner) {
            owner.session_changed(number, report);
        });
    }

    static void watch(zhandle_t*, int type, int, const char*, void* context) {
        // The session's changes are told to node watches as well, and do not spend them.
        if (type == ZOO_SESSION_EVENT) return;
        const auto [handle, call] = *static_cast<Handle::Context*>(context);
        handle->mailbox_->post([call](HandleOwner& owner) { owner.watch_fired(call); });
    }

    static void text(int code, const char* text, const void* context) {
        Answer answer{.error = translated(code)};
        if (code == ZOK && text != nullptr) answer.text = text;
        post(context, std::move(answer));
    }

    static void data(int code, const char* data, int size, Stats stat, const void* context) {
        Answer answer{.error = translated(code), .stat = translated(stat)};
        // A znode created without data has size -1.
        if (code == ZOK && size > 0) answer.text.assign(data, static_cast<std::size_t>(size));
        post(context, std::move(answer));
    }

    static void names(int code, const String_vector* names, Stats stat, const void* context) {
        Answer answer{.error = translated(code), .stat = translated(stat)};
        if (code == ZOK && names != nullptr) {
            answer.names.assign(names->data, names->data + names->count);
        }
        post(context, std::move(answer));
    }

    static void stat(int code, Stats stat, const void* context) {
        post(context, Answer{.error = translated(code), .stat = translated(stat)});
    }

    static void nothing(int code, const void* context) {
        post(context, Answer{.error = translated(code)});
    }

private:
    static void post(const void* context, Answer answer) {
        const auto [handle, call] = *static_cast<const Handle::Context*>(context);
        handle->mailbox_->post([call, answer = std::move(answer)](HandleOwner& owner) {
            owner.answered(call, answer);
        });
        --handle->unanswered_;
    }
};

Handle::Handle(std::uint64_t number, Settings settings,
               std::shared_ptr<Mailbox<HandleOwner>> mailbox, std::shared_ptr<spdlog::logger> log)
    : number_(number),
      settings_(std::move(settings)),
      mailbox_(std::move(mailbox)),
      log_(std::move(log)) {}

Handle::~Handle() {
    assert(handle_ == nullptr && "closed before it is destroyed");
}

void Handle::open() {
    LibraryLog::use(log_);
    zoo_set_debug_level(ZOO_LOG_LEVEL_INFO);  // never debug: closing would then read freed memory
    handle_ = zookeeper_init2(settings_.hosts.c_str(), Callbacks::session,
                              static_cast<int>(settings_.session_timeout.count()), nullptr, this,
                              ZOO_NO_LOG_CLIENTENV, LibraryLog::write);
    if (handle_ != nullptr) {
        // Otherwise all names are resolved anew on every turn of the library's loop.
        zoo_set_servers_resolution_delay(handle_, -1);
        if (!settings_.credentials.empty()) {
            // A wrong password is no error here, and a refused scheme comes as a session event.
            zoo_add_auth(handle_, "digest", settings_.credentials.data(),
                         static_cast<int>(settings_.credentials.size()), nullptr, nullptr);
        }
    }
    mailbox_->post([number = number_, success = handle_ != nullptr](HandleOwner& owner) {
        owner.opened(number, success);
    });
}

void Handle::close() {
    // Hanging up with answers on their way resets the connection, and then the server may never
    // read that the session ends. And what the library still has to answer when it closes, it may
    // leak.
    const auto patience_ends = std::chrono::steady_clock::now() + farewell_max;
    while (unanswered_ > 0 && std::chrono::steady_clock::now() < patience_ends) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    if (handle_ != nullptr) zookeeper_close(handle_);
    handle_ = nullptr;
    contexts_.clear();
}

std::error_code Handle::create(CallId call, const std::string& path, const std::string& data,
                               Mode mode) {
    const auto* access =
        settings_.credentials.empty() ? &ZOO_OPEN_ACL_UNSAFE : &ZOO_CREATOR_ALL_ACL;
    return outcome(zoo_acreate(handle_, path.c_str(), data.data(), static_cast<int>(data.size()),
                               access, flags_of(mode), Callbacks::text, context_for(call)),
                   call);
}

std::error_code Handle::get(CallId call, const std::string& path, bool watch) {
    auto* const context = context_for(call);
    return outcome(zoo_awget(handle_, path.c_str(), watch ? Callbacks::watch : nullptr, context,
                             Callbacks::data, context),
                   call);
}

std::error_code Handle::exists(CallId call, const std::string& path, bool watch) {
    auto* const context = context_for(call);
    return outcome(zoo_awexists(handle_, path.c_str(), watch ? Callbacks::watch : nullptr, context,
                                Callbacks::stat, context),
                   call);
}

std::error_code Handle::children(CallId call, const std::string& path, bool watch) {
    auto* const context = context_for(call);
    return outcome(zoo_awget_children2(handle_, path.c_str(), watch ? Callbacks::watch : nullptr,
                                       context, Callbacks::names, context),
                   call);
}

std::error_code Handle::set(CallId call, const std::string& path, const std::string& data,
                            std::int32_t version) {
    return outcome(zoo_aset(handle_, path.c_str(), data.data(), static_cast<int>(data.size()),
                            version, Callbacks::stat, context_for(call)),
                   call);
}

std::error_code Handle::remove(CallId call, const std::string& path, std::int32_t version) {
    return outcome(
        zoo_adelete(handle_, path.c_str(), version, Callbacks::nothing, context_for(call)), call);
}

void Handle::forget(CallId call) {
    contexts_.erase(call);
}

Handle::Context* Handle::context_for(CallId call) {
    auto& context = contexts_[call];
    context = std::make_unique<Context>(Context{this, call});
    ++unanswered_;
    return context.get();
}

std::error_code Handle::outcome(int code, CallId call) {
    if (code == ZOK) return {};
    contexts_.erase(call);  // the library kept nothing of it
    --unanswered_;
    if (code != ZINVALIDSTATE) return translated(code);
    const int state = zoo_state(handle_);
    if (state == ZOO_EXPIRED_SESSION_STATE) return Errc::session_lost;
    if (state == ZOO_AUTH_FAILED_STATE) return Errc::no_permission;
    return Errc::unavailable;
}

}  // namespace ringcast::membership::zookeeper
