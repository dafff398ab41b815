#include "ringcast/membership/in_process.hpp"

#include "in_process_client.hpp"
#include "in_process_service.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ringcast::membership {
namespace {

using Service = InProcessEnsemble::Service;

std::int64_t system_unix_ms() {
    using std::chrono::milliseconds;
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<milliseconds>(since).count();
}

class InProcessZnodes final : public Znodes {
public:
    InProcessZnodes(std::shared_ptr<Service> service, Scheduler& scheduler)
        : client_(std::make_shared<InProcessClient>(service, scheduler)) {
        service->clients.push_back({this, client_});
        client_->start();
    }

    InProcessZnodes(const InProcessZnodes&) = delete;
    InProcessZnodes& operator=(const InProcessZnodes&) = delete;

    ~InProcessZnodes() override {
        std::erase_if(client_->service().clients,
                      [this](const Service::Attached& one) { return one.znodes == this; });
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
            InProcessClient::What::data, path, std::move(watch),
            [path, found](const Tree& tree) { return tree.get(path, found->first, found->second); },
            [found, handler = std::move(handler)](std::error_code error) {
                if (error) return handler(error, {}, {});
                handler({}, std::move(found->first), found->second);
            });
    }

    void exists(std::string path, Watch watch, ExistsHandler handler) override {
        auto found = std::make_shared<std::optional<Stat>>();
        client_->read(
            InProcessClient::What::data, path, std::move(watch),
            [path, found](const Tree& tree) { return tree.exists(path, *found); },
            [found, handler = std::move(handler)](std::error_code error) {
                handler(error, error ? std::nullopt : *found);
            });
    }

    void children(std::string path, Watch watch, ChildrenHandler handler) override {
        auto found = std::make_shared<std::pair<std::vector<std::string>, Stat>>();
        client_->read(
            InProcessClient::What::children, path, std::move(watch),
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

    std::shared_ptr<InProcessClient> client_;
};

}  // namespace

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
