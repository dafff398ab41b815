#include "tripwire.hpp"

#include "ringcast/router/entries.hpp"

#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace ringcast::simulation {
namespace {

class WatchedZnodes final : public membership::Znodes {
public:
    WatchedZnodes(Znodes& real, Tripwire& tripwire) : real_(real), tripwire_(tripwire) {}

    void create(std::string path, std::string data, membership::Mode mode,
                CreateHandler handler) override {
        auto step = Step::other;
        if (path == router::paths::view) step = tripwire_.step_of_view(data, std::nullopt);
        if (path.starts_with(router::paths::history)) {
            step = Step::append;
            tripwire_.appends(data);
        }
        tripwire_.pass(step, [&] {
            real_.create(std::move(path), std::move(data), mode, std::move(handler));
        });
    }
    void get(std::string path, Watch watch, GetHandler handler) override {
        real_.get(std::move(path), std::move(watch), std::move(handler));
    }
    void exists(std::string path, Watch watch, ExistsHandler handler) override {
        real_.exists(std::move(path), std::move(watch), std::move(handler));
    }
    void children(std::string path, Watch watch, ChildrenHandler handler) override {
        if (path != router::paths::requests) {
            return real_.children(std::move(path), std::move(watch), std::move(handler));
        }
        real_.children(std::move(path), std::move(watch),
                       [&tripwire = tripwire_, handler = std::move(handler)](
                           std::error_code error, std::vector<std::string> names,
                           const membership::Stat& stat) {
                           if (!error) tripwire.hears_of(names);
                           handler(error, std::move(names), stat);
                       });
    }
    void set(std::string path, std::string data, std::int32_t version,
             SetHandler handler) override {
        const auto step =
            path == router::paths::view ? tripwire_.step_of_view(data, version) : Step::other;
        tripwire_.pass(
            step, [&] { real_.set(std::move(path), std::move(data), version, std::move(handler)); },
            true);
    }
    void remove(std::string path, std::int32_t version, RemoveHandler handler) override {
        auto step = Step::other;
        if (path.starts_with(router::paths::acks)) step = Step::sweep;
        if (path.starts_with(router::paths::coordinator)) step = Step::step_down;
        if (path.starts_with(router::paths::requests)) {
            step = Step::finish;
            tripwire_.finishes(path.substr(path.rfind('/') + 1));
            handler = [&tripwire = tripwire_, handler = std::move(handler)](std::error_code error) {
                tripwire.has_finished();
                handler(error);
            };
        }
        tripwire_.pass(step, [&] { real_.remove(std::move(path), version, std::move(handler)); });
    }
    [[nodiscard]] membership::Session session() const override { return real_.session(); }
    [[nodiscard]] membership::Token observe(SessionObserver observer) override {
        return real_.observe([&tripwire = tripwire_,
                              observer = std::move(observer)](const membership::Session& session) {
            tripwire.hears_of(session);
            observer(session);
        });
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
