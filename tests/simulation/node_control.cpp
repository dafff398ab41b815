#include "node_control.hpp"

#include "simulated_gateway.hpp"
#include "simulated_node.hpp"

#include <map>
#include <utility>

namespace ringcast::simulation {
namespace {

/// A connection of its own for each call; it is answered when it is open.
class Control final : public router::NodeProbe {
public:
    Control(SimulatedGateway& gateway, Surroundings& around) : gateway_(gateway), around_(around) {}

    void probe(const router::Address& address, std::chrono::milliseconds timeout,
               Handler handler) override {
        const auto number = next_++;
        Call& call = calls_.try_emplace(number, *this, number).first->second;
        call.handler = std::move(handler);
        call.deadline =
            gateway_.process().after(timeout, [this, number] { finish(number, false); });
        for (const auto& node : around_.nodes) {
            if (node->address() != address) continue;
            call.connection = node->redis().connect(router::NodeConnection::Purpose::publishing,
                                                    call, gateway_.path_to(*node));
        }
    }

private:
    struct Call final : router::NodeConnection::Observer {
        Call(Control& owner, std::uint64_t which) : control(owner), number(which) {}

        void opened() override { control.finish(number, true); }
        void closed(std::string_view) override { control.finish(number, false); }
        void answered(const router::PublishAnswer&) override {}
        void confirmed(std::string_view) override {}
        void left(std::string_view) override {}
        void message(std::string_view, std::string_view) override {}
        void view_read(std::string_view) override {}

        Control& control;
        const std::uint64_t number;
        Handler handler;
        membership::Token deadline;
        std::unique_ptr<router::NodeConnection> connection;
    };

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

std::unique_ptr<router::NodeProbe> make_node_control(SimulatedGateway& gateway,
                                                     Surroundings& around) {
    return std::make_unique<Control>(gateway, around);
}

}  // namespace ringcast::simulation
