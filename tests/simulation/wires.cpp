#include "wires.hpp"

#include "control_words.hpp"
#include "messages.hpp"
#include "node_keys.hpp"
#include "ringcast/router/view.hpp"
#include "simulated_gateway.hpp"
#include "simulated_node.hpp"

#include <algorithm>
#include <utility>

namespace ringcast::simulation {

using router::NodeConnection;
using router::PublishAnswer;

/// Passes everything on, both ways.
class Wires::Tapped final : public NodeConnection, private NodeConnection::Observer {
public:
    Tapped(Wires& wires, SimulatedNode& node, Purpose purpose, NodeConnection::Observer& observer)
        : wires_(wires),
          wire_(wires.wires_.insert(wires.wires_.end(), Wire{&node, purpose})),
          observer_(observer),
          real_(node.redis().connect(purpose, *this, wires.gateway_.path_to(node))) {}

    ~Tapped() override {
        end();
        wires_.wires_.erase(wire_);
    }

    void publish(router::ViewNumber view, std::span<const router::Publication> batch) override {
        Batch& sent = wire_->unanswered.emplace_back(Batch{view, {}});
        for (const auto& one : batch) {
            sent.messages.push_back(message_of(number_of_channel(one.channel),
                                               std::string_view(one.payload).substr(1)));
        }
        real_->publish(view, batch);
    }
    void probe(std::string_view words) override { real_->probe(words); }
    void read_view() override { real_->read_view(); }
    void subscribe(std::span<const router::SharedText> channels) override {
        for (const auto& channel : channels) stand(*channel, Standing::asked);
        real_->subscribe(channels);
    }
    void unsubscribe(std::span<const router::SharedText> channels) override {
        for (const auto& channel : channels) stand(*channel, Standing::leaving);
        real_->unsubscribe(channels);
    }

private:
    void opened() override { observer_.opened(); }
    void closed(std::string_view why) override {
        end();
        observer_.closed(why);
    }
    void answered(const PublishAnswer& answer) override {
        const Batch batch = std::move(wire_->unanswered.front());
        wire_->unanswered.pop_front();
        wires_.taps_.answered(wires_.gateway_, *wire_, batch, answer);
        observer_.answered(answer);
    }
    void confirmed(std::string_view channel) override {
        if (channel == router::node_keys::control) {
            wire_->up = true;
        } else {
            stand(channel, Standing::confirmed);
        }
        observer_.confirmed(channel);
    }
    void left(std::string_view channel) override {
        wire_->channels.erase(number_of_channel(channel));
        observer_.left(channel);
    }
    void message(std::string_view channel, std::string_view payload) override {
        if (channel != router::node_keys::control) {
            wires_.taps_.delivers(wires_.gateway_, *wire_, number_of_channel(channel), payload);
        } else if (const auto said = router::parse_control(payload)) {
            wire_->fence = std::max(wire_->fence, said->fence);
        }
        observer_.message(channel, payload);
    }
    void view_read(std::string_view bytes) override {
        if (const auto record = router::decode_view_record(bytes)) {
            const auto& proposal = record->proposal;
            const bool fences = proposal && proposal->stage == router::Stage::fence;
            wires_.told_ =
                std::max(wires_.told_, fences ? proposal->next.number : record->in_force.number);
        }
        observer_.view_read(bytes);
    }

    void stand(std::string_view channel, Standing standing) {
        if (channel != router::node_keys::control)
            wire_->channels[number_of_channel(channel)] = standing;
    }
    void end() {
        if (std::exchange(ended_, true) || wires_.gateway_.process().killed()) return;
        wires_.taps_.breaks(wires_.gateway_, *wire_);
    }

    Wires& wires_;
    const std::list<Wire>::iterator wire_;
    NodeConnection::Observer& observer_;
    bool ended_ = false;
    const std::unique_ptr<NodeConnection> real_;
};

std::unique_ptr<NodeConnection> Wires::connect(SimulatedNode& node, NodeConnection::Purpose purpose,
                                               NodeConnection::Observer& observer) {
    return std::make_unique<Tapped>(*this, node, purpose, observer);
}

}  // namespace ringcast::simulation
