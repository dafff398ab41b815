#include "node_control.hpp"

#include "simulated_gateway.hpp"
#include "simulated_node.hpp"

#include <map>
#include <utility>

namespace ringcast::simulation {
namespace {

/// A connection of its own for each call; the work is done, and answered, when it is open.
class Control final : public router::NodeControl {
public:
    Control(SimulatedGateway& gateway, Surroundings& around) : gateway_(gateway), around_(around) {}

    void probe(const router::Address& address, std::chrono::milliseconds timeout,
               ProbeHandler handler) override {
        call(address, timeout, [](router::InProcessNode&) {}, std::move(handler));
    }

    void fence(const router::Address& address, router::ViewNumber fence, router::ViewNumber view,
               std::string record, std::chrono::milliseconds timeout, Handler handler) override {
        call(
            address, timeout,
            [fence, view, record = std::move(record)](router::InProcessNode& node) {
                node.fence(fence, view, record);
            },
            [handler = std::move(handler)](bool reached) {
                handler(reached ? std::error_code{} : std::make_error_code(std::errc::timed_out));
            });
    }

private:
    using Work = std::function<void(router::InProcessNode&)>;

    struct Call final : router::NodeConnection::Observer {
        Call(Control& owner, std::uint64_t which) : control(owner), number(which) {}

        void opened() override {
            work(*node);
            control.finish(number, true);
        }
        void closed(std::string_view) override { control.finish(number, false); }
        void answered(const router::PublishAnswer&) override {}
        void confirmed(std::string_view) override {}
        void left(std::string_view) override {}
        void message(std::string_view, std::string_view) override {}
        void view_read(std::string_view) override {}

        Control& control;
        const std::uint64_t number;
        router::InProcessNode* node = nullptr;
        Work work;
        ProbeHandler handler;
        membership::Token deadline;
        std::unique_ptr<router::NodeConnection> connection;
    };

    void call(const router::Address& address, std::chrono::milliseconds timeout, Work work,
              ProbeHandler handler) {
        const auto number = next_++;
        Call& call = calls_.try_emplace(number, *this, number).first->second;
        call.work = std::move(work);
        call.handler = std::move(handler);
        call.deadline =
            gateway_.process().after(timeout, [this, number] { finish(number, false); });
        for (const auto& node : around_.nodes) {
            if (node->address() != address) continue;
            call.node = &node->redis();
            call.connection = node->redis().connect(router::NodeConnection::Purpose::publishing,
                                                    call, gateway_.path_to(*node));
        }
    }

    void finish(std::uint64_t number, bool reachable) {
        const auto call = calls_.extract(number);
        call.mapped().handler(reachable);
    }

    SimulatedGateway& gateway_;
    Surroundings& around_;
    std::map<std::uint64_t, Call> calls_;
    std::uint64_t next_ = 0;
};

}  // namespace

std::unique_ptr<router::NodeControl> make_node_control(SimulatedGateway& gateway,
                                                       Surroundings& around) {
    return std::make_unique<Control>(gateway, around);
}

}  // namespace ringcast::simulation
