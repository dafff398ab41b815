#include "node_control.hpp"

#include "simulated_gateway.hpp"
#include "simulated_node.hpp"

#include <map>
#include <system_error>
#include <utility>

namespace ringcast::simulation {
namespace {

using router::Address;
using router::InProcessNode;
using router::NodeConnection;
using router::ViewNumber;

/// A connection of its own for each call.
class Control final : public router::NodeControl {
public:
    Control(SimulatedGateway& gateway, Surroundings& around) : gateway_(gateway), around_(around) {}

    void probe(const Address& address, std::chrono::milliseconds timeout,
               ProbeHandler handler) override {
        begin(address, timeout, {}, [this, address, handler = std::move(handler)](Outcome outcome) {
            gateway_.has_probed(address, outcome == Outcome::answered);
            handler(outcome);
        });
    }

    void fence(const Address& address, ViewNumber fence, ViewNumber view, std::string record,
               std::chrono::milliseconds timeout, Handler handler) override {
        gateway_.tripwire().pass(gateway_.tripwire().step_of_fence(address, fence), [&] {
            begin(
                address, timeout,
                [fence, view, record = std::move(record)](InProcessNode& node) {
                    node.fence(fence, view, record);
                },
                [handler = std::move(handler)](Outcome outcome) {
                    handler(outcome == Outcome::answered
                                ? std::error_code{}
                                : std::make_error_code(std::errc::timed_out));
                });
        });
    }

private:
    using Outcome = router::ProbeOutcome;
    using Work = std::function<void(InProcessNode&)>;

    struct Call final : NodeConnection::Observer {
        Call(Control& owner, std::uint64_t which) : control(owner), number(which) {}

        void opened() override {
            if (!work) return control.finish(number, Outcome::answered);
            InProcessNode::run(*connection, work,
                               [this] { control.finish(number, Outcome::answered); });
        }
        void closed(std::string_view why) override {
            control.finish(number, why == "refused" ? Outcome::refused : Outcome::silent);
        }
        void answered(const router::PublishAnswer&) override {}
        void confirmed(std::string_view) override {}
        void left(std::string_view) override {}
        void message(std::string_view, std::string_view) override {}
        void view_read(std::string_view) override {}

        Control& control;
        const std::uint64_t number;
        Work work;
        std::function<void(Outcome)> done;
        membership::Token deadline;
        std::unique_ptr<NodeConnection> connection;
    };

    void begin(const Address& address, std::chrono::milliseconds timeout, Work work,
               std::function<void(Outcome)> done) {
        const auto number = next_++;
        Call& call = calls_.try_emplace(number, *this, number).first->second;
        call.work = std::move(work);
        call.done = std::move(done);
        call.deadline =
            gateway_.process().after(timeout, [this, number] { finish(number, Outcome::silent); });
        for (const auto& node : around_.nodes) {
            if (node->address() != address) continue;
            if (gateway_.beyond_coordinator().contains(node.get())) continue;  // no answer
            call.connection = node->redis().connect(NodeConnection::Purpose::publishing, call,
                                                    gateway_.path_to(*node));
        }
    }

    void finish(std::uint64_t number, Outcome outcome) {
        const auto call = calls_.extract(number);
        if (call) call.mapped().done(outcome);
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
