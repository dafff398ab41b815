#include "ringcast/membership/zookeeper.hpp"

#include "client.hpp"

#include <cassert>
#include <utility>

namespace ringcast::membership {
namespace {

/// The one owner of the client. Whatever happens inside a call of the client may destroy this.
class ZooKeeper final : public Znodes {
public:
    explicit ZooKeeper(std::shared_ptr<zookeeper::Client> client) : client_(std::move(client)) {
        client_->start();
    }
    ~ZooKeeper() override { client_->stop(); }
    ZooKeeper(const ZooKeeper&) = delete;
    ZooKeeper& operator=(const ZooKeeper&) = delete;

    void create(std::string path, std::string data, Mode mode, CreateHandler handler) override {
        client_->create(std::move(path), std::move(data), mode, std::move(handler));
    }
    void get(std::string path, Watch watch, GetHandler handler) override {
        client_->get(std::move(path), std::move(watch), std::move(handler));
    }
    void exists(std::string path, Watch watch, ExistsHandler handler) override {
        client_->exists(std::move(path), std::move(watch), std::move(handler));
    }
    void children(std::string path, Watch watch, ChildrenHandler handler) override {
        client_->children(std::move(path), std::move(watch), std::move(handler));
    }
    void set(std::string path, std::string data, std::int32_t version,
             SetHandler handler) override {
        client_->set(std::move(path), std::move(data), version, std::move(handler));
    }
    void remove(std::string path, std::int32_t version, RemoveHandler handler) override {
        client_->remove(std::move(path), version, std::move(handler));
    }
    [[nodiscard]] Session session() const override { return client_->session(); }
    [[nodiscard]] Token observe(SessionObserver observer) override {
        return client_->observe(std::move(observer));
    }

private:
    std::shared_ptr<zookeeper::Client> client_;
};

}  // namespace

std::unique_ptr<Znodes> make_zookeeper(Scheduler& scheduler, ZooKeeperOptions options,
                                       std::shared_ptr<spdlog::logger> log) {
    assert(faults_in(options).empty());
    return std::make_unique<ZooKeeper>(
        std::make_shared<zookeeper::Client>(scheduler, std::move(options), std::move(log)));
}

}  // namespace ringcast::membership
