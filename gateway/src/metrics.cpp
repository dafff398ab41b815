#include "metrics.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <chrono>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

namespace ringcast::gateway {
namespace {

using namespace std::chrono_literals;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

/// A fence costs a round trip; what takes longer than a few of them is looked for.
constexpr std::array hold_bounds{500us,       1'000us,     2'000us,     5'000us,     10'000us,
                                 20'000us,    50'000us,    100'000us,   200'000us,   500'000us,
                                 1'000'000us, 2'000'000us, 5'000'000us, 10'000'000us};

using Labels = std::initializer_list<std::pair<const char*, std::string>>;

/// What holds at the moment of collecting, as families.
class SnapshotCollectable final : public prometheus::Collectable {
public:
    SnapshotCollectable(const Snapshot& snapshot, bool ready)
        : snapshot_(snapshot), ready_(ready) {}

    std::vector<MetricFamily> Collect() const override {
        Families families;
        about_process(families);
        about_clients(families);
        about_router(families);
        about_cluster(families);
        return std::move(families.all);
    }

private:
    struct Families {
        std::vector<MetricFamily> all;

        void begin(const char* name, const char* help, MetricType type) {
            all.push_back({name, help, type, {}});
        }
        void add(Labels labels, double value) {
            ClientMetric metric;
            for (const auto& [label, text] : labels) metric.label.push_back({label, text});
            (all.back().type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
                value;
            all.back().metric.push_back(std::move(metric));
        }
        template <typename Number>
        void gauge(const char* name, const char* help, Number value) {
            begin(name, help, MetricType::Gauge);
            add({}, static_cast<double>(value));
        }
        template <typename Number>
        void counter(const char* name, const char* help, Number value) {
            begin(name, help, MetricType::Counter);
            add({}, static_cast<double>(value));
        }
    };

    void about_process(Families& to) const {
        to.begin("ringcast_gateway_info", "Who this is.", MetricType::Gauge);
        to.add({{"gateway", snapshot_.id}, {"version", snapshot_.version}}, 1);
        to.gauge("ringcast_uptime_seconds", "Since start.", snapshot_.uptime.count());
        to.counter("process_cpu_seconds_total", "Of all threads, in user and kernel mode.",
                   std::chrono::duration<double>(snapshot_.cpu).count());
        to.gauge("ringcast_ready", "1 when newcomers are welcome.", ready_ ? 1 : 0);
        to.gauge("ringcast_draining", "1 during a graceful stop.",
                 snapshot_.server.draining ? 1 : 0);
    }

    void about_clients(Families& to) const {
        const auto& server = snapshot_.server;
        to.gauge("ringcast_sessions", "WebSocket connections now.", server.sessions);
        to.gauge("ringcast_connections", "Connections of any kind to the clients' port now.",
                 server.connections);
        to.gauge("ringcast_users", "Distinct users connected here.", server.users);
        to.gauge("ringcast_subscriptions", "Sessions times their channels now.",
                 server.subscriptions);
        to.gauge("ringcast_channels", "Channels with subscribers here now.", server.channels);
        to.gauge("ringcast_queue_bytes", "Waiting to be written to clients now.",
                 server.queue_bytes);
        to.counter("ringcast_sessions_accepted_total", "WebSocket handshakes that succeeded.",
                   server.accepted);
        to.counter("ringcast_commands_in_total", "Commands of clients.", server.commands_in);
        to.counter("ringcast_messages_in_total",
                   "Messages from the nodes, once for each thread with subscribers.",
                   server.messages_in);
        to.counter("ringcast_messages_out_total", "Replies and pushes to clients.",
                   server.messages_out);
        to.counter("ringcast_frames_out_total", "WebSocket messages written.", server.frames_out);
        to.counter("ringcast_bytes_out_total", "Bytes of those.", server.bytes_out);
        to.counter("ringcast_published_total", "Publishes of clients and the API that succeeded.",
                   server.published);
        to.counter("ringcast_gaps_total",
                   "Channels whose subscribers were told that messages may be lost.", server.gaps);
        to.begin("ringcast_publishes_refused_total", "Publishes that failed, by reason.",
                 MetricType::Counter);
        for (const auto& [reason, count] : server.publishes_refused) {
            to.add({{"reason", reason}}, static_cast<double>(count));
        }
        to.begin("ringcast_sessions_closed_total", "Sessions that ended, by close code.",
                 MetricType::Counter);
        for (const auto& [code, count] : server.closes) {
            to.add({{"code", std::to_string(static_cast<unsigned>(code))},
                    {"reason", std::string(reason(code))}},
                   static_cast<double>(count));
        }
        to.begin("ringcast_handshakes_refused_total", "Handshakes refused, by reason.",
                 MetricType::Counter);
        for (const auto& [reason, count] : server.handshakes_refused) {
            to.add({{"reason", reason}}, static_cast<double>(count));
        }
    }

    void about_router(Families& to) const {
        const auto& router = snapshot_.router;
        to.gauge("ringcast_view_number", "Of the view in force; 0: none yet.",
                 static_cast<std::uint64_t>(router.view));
        to.begin("ringcast_ring_info", "Digest of the ring: the same on all gateways.",
                 MetricType::Gauge);
        to.add({{"digest", router.digest}}, 1);
        to.gauge("ringcast_router_channels", "Channels subscribed at the nodes.", router.channels);
        to.gauge("ringcast_router_channels_pending", "Channels not yet confirmed by their node.",
                 router.channels_pending);
        to.gauge("ringcast_router_channels_changing",
                 "Channels that follow a view that was not prepared; no handoff begins before.",
                 router.channels_changing);
        to.gauge("ringcast_publishes_held", "Publishes held back.", router.publishes_held);
        to.counter("ringcast_node_messages_in_total", "Messages received from nodes.",
                   router.messages_in);
        to.counter("ringcast_node_messages_ignored_total",
                   "Messages of an unknown kind, or from a node just left.",
                   router.messages_ignored);
        to.counter("ringcast_node_published_total", "Publishes that nodes accepted.",
                   router.published);
        to.counter("ringcast_node_gaps_total", "Gaps told by the router.", router.gaps);
        to.counter("ringcast_views_unreadable_total", "Times the stored view was rubbish.",
                   router.views_unreadable);
        to.begin("ringcast_node_publishes_failed_total", "Publishes that failed, by reason.",
                 MetricType::Counter);
        for (const auto& [why, count] : router.publishes_failed) {
            to.add({{"reason", make_error_code(why).message()}}, static_cast<double>(count));
        }
        to.counter("ringcast_node_publishes_displaced_total",
                   "Publishes refused by a fence and sent again to the next owner.",
                   router.publishes_displaced);
        about_holds(to);
        about_handoff(to);
        about_links(to);
    }

    void about_holds(Families& to) const {
        const auto& holds = snapshot_.router.publish_holds;
        const auto seconds = [](auto time) { return std::chrono::duration<double>(time).count(); };
        to.counter("ringcast_publishes_fenced_total",
                   "Publishes that a fence kept back until they went to the next owner.",
                   holds.count());
        to.begin("ringcast_publishes_fenced_seconds_total", "For how long, all together.",
                 MetricType::Counter);
        to.add({}, seconds(holds.sum()));
        to.begin("ringcast_publish_fenced_seconds",
                 "For how long since the start, by quantile: finer than the histogram.",
                 MetricType::Gauge);
        for (const auto& [quantile, thousandths] :
             {std::pair{"0.5", 500U}, {"0.99", 990U}, {"0.999", 999U}, {"1", 1'000U}}) {
            to.add({{"quantile", quantile}}, seconds(holds.within(thousandths)));
        }
        to.begin("ringcast_publish_hold_seconds",
                 "The same as a histogram, which can be added up and subtracted.",
                 MetricType::Histogram);
        ClientMetric metric;
        metric.histogram.sample_count = holds.count();
        metric.histogram.sample_sum = seconds(holds.sum());
        for (const std::chrono::microseconds bound : hold_bounds) {
            metric.histogram.bucket.push_back({holds.count_within(bound), seconds(bound)});
        }
        to.all.back().metric.push_back(std::move(metric));
    }

    void about_handoff(Families& to) const {
        const auto handoff = snapshot_.router.handoff.value_or(router::HandoffStatus{});
        to.gauge("ringcast_handoff_view", "That channels are being moved to; 0: none.",
                 static_cast<std::uint64_t>(handoff.view));
        to.gauge("ringcast_handoff_early_bytes",
                 "Kept of new owners until the former ones have had their last word.",
                 handoff.early_bytes);
        to.begin("ringcast_handoff_channels", "How far this gateway has come in the handoff.",
                 MetricType::Gauge);
        for (const auto& [state, count] : {std::pair{"moving", handoff.moving},
                                           {"prepared", handoff.prepared},
                                           {"switched", handoff.switched},
                                           {"left", handoff.left}}) {
            to.add({{"state", state}}, static_cast<double>(count));
        }
    }

    void about_links(Families& to) const {
        const auto each = [&](const char* name, const char* help, MetricType type, auto value) {
            to.begin(name, help, type);
            for (const auto& link : snapshot_.router.links) {
                to.add({{"node", link.member}, {"address", link.address}},
                       static_cast<double>(value(link)));
            }
        };
        using Link = router::LinkStatus;
        each("ringcast_link_publishing", "1 when publishes go through.", MetricType::Gauge,
             [](const Link& link) { return link.publishing ? 1 : 0; });
        each("ringcast_link_subscribing", "1 when every subscribing connection works.",
             MetricType::Gauge, [](const Link& link) { return link.subscribing ? 1 : 0; });
        each("ringcast_link_deaf", "1 when the last probe did not come back.", MetricType::Gauge,
             [](const Link& link) { return link.deaf ? 1 : 0; });
        each("ringcast_link_unreachable", "1 when it has been down for a while.", MetricType::Gauge,
             [](const Link& link) { return link.unreachable ? 1 : 0; });
        each("ringcast_link_channels", "Channels subscribed through it.", MetricType::Gauge,
             [](const Link& link) { return link.channels; });
        each("ringcast_link_unanswered", "Publishes sent and not yet answered.", MetricType::Gauge,
             [](const Link& link) { return link.unanswered; });
        each("ringcast_link_reconnects_total", "Times it was made again.", MetricType::Counter,
             [](const Link& link) { return link.reconnects; });
    }

    void about_cluster(Families& to) const {
        to.begin("ringcast_session_state", "1 for the state of the ZooKeeper session.",
                 MetricType::Gauge);
        using membership::SessionState;
        for (const auto state : {SessionState::connecting, SessionState::connected,
                                 SessionState::suspended, SessionState::lost}) {
            to.add({{"state", std::string(name_of(state))}},
                   snapshot_.session.state == state ? 1 : 0);
        }
        to.gauge("ringcast_announced", "1 when this gateway is in the registry.",
                 snapshot_.announced ? 1 : 0);
        to.gauge("ringcast_gateways", "Gateways in the registry.", snapshot_.gateways.size());

        const auto& coordinator = snapshot_.coordinator;
        to.gauge("ringcast_coordinator_leading", "1 when this gateway makes the views.",
                 coordinator.leading ? 1 : 0);
        to.counter("ringcast_coordinator_views_made_total", "By this process.",
                   coordinator.views_made);
        to.counter("ringcast_coordinator_requests_done_total", "Operators' requests carried out.",
                   coordinator.requests_done);
        to.counter("ringcast_coordinator_requests_refused_total", "Operators' requests refused.",
                   coordinator.requests_refused);
        to.counter("ringcast_coordinator_nodes_removed_total", "Nodes removed because they died.",
                   coordinator.nodes_removed);
        to.counter("ringcast_coordinator_mass_vanish_alarms_total",
                   "Times too many nodes vanished at once, and nothing was removed.",
                   coordinator.mass_vanish_alarms);
        to.counter("ringcast_coordinator_unreadable_entries_total", "Znodes with rubbish in them.",
                   coordinator.unreadable_entries);
    }

    const Snapshot& snapshot_;
    const bool ready_;
};

}  // namespace

std::string metrics_page(const Snapshot& snapshot, bool ready) {
    return prometheus::TextSerializer().Serialize(SnapshotCollectable(snapshot, ready).Collect());
}

}  // namespace ringcast::gateway
