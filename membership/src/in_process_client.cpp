#include "in_process_client.hpp"

#include <utility>

namespace ringcast::membership {

void InProcessClient::start() {
    if (!held_) connect();
}

void InProcessClient::close() {
    closed_ = true;
    (void)service_->take_watches(*this);
    if (link_ == SessionState::connected) end_session();
}

void InProcessClient::suspend() {
    held_ = true;
    if (link_ == SessionState::connected) break_link();
}

void InProcessClient::resume() {
    if (!std::exchange(held_, false)) return;
    if (std::exchange(expired_, false)) return expire();
    if (link_ == SessionState::connecting || lost_told_) {
        connect();
    } else if (link_ == SessionState::suspended) {
        link_ = SessionState::connected;
        become(SessionState::connected);
        for (auto& watching : std::exchange(waiting_, {})) post_watch(std::move(watching));
    }
}

void InProcessClient::expire_unheard() {
    if (link_ != SessionState::suspended) return expire();
    expired_ = true;
    end_session();
}

void InProcessClient::expire() {
    if (link_ != SessionState::connected && link_ != SessionState::suspended) return;
    expired_ = false;
    link_ = SessionState::lost;
    ++connection_;
    requests_->lose();
    auto spent = std::exchange(waiting_, {});
    for (auto& watching : service_->take_watches(*this)) spent.push_back(std::move(watching));
    end_session();
    become(SessionState::lost);
    for (auto& watching : spent) post_watch(std::move(watching));
    post([this] {
        lost_told_ = true;
        if (!held_) connect();
    });
}

void InProcessClient::set_lag(Delay lag) {
    lag_ = std::move(lag);
    if (follower_) return;
    ++service_->followers;
    follower_.emplace(Follower{service_->tree, {}, {}, std::make_shared<DelayLine>(scheduler_)});
    // What it watches so far it watches at the leader still, which is as good.
}

void InProcessClient::follow(const std::shared_ptr<const Service::News>& news) {
    if (!follower_) return;
    follower_->coming->send(lag_ ? lag_() : Scheduler::Clock::duration::zero(), [this, news] {
        follower_->tree.apply(news->patch);
        Service::tell(news->changes, follower_->data_watches, follower_->children_watches);
    });
}

void InProcessClient::on_change(std::shared_ptr<Watching> watching) {
    if (link_ == SessionState::connected) {
        post_watch(std::move(watching));
    } else {
        waiting_.push_back(std::move(watching));
    }
}

Token InProcessClient::observe(Znodes::SessionObserver observer) {
    const auto key = ++last_observer_;
    observers_.emplace(key, std::make_shared<Znodes::SessionObserver>(std::move(observer)));
    return Token{[weak = weak_from_this(), key] {
        if (const auto self = weak.lock()) self->forget(key);
    }};
}

std::vector<InProcessClient::Service::Watches*> InProcessClient::watches(Service& service) {
    std::vector<Service::Watches*> all{&service.data_watches, &service.children_watches};
    if (follower_) {
        all.push_back(&follower_->data_watches);
        all.push_back(&follower_->children_watches);
    }
    return all;
}

void InProcessClient::forget(std::uint64_t key) {
    const auto found = observers_.find(key);
    if (found == observers_.end()) return;
    const auto keep = std::move(found->second);  // destroyed last: it may own what calls this
    observers_.erase(found);
}

void InProcessClient::post_watch(std::shared_ptr<Watching> watching) {
    post([watching = std::move(watching)] {
        if (!watching->voided) watching->fire();
    });
}

void InProcessClient::connect() {
    lost_told_ = false;
    id_ = ++service_->last_session;
    link_ = SessionState::connected;
    become(SessionState::connected);
}

void InProcessClient::break_link() {
    ++connection_;
    link_ = SessionState::suspended;
    requests_->lose();
    become(SessionState::suspended);
}

void InProcessClient::become(SessionState state) {
    post([this, session = Session{state, id_}] {
        told_ = session;
        for (auto next = observers_.begin(); !closed_ && next != observers_.end();) {
            const auto key = next->first;
            const auto observer = next->second;  // survives its own token
            (*observer)(told_);
            next = observers_.upper_bound(key);
        }
    });
}

void InProcessClient::end_session() {
    Tree::Changes changes;
    service_->tree.end_session(id_, changes);
    service_->tell(changes);
}

}  // namespace ringcast::membership
