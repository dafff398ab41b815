#include "ringcast/membership/in_process.hpp"

#include "delay_line.hpp"
#include "tree.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ringcast::membership {
namespace {

class Client;

/// A watch that was asked for. Owned by the service until it fires.
struct Watching {
    Znodes::Watch fire;
    bool voided = false;  ///< its read did not succeed after all
};

std::int64_t system_unix_ms() {
    using std::chrono::milliseconds;
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<milliseconds>(since).count();
}

}  // namespace

struct InProcessEnsemble::Service {
    struct Entry {
        std::weak_ptr<Client> client;
        std::shared_ptr<Watching> watching;
    };
    using Watches = std::multimap<std::string, Entry, std::less<>>;  // by path

    Tree tree;
    std::function<std::int64_t()> unix_ms;
    struct Attached {
        std::uint64_t number;  ///< in the order of attaching
        std::weak_ptr<Client> client;
    };
    std::map<const Znodes*, Attached> clients;
    std::uint64_t attached = 0;
    Watches data_watches;         // set by get and exists
    Watches children_watches;     // set by children
    std::uint64_t followers = 0;  ///< clients whose server lags, or did
    std::int64_t last_session = 0x10'0000'0000;
    bool away = false;

    void tell(const Tree::Changes& changes);
    static void tell(const Tree::Changes& changes, Watches& data, Watches& children);
    static void fire(Watches& watches, const std::string& path);
    std::vector<std::shared_ptr<Watching>> take_watches(Client& client);
    std::shared_ptr<Client> find(const Znodes& client) const;
    std::vector<std::shared_ptr<Client>> all() const;
};

namespace {

using Service = InProcessEnsemble::Service;

/// One session after the other of one process, as its client library sees it.
///
///     connecting --> connected <--> suspended
///                       ^ |            |
///                       | v            v
///                       lost <---------+      (lost is told before the next session begins)
class Client final : public std::enable_shared_from_this<Client> {
public:
    using Delay = InProcessEnsemble::Delay;

    Client(std::shared_ptr<Service> service, Scheduler& scheduler)
        : service_(std::move(service)),
          scheduler_(scheduler),
          requests_(std::make_shared<DelayLine>(scheduler)),
          answers_(std::make_shared<DelayLine>(scheduler)),
          held_(service_->away) {}

    void start() {
        if (!held_) connect();
    }

    void close() {
        closed_ = true;
        (void)service_->take_watches(*this);
        if (link_ == SessionState::connected) end_session();
    }

    void suspend() {
        held_ = true;
        if (link_ == SessionState::connected) break_link();
    }

    void resume() {
        if (!std::exchange(held_, false)) return;
        if (std::exchange(expired_, false)) return expire();
        if (link_ == SessionState::connecting || lost_told_) {
            connect();
        } else if (link_ == SessionState::suspended) {
            link_ = SessionState::connected;
            become(SessionState::connected);
            for (auto& watching : std::exchange(waiting_, {})) post_watch(std::move(watching));
        }
    }

    void expire_unheard() {
        if (link_ != SessionState::suspended) return expire();
        expired_ = true;
        end_session();
    }

    void expire() {
        if (link_ != SessionState::connected && link_ != SessionState::suspended) return;
        expired_ = false;
        link_ = SessionState::lost;
        ++connection_;
        requests_->lose();
        auto spent = std::exchange(waiting_, {});
        for (auto& watching : service_->take_watches(*this)) spent.push_back(std::move(watching));
        end_session();
        become(SessionState::lost);
        for (auto& watching : spent) post_watch(std::move(watching));
        post([this] {
            lost_told_ = true;
            if (!held_) connect();
        });
    }

    void cut_next_write(InProcessEnsemble::Cut cut) { cut_ = cut; }

    void set_latency(Delay latency) { latency_ = std::move(latency); }

    void set_lag(Delay lag) {
        lag_ = std::move(lag);
        if (follower_) return;
        ++service_->followers;
        follower_.emplace(
            Follower{service_->tree, {}, {}, std::make_shared<DelayLine>(scheduler_)});
        // What it watches so far it watches at the leader still, which is as good.
    }

    /// The leader's tree has changed: its server hears of it later.
    void follow(const std::shared_ptr<const Tree>& tree, const Tree::Changes& changes) {
        if (!follower_) return;
        follower_->coming->send(
            lag_ ? lag_() : Scheduler::Clock::duration::zero(), [this, tree, changes] {
                follower_->tree = *tree;
                Service::tell(changes, follower_->data_watches, follower_->children_watches);
            });
    }

    /// Calls `apply`, if there is a session to do it under, and posts `deliver` with what came of
    /// it.
    template <typename Apply, typename Deliver>
    void write(Apply apply, Deliver deliver) {
        call(std::move(deliver), [this, apply = std::move(apply)](Deliver& given) mutable {
            carry_out(apply, std::move(given));
        });
    }

    enum class What { data, children };

    template <typename Apply, typename Deliver>
    void read(What what, const std::string& path, Znodes::Watch watch, Apply apply,
              Deliver deliver) {
        call(std::move(deliver), [this, what, path, watch = std::move(watch),
                                  apply = std::move(apply)](Deliver& given) mutable {
            look_up(what, path, std::move(watch), apply, std::move(given));
        });
    }

    void on_change(std::shared_ptr<Watching> watching) {
        if (link_ == SessionState::connected) {
            post_watch(std::move(watching));
        } else {
            waiting_.push_back(std::move(watching));
        }
    }

    Token observe(Znodes::SessionObserver observer) {
        const auto key = ++last_observer_;
        observers_.emplace(key, std::make_shared<Znodes::SessionObserver>(std::move(observer)));
        return Token{[weak = weak_from_this(), key] {
            if (const auto self = weak.lock()) self->forget(key);
        }};
    }

    /// Wherever it may have set one.
    [[nodiscard]] std::vector<Service::Watches*> watches(Service& service) {
        std::vector<Service::Watches*> all{&service.data_watches, &service.children_watches};
        if (follower_) {
            all.push_back(&follower_->data_watches);
            all.push_back(&follower_->children_watches);
        }
        return all;
    }

    [[nodiscard]] Session session() const { return told_; }
    [[nodiscard]] std::int64_t session_id() const { return id_; }
    [[nodiscard]] Service& service() const { return *service_; }

private:
    /// The server that it is connected to, when that one lags behind.
    struct Follower {
        Tree tree;
        Service::Watches data_watches;
        Service::Watches children_watches;
        std::shared_ptr<DelayLine> coming;
    };

    /// Does the work once the call has arrived at the service, or refuses it: at once when there is
    /// no connection, and when the connection breaks on the way.
    template <typename Deliver, typename Work>
    void call(Deliver deliver, Work work) {
        if (link_ != SessionState::connected) return post_refusal(std::move(deliver));
        auto given = std::make_shared<Deliver>(std::move(deliver));
        auto arrive = [this, given, work = std::move(work)]() mutable { work(*given); };
        if (!latency_ && requests_->empty()) return arrive();
        requests_->send(
            latency_ ? latency_() : Scheduler::Clock::duration::zero(),
            [weak = weak_from_this(), arrive = std::move(arrive)]() mutable {
                if (const auto self = weak.lock(); self && !self->closed_) arrive();
            },
            [this, given] { post_refusal(std::move(*given)); });
    }

    template <typename Apply, typename Deliver>
    void carry_out(Apply& apply, Deliver deliver) {
        const auto connection = connection_;
        const auto cut = std::exchange(cut_, std::nullopt);
        if (cut == InProcessEnsemble::Cut::before) {
            held_ = true;
            break_link();
            return post_refusal(std::move(deliver));
        }
        Tree::Changes changes;
        const std::error_code outcome = apply(service_->tree, changes);
        service_->tell(changes);
        if (follower_) follower_->coming->hurry();  // who wrote reads what he wrote
        post([this, connection, outcome, deliver = std::move(deliver)] {
            deliver(connection == connection_ ? outcome : Errc::unknown_outcome);
        });
        if (cut) {
            held_ = true;
            break_link();
        }
    }

    template <typename Apply, typename Deliver>
    void look_up(What what, const std::string& path, Znodes::Watch watch, Apply& apply,
                 Deliver deliver) {
        const std::error_code outcome = apply(follower_ ? follower_->tree : service_->tree);
        std::shared_ptr<Watching> watching;
        if (!outcome && watch) {
            watching = std::make_shared<Watching>(Watching{std::move(watch)});
            auto& data = follower_ ? follower_->data_watches : service_->data_watches;
            auto& children = follower_ ? follower_->children_watches : service_->children_watches;
            auto& watches = what == What::data ? data : children;
            watches.emplace(path, Service::Entry{weak_from_this(), watching});
        }
        post([this, connection = connection_, outcome, watching, deliver = std::move(deliver)] {
            if (connection == connection_) return deliver(outcome);
            if (watching) watching->voided = true;
            deliver(Errc::unknown_outcome);
        });
    }

    void forget(std::uint64_t key) {
        const auto found = observers_.find(key);
        if (found == observers_.end()) return;
        const auto keep = std::move(found->second);  // destroyed last: it may own what calls this
        observers_.erase(found);
    }

    template <typename Task>
    void post(Task task) {
        auto arrive = [weak = weak_from_this(), task = std::move(task)] {
            if (const auto self = weak.lock(); self && !self->closed_) task();
        };
        if (!latency_ && answers_->empty()) return scheduler_.post(std::move(arrive));
        answers_->send(latency_ ? latency_() : Scheduler::Clock::duration::zero(),
                       std::move(arrive));
    }

    template <typename Deliver>
    void post_refusal(Deliver deliver) {
        const auto why = link_ == SessionState::connecting ? Errc::unavailable
                         : link_ == SessionState::lost     ? Errc::session_lost
                                                           : Errc::unknown_outcome;
        post([why, deliver = std::move(deliver)] { deliver(make_error_code(why)); });
    }

    void post_watch(std::shared_ptr<Watching> watching) {
        post([watching = std::move(watching)] {
            if (!watching->voided) watching->fire();
        });
    }

    void connect() {
        lost_told_ = false;
        id_ = ++service_->last_session;
        link_ = SessionState::connected;
        become(SessionState::connected);
    }

    void break_link() {
        ++connection_;
        link_ = SessionState::suspended;
        requests_->lose();
        become(SessionState::suspended);
    }

    void become(SessionState state) {
        post([this, session = Session{state, id_}] {
            told_ = session;
            for (auto next = observers_.begin(); !closed_ && next != observers_.end();) {
                const auto key = next->first;
                const auto observer = next->second;  // survives its own token
                (*observer)(told_);
                next = observers_.upper_bound(key);
            }
        });
    }

    void end_session() {
        Tree::Changes changes;
        service_->tree.end_session(id_, changes);
        service_->tell(changes);
    }

    std::shared_ptr<Service> service_;
    Scheduler& scheduler_;
    Delay latency_;  // empty: none
    Delay lag_;
    std::shared_ptr<DelayLine> requests_;
    std::shared_ptr<DelayLine> answers_;
    std::optional<Follower> follower_;
    bool held_;             // suspended by the ensemble's owner
    bool expired_ = false;  // while suspended, and it is not told yet
    bool closed_ = false;
    bool lost_told_ = false;                        // and the next session has not begun
    SessionState link_ = SessionState::connecting;  // the truth
    Session told_;                                  // what the client has heard so far
    std::int64_t id_ = 0;
    std::uint64_t connection_ = 0;  // counts broken connections
    std::optional<InProcessEnsemble::Cut> cut_;
    std::vector<std::shared_ptr<Watching>> waiting_;  // fired while suspended
    std::map<std::uint64_t, std::shared_ptr<Znodes::SessionObserver>> observers_;
    std::uint64_t last_observer_ = 0;
};

class InProcessZnodes final : public Znodes {
public:
    InProcessZnodes(std::shared_ptr<Service> service, Scheduler& scheduler)
        : client_(std::make_shared<Client>(service, scheduler)) {
        service->clients.emplace(this, Service::Attached{++service->attached, client_});
        client_->start();
    }

    InProcessZnodes(const InProcessZnodes&) = delete;
    InProcessZnodes& operator=(const InProcessZnodes&) = delete;

    ~InProcessZnodes() override {
        client_->service().clients.erase(this);
        client_->close();
    }

    void create(std::string path, std::string data, Mode mode, CreateHandler handler) override {
        auto created = std::make_shared<std::string>();
        client_->write(
            [this, path = std::move(path), data = std::move(data), mode, created](
                Tree& tree, Tree::Changes& changes) mutable {
                return tree.create(path, std::move(data), mode, client_->session_id(), now_ms(),
                                   *created, changes);
            },
            [created, handler = std::move(handler)](std::error_code error) {
                handler(error, error ? std::string{} : *created);
            });
    }

    void get(std::string path, Watch watch, GetHandler handler) override {
        auto found = std::make_shared<std::pair<std::string, Stat>>();
        client_->read(
            Client::What::data, path, std::move(watch),
            [path, found](const Tree& tree) { return tree.get(path, found->first, found->second); },
            [found, handler = std::move(handler)](std::error_code error) {
                if (error) return handler(error, {}, {});
                handler({}, std::move(found->first), found->second);
            });
    }

    void exists(std::string path, Watch watch, ExistsHandler handler) override {
        auto found = std::make_shared<std::optional<Stat>>();
        client_->read(
            Client::What::data, path, std::move(watch),
            [path, found](const Tree& tree) { return tree.exists(path, *found); },
            [found, handler = std::move(handler)](std::error_code error) {
                handler(error, error ? std::nullopt : *found);
            });
    }

    void children(std::string path, Watch watch, ChildrenHandler handler) override {
        auto found = std::make_shared<std::pair<std::vector<std::string>, Stat>>();
        client_->read(
            Client::What::children, path, std::move(watch),
            [path, found](const Tree& tree) {
                return tree.children(path, found->first, found->second);
            },
            [found, handler = std::move(handler)](std::error_code error) {
                if (error) return handler(error, {}, {});
                handler({}, std::move(found->first), found->second);
            });
    }

    void set(std::string path, std::string data, std::int32_t version,
             SetHandler handler) override {
        auto written = std::make_shared<Stat>();
        client_->write(
            [this, path = std::move(path), data = std::move(data), version, written](
                Tree& tree, Tree::Changes& changes) mutable {
                return tree.set(path, std::move(data), version, now_ms(), *written, changes);
            },
            [written, handler = std::move(handler)](std::error_code error) {
                handler(error, error ? Stat{} : *written);
            });
    }

    void remove(std::string path, std::int32_t version, RemoveHandler handler) override {
        client_->write(
            [path = std::move(path), version](Tree& tree, Tree::Changes& changes) {
                return tree.remove(path, version, changes);
            },
            std::move(handler));
    }

    [[nodiscard]] Session session() const override { return client_->session(); }

    [[nodiscard]] Token observe(SessionObserver observer) override {
        return client_->observe(std::move(observer));
    }

private:
    [[nodiscard]] std::int64_t now_ms() const { return client_->service().unix_ms(); }

    std::shared_ptr<Client> client_;
};

}  // namespace

void Service::tell(const Tree::Changes& changes) {
    tell(changes, data_watches, children_watches);
    if (followers == 0 || changes.empty()) return;
    const auto now = std::make_shared<const Tree>(tree);
    for (const auto& client : all()) client->follow(now, changes);
}

void Service::tell(const Tree::Changes& changes, Watches& data, Watches& children) {
    for (const auto& change : changes) {
        if (change.kind != Change::Kind::children) fire(data, change.path);
        if (change.kind == Change::Kind::children || change.kind == Change::Kind::removed) {
            fire(children, change.path);
        }
    }
}

void Service::fire(Watches& watches, const std::string& path) {
    const auto [first, last] = watches.equal_range(path);
    std::vector<Entry> fired;
    for (auto entry = first; entry != last; ++entry) fired.push_back(std::move(entry->second));
    watches.erase(first, last);
    for (auto& [client, watching] : fired) {
        if (const auto owner = client.lock()) owner->on_change(std::move(watching));
    }
}

std::vector<std::shared_ptr<Watching>> Service::take_watches(Client& client) {
    std::vector<std::shared_ptr<Watching>> taken;
    for (auto* watches : client.watches(*this)) {
        std::erase_if(*watches, [&](auto& entry) {
            if (entry.second.client.lock().get() != &client) return false;
            taken.push_back(std::move(entry.second.watching));
            return true;
        });
    }
    return taken;
}

std::shared_ptr<Client> Service::find(const Znodes& client) const {
    const auto found = clients.find(&client);
    assert(found != clients.end() && "not a client of this ensemble");
    return found == clients.end() ? nullptr : found->second.client.lock();
}

std::vector<std::shared_ptr<Client>> Service::all() const {
    std::map<std::uint64_t, std::shared_ptr<Client>> in_order;
    for (const auto& [znodes, attached_client] : clients) {
        if (auto owner = attached_client.client.lock()) {
            in_order.emplace(attached_client.number, std::move(owner));
        }
    }
    std::vector<std::shared_ptr<Client>> found;
    for (auto& [number, client] : in_order) found.push_back(std::move(client));
    return found;
}

InProcessEnsemble::InProcessEnsemble() : InProcessEnsemble(Options{}) {}

InProcessEnsemble::InProcessEnsemble(Options options) : service_(std::make_shared<Service>()) {
    service_->unix_ms = options.unix_ms ? std::move(options.unix_ms) : system_unix_ms;
}

InProcessEnsemble::~InProcessEnsemble() = default;

std::unique_ptr<Znodes> InProcessEnsemble::attach(Scheduler& scheduler) {
    return std::make_unique<InProcessZnodes>(service_, scheduler);
}

void InProcessEnsemble::suspend(const Znodes& client) {
    if (const auto found = service_->find(client)) found->suspend();
}

void InProcessEnsemble::resume(const Znodes& client) {
    if (const auto found = service_->find(client)) found->resume();
}

void InProcessEnsemble::expire(const Znodes& client) {
    if (const auto found = service_->find(client)) found->expire();
}

void InProcessEnsemble::expire_unheard(const Znodes& client) {
    if (const auto found = service_->find(client)) found->expire_unheard();
}

void InProcessEnsemble::expire(std::int64_t session) {
    for (const auto& client : service_->all()) {
        if (client->session_id() == session) return client->expire();
    }
    Tree::Changes changes;
    service_->tree.end_session(session, changes);
    service_->tell(changes);
}

std::int64_t InProcessEnsemble::session_of(const Znodes& client) const {
    const auto found = service_->find(client);
    return found ? found->session_id() : 0;
}

void InProcessEnsemble::suspend_all() {
    service_->away = true;
    for (const auto& client : service_->all()) client->suspend();
}

void InProcessEnsemble::resume_all() {
    service_->away = false;
    for (const auto& client : service_->all()) client->resume();
}

void InProcessEnsemble::expire_all() {
    for (const auto& client : service_->all()) client->expire();
}

void InProcessEnsemble::set_latency(const Znodes& client, Delay latency) {
    if (const auto found = service_->find(client)) found->set_latency(std::move(latency));
}

void InProcessEnsemble::set_lag(const Znodes& client, Delay lag) {
    if (const auto found = service_->find(client)) found->set_lag(std::move(lag));
}

void InProcessEnsemble::cut_next_write(const Znodes& client, Cut cut) {
    if (const auto found = service_->find(client)) found->cut_next_write(cut);
}

}  // namespace ringcast::membership
