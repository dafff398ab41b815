#include "tripwire.hpp"

namespace ringcast::simulation {
namespace {

class WatchedZnodes final : public membership::Znodes {
public:
    WatchedZnodes(Znodes& real, Tripwire& tripwire) : real_(real), tripwire_(tripwire) {}

    void create(std::string path, std::string data, membership::Mode mode,
                CreateHandler handler) override {
        tripwire_.pass(
            [&] { real_.create(std::move(path), std::move(data), mode, std::move(handler)); });
    }
    void get(std::string path, Watch watch, GetHandler handler) override {
        real_.get(std::move(path), std::move(watch), std::move(handler));
    }
    void exists(std::string path, Watch watch, ExistsHandler handler) override {
        real_.exists(std::move(path), std::move(watch), std::move(handler));
    }
    void children(std::string path, Watch watch, ChildrenHandler handler) override {
        real_.children(std::move(path), std::move(watch), std::move(handler));
    }
    void set(std::string path, std::string data, std::int32_t version,
             SetHandler handler) override {
        tripwire_.pass(
            [&] { real_.set(std::move(path), std::move(data), version, std::move(handler)); },
            Tripwire::Act::view);
    }
    void remove(std::string path, std::int32_t version, RemoveHandler handler) override {
        tripwire_.pass([&] { real_.remove(std::move(path), version, std::move(handler)); });
    }
    [[nodiscard]] membership::Session session() const override { return real_.session(); }
    [[nodiscard]] membership::Token observe(SessionObserver observer) override {
        return real_.observe(std::move(observer));
    }

private:
    Znodes& real_;
    Tripwire& tripwire_;
};

}  // namespace

std::unique_ptr<membership::Znodes> watched(membership::Znodes& real, Tripwire& tripwire) {
    return std::make_unique<WatchedZnodes>(real, tripwire);
}

}  // namespace ringcast::simulation
