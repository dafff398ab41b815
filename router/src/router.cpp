#include "ringcast/router/router.hpp"

#include "in_process_node.hpp"
#include "node_link.hpp"
#include "ringcast/membership/barrier.hpp"
#include "ringcast/membership/configuration.hpp"
#include "ringcast/router/entries.hpp"
#include "routing.hpp"

#include <array>
#include <bit>
#include <cassert>
#include <map>
#include <optional>
#include <utility>

namespace ringcast::router {
namespace {

std::uint64_t number_of(ViewNumber view) {
    return static_cast<std::uint64_t>(view);
}

/// The shell around `Routing`: holds the links, the clock and the view's znode, and does what the
/// machine says. What callers are to hear is collected and said at the end of the turn of the loop:
/// confirmations first, so that a listener's messages follow its confirmation.
class RoutingRouter final : public Router, private RoutingActions, private NodeLink::Observer {
public:
    RoutingRouter(membership::Znodes& znodes, membership::Scheduler& scheduler, LinkFactory& links,
                  Encoder encode, RouterOptions options, std::shared_ptr<spdlog::logger> log)
        : scheduler_(scheduler),
          factory_(dynamic_cast<ConnectionFactory&>(links)),
          encode_(std::move(encode)),
          options_(std::move(options)),
          log_(std::move(log)),
          znodes_(znodes),
          routing_(options_, *this) {
        watch_view();
    }

    ListenerId attach(Listener& listener) override {
        assert(attached_ < listeners_max);
        listeners_[attached_].target = &listener;
        return static_cast<ListenerId>(attached_++);
    }

    void subscribe(ListenerId listener, std::string channel, Handler confirmed) override {
        if (stopped_) return refuse(std::move(confirmed));
        routing_.subscribe(listener, std::move(channel), std::move(confirmed), scheduler_.now());
        soon();
    }

    void unsubscribe(ListenerId listener, std::string_view channel) override {
        if (stopped_) return;
        std::erase_if(confirmations_, [&](const Confirmation& one) {
            return one.listener == listener && *one.channel == channel;
        });
        std::erase_if(listeners_[listener].deliveries,
                      [&](const Delivery& one) { return *one.channel == channel; });
        routing_.unsubscribe(listener, channel, scheduler_.now());
        soon();
    }

    void publish(std::string channel, std::string payload, Handler answered) override {
        if (stopped_) return refuse(std::move(answered));
        routing_.publish(std::move(channel), std::move(payload), std::move(answered),
                         scheduler_.now());
        soon();
    }

    void announced_as(std::string entry) override {
        if (stopped_) return;
        entry_ = entry;
        routing_.announced_as(std::move(entry));
        watch_view();
        soon();
    }

    RouterStatus status() const override;

    std::string owner_of(std::string_view channel) const override {
        const auto& destinations = routing_.destinations();
        if (!destinations) return {};
        const ring::Ring& ring = destinations->ring;
        return ring.members()[ring.owner(channel)].id;
    }

    void channels_on(ring::Arc arc, std::vector<std::uint64_t>& points) const override {
        const auto& destinations = routing_.destinations();
        if (!destinations) return;
        const std::uint64_t seed = destinations->ring.seed();
        routing_.subscribing().channels().for_each_in(arc, [&](const Channel& channel) {
            points.push_back(ring::point(*channel.name, seed));
        });
    }

    void on_change(std::function<void()> observer) override {
        observers_.push_back(std::move(observer));
    }

    void stop() override {
        if (std::exchange(stopped_, true)) return;
        view_.reset();
        barriers_.clear();
        timer_.reset();
        routing_.stop();
        links_.clear();
        closing_.clear();
        say_answers();
    }

private:
    struct Attached {
        Listener* target = nullptr;
        std::vector<Delivery> deliveries;  // of this turn
        std::vector<Delivery> being_delivered;
    };
    struct Confirmation {
        ListenerId listener;
        SharedText channel;
        Handler handler;
        boost::system::error_code error;
    };
    struct Answer {
        Handler handler;
        boost::system::error_code error;
    };

    /// Anew: what was read before does not count.
    void watch_view() {
        view_.emplace(znodes_, scheduler_, std::string(paths::view), [this] { follow_view(); });
    }
    void follow_view();
    void follow(std::string_view bytes, Routing::Source source, std::string_view from);
    void soon();
    void turn();
    void say_answers();
    void deliver_all();
    void set_timer();
    void refuse(Handler handler) {
        answers_.push_back({std::move(handler), Errc::stopped});
        soon();
    }

    // RoutingActions
    void open_link(LinkId link, const std::string& member, const Address& address) override {
        log_->info("link opened node={} address={}", member, address.text());
        NodeLink::Observer& observer = *this;
        links_.emplace(link, std::make_unique<NodeLink>(link, member, address, factory_, scheduler_,
                                                        options_, log_, observer));
    }
    void close_link(LinkId link) override {
        const auto found = links_.find(link);
        log_->info("link closed node={} address={}", found->second->member(),
                   found->second->address().text());
        closing_.push_back(std::move(found->second));  // it may be calling
        links_.erase(found);
        changed_ = true;
    }
    void subscribe(LinkId link, const SharedText& channel, Pace pace) override {
        links_.at(link)->subscribe(channel, pace);
    }
    void unsubscribe(LinkId link, const SharedText& channel, Pace pace) override {
        if (const auto found = links_.find(link); found != links_.end()) {
            found->second->unsubscribe(channel, pace);
        }
    }
    void end_bulk() override {
        for (const auto& [id, link] : links_) link->end_bulk();
    }
    void publish(LinkId link, ViewNumber view, std::span<const Publication> batch) override {
        links_.at(link)->publish(view, batch);
    }
    void subscribed(ListenerId listener, const SharedText& channel, Handler handler,
                    boost::system::error_code error) override {
        confirmations_.push_back({listener, channel, std::move(handler), error});
    }
    void published(Handler handler, boost::system::error_code error) override {
        answers_.push_back({std::move(handler), error});
    }
    void acknowledge(ViewNumber view, Acknowledgement what) override;
    void read_view(LinkId link) override {
        if (const auto found = links_.find(link); found != links_.end()) found->second->read_view();
    }
    void deliver(Listeners to, const SharedText& channel, std::string_view payload) override {
        auto text = std::make_shared<const std::string>(encode_(*channel, payload));
        hand_out(to, {Delivery::Kind::message, channel, std::move(text)});
    }
    void gap(Listeners to, const SharedText& channel) override {
        hand_out(to, {Delivery::Kind::gap, channel, nullptr});
    }
    void hand_out(Listeners to, const Delivery& delivery) {
        for (; to != 0; to &= to - 1) {
            listeners_[static_cast<std::size_t>(std::countr_zero(to))].deliveries.push_back(
                delivery);
        }
    }

    // NodeLink::Observer
    void publishing_up(LinkId link) override {
        routing_.publishing_up(link);
        soon();
    }
    void publishing_down(LinkId link) override {
        routing_.publishing_down(link);
        soon();
    }
    void answered(LinkId link, const PublishAnswer& answer) override {
        routing_.answered(link, answer, scheduler_.now());
        soon();
    }
    void subscribed(LinkId link, std::string_view channel) override {
        routing_.subscribed(link, channel, scheduler_.now());
        soon();
    }
    void left(LinkId link, std::string_view channel) override {
        routing_.left(link, channel);
        soon();
    }
    void lost(LinkId link, std::string_view channel) override {
        routing_.lost(link, channel);
        soon();
    }
    void message(LinkId link, std::string_view channel, std::string_view payload,
                 ViewNumber after) override {
        routing_.message(link, channel, payload, after);
        soon();
    }
    void fenced(LinkId link, ViewNumber view) override {
        routing_.fenced(link, view, scheduler_.now());
        soon();
    }
    void view_heard(LinkId link, ViewNumber view) override {
        routing_.view_heard(link, view, scheduler_.now());
        soon();
    }
    void view_read(LinkId link, std::string_view record) override {
        if (record.empty()) return;
        const auto from = links_.find(link);
        if (from == links_.end()) return;
        follow(record, Routing::Source::node, from->second->member());
    }
    void reachability_changed(LinkId) override {
        changed_ = true;
        soon();
    }

    membership::Scheduler& scheduler_;
    ConnectionFactory& factory_;
    const Encoder encode_;
    const RouterOptions options_;
    const std::shared_ptr<spdlog::logger> log_;

    membership::Znodes& znodes_;
    Routing routing_;
    std::map<LinkId, std::unique_ptr<NodeLink>> links_;
    std::vector<std::unique_ptr<NodeLink>> closing_;
    std::optional<membership::Configuration> view_;
    std::string entry_;
    std::vector<std::unique_ptr<membership::Barrier>> barriers_;  // the last few that were entered
    std::uint64_t views_unreadable_ = 0;

    std::array<Attached, listeners_max> listeners_;
    std::size_t attached_ = 0;
    std::vector<Confirmation> confirmations_;
    std::vector<Answer> answers_;
    std::vector<std::function<void()>> observers_;
    bool changed_ = false;

    bool stopped_ = false;
    bool turn_posted_ = false;
    membership::Token timer_;
    std::optional<Clock::time_point> timer_at_;
    const std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);  // asked by the turn
};

void RoutingRouter::follow_view() {
    if (!view_ || !view_->value()) return;  // not made yet, or gone: what is known stays in force
    follow(view_->value()->data, Routing::Source::znode, "zookeeper");
}

void RoutingRouter::follow(std::string_view bytes, Routing::Source source, std::string_view from) {
    const auto record = decode_view_record(bytes);
    const auto& known = routing_.destinations();
    if (!record) {
        ++views_unreadable_;
        log_->error("view unreadable from={} bytes={} reason=\"{}\" kept={}", from, bytes.size(),
                    record.error().message(), known ? number_of(known->view) : 0);
        return;
    }
    const View& view = record->in_force;
    if (known && known->ring.seed() != view.ring.seed()) {
        ++views_unreadable_;
        log_->error("view of another cluster refused from={} view={} seed={}", from,
                    number_of(view.number), view.ring.seed());
        return;
    }
    soon();
    const bool prepared = routing_.handoff() && routing_.handoff()->view == view.number;
    if (!routing_.follow(*record, scheduler_.now(), source)) return;
    log_->info("view adopted view={} members={} digest={} from={} handoff={}",
               number_of(view.number), view.ring.members().size(), view.ring.digest().text(), from,
               prepared);
    changed_ = true;
}

/// The last few places are kept: a connection may have to come back before one is entered.
void RoutingRouter::acknowledge(ViewNumber view, Acknowledgement what) {
    constexpr std::size_t kept = 4;
    const bool prepared = what == Acknowledgement::prepare;
    const auto stage = prepared ? paths::acks_prepare : paths::acks_leave;
    log_->info("handoff view={} acknowledged={} moving={}", number_of(view), stage,
               routing_.subscribing().progress().moving);
    if (barriers_.size() == kept) barriers_.erase(barriers_.begin());
    barriers_.push_back(
        std::make_unique<membership::Barrier>(znodes_, scheduler_, paths::acks_of(view, stage)));
    barriers_.back()->enter(entry_, [this, view](std::error_code error) {
        if (error) {
            log_->warn("handoff view={} not acknowledged error=\"{}\"", number_of(view),
                       error.message());
        }
    });
}

void RoutingRouter::soon() {
    if (std::exchange(turn_posted_, true)) return;
    scheduler_.post([this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) turn();
    });
}

void RoutingRouter::turn() {
    turn_posted_ = false;
    if (!stopped_) {
        routing_.flush(scheduler_.now());
        closing_.clear();
        set_timer();
    }
    say_answers();
    deliver_all();
    if (std::exchange(changed_, false)) {
        for (const auto& observer : observers_) observer();
    }
}

// Whoever is called may call back: what that brings is for the next turn.
void RoutingRouter::say_answers() {
    for (Confirmation& one : std::exchange(confirmations_, {})) one.handler(one.error);
    for (Answer& one : std::exchange(answers_, {})) one.handler(one.error);
}

void RoutingRouter::deliver_all() {
    for (std::size_t i = 0; i < attached_; ++i) {
        Attached& listener = listeners_[i];
        if (listener.deliveries.empty()) continue;
        listener.being_delivered.swap(listener.deliveries);
        listener.target->deliver(listener.being_delivered);
        listener.being_delivered.clear();
    }
}

void RoutingRouter::set_timer() {
    const auto next = routing_.next_deadline();
    if (!next || (timer_at_ && *timer_at_ <= *next)) return;
    timer_at_ = next;
    timer_ = scheduler_.after(*next - scheduler_.now(), [this] {
        timer_at_.reset();
        routing_.tick(scheduler_.now());
        soon();
    });
}

RouterStatus RoutingRouter::status() const {
    RouterStatus status;
    if (const auto& destinations = routing_.destinations()) {
        status.view = destinations->view;
        status.digest = destinations->ring.digest().text();
    }
    for (const auto& [id, link] : links_) {
        status.links.push_back(link->status());
        status.links.back().unanswered = routing_.publishing().unanswered(id);
    }
    const Subscribing& subscribing = routing_.subscribing();
    status.channels = subscribing.channels().size();
    status.channels_pending = subscribing.pending();
    status.channels_changing = subscribing.changing();
    status.messages_in = subscribing.messages();
    status.messages_ignored = subscribing.ignored();
    status.gaps = subscribing.gaps();
    status.handoff = routing_.handoff();
    status.publishes_held = routing_.publishing().held();
    status.publishes_displaced = routing_.publishing().displaced();
    status.publish_holds = routing_.publishing().holds();
    status.published = routing_.publishing().published();
    status.views_unreadable = views_unreadable_;
    for (const Errc why : {Errc::no_view, Errc::unreachable, Errc::hold_full, Errc::outcome_unknown,
                           Errc::refused, Errc::too_large, Errc::stopped}) {
        status.publishes_failed.emplace_back(why, routing_.publishing().failed(why));
    }
    return status;
}

}  // namespace

std::unique_ptr<LinkFactory> make_in_process_links(membership::Scheduler& scheduler) {
    return std::make_unique<InProcessLinks>(scheduler);
}

std::unique_ptr<Router> make_router(membership::Znodes& znodes, membership::Scheduler& scheduler,
                                    LinkFactory& links, Router::Encoder encode,
                                    RouterOptions options, std::shared_ptr<spdlog::logger> log) {
    return std::make_unique<RoutingRouter>(znodes, scheduler, links, std::move(encode),
                                           std::move(options), std::move(log));
}

}  // namespace ringcast::router
