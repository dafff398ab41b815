#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/router/router.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringcast::test {

/// A router with one node inside it: what is published on a channel reaches the listeners
/// subscribed to it, in order, once per turn. Tests may hold its answers back, make them fail, and
/// lose messages. Lives on its scheduler's thread, as every router; all calls are made there.
class FakeRouter final : public router::Router {
public:
    FakeRouter(membership::Scheduler& scheduler, Encoder encode)
        : scheduler_(scheduler), encode_(std::move(encode)) {}

    // What a test does to it.
    void hold_confirmations() { holds_confirmations_ = true; }
    void release_confirmations();
    void hold_answers() { holds_answers_ = true; }
    void release_answers();
    void fail_subscribes(router::Errc with) { subscribe_failure_ = with; }
    void fail_publishes(router::Errc with) { publish_failure_ = with; }
    void recover();
    /// Tells the listeners of the channel that messages may be lost.
    void lose(const std::string& channel);
    /// Publishes as if from another gateway: nobody waits for an answer.
    void publish_elsewhere(const std::string& channel, const std::string& payload);

    [[nodiscard]] std::size_t listeners_on(const std::string& channel) const;
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& published() const {
        return published_;
    }
    [[nodiscard]] std::uint64_t subscribes() const { return subscribes_; }
    [[nodiscard]] std::uint64_t unsubscribes() const { return unsubscribes_; }

    router::ListenerId attach(router::Listener& listener) override;
    void subscribe(router::ListenerId listener, std::string channel, Handler confirmed) override;
    void unsubscribe(router::ListenerId listener, std::string_view channel) override;
    void publish(std::string channel, std::string payload, Handler answered) override;
    void announced_as(std::string) override {}
    [[nodiscard]] router::RouterStatus status() const override { return {}; }
    [[nodiscard]] std::string owner_of(std::string_view) const override { return "node"; }
    void channels_on(ring::Arc, std::vector<std::uint64_t>&) const override {}
    void on_change(std::function<void()> observer) override { observer_ = std::move(observer); }
    void stop() override {}

private:
    struct Place {
        std::uint64_t number = 0;  // tells one subscription from the next on the same channel
        bool confirmed = false;
    };

    void confirm(router::ListenerId listener, const std::string& channel, std::uint64_t number,
                 const Handler& confirmed);
    void deliver(const std::string& channel, router::Delivery::Kind kind, router::SharedText text);
    void flush();

    membership::Scheduler& scheduler_;
    Encoder encode_;
    std::vector<router::Listener*> listeners_;
    std::map<std::string, std::map<router::ListenerId, Place>, std::less<>> places_;
    std::map<router::ListenerId, std::vector<router::Delivery>> outbox_;
    std::vector<std::pair<std::string, std::string>> published_;
    std::vector<std::function<void()>> held_confirmations_;
    std::vector<std::function<void()>> held_answers_;
    std::function<void()> observer_;
    std::optional<router::Errc> subscribe_failure_;
    std::optional<router::Errc> publish_failure_;
    bool holds_confirmations_ = false;
    bool holds_answers_ = false;
    bool flush_posted_ = false;
    std::uint64_t last_number_ = 0;
    std::uint64_t subscribes_ = 0;
    std::uint64_t unsubscribes_ = 0;
};

}  // namespace ringcast::test
