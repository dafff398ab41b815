#pragma once

#include "in_process_node.hpp"
#include "manual_scheduler.hpp"
#include "ringcast/membership/in_process.hpp"
#include "ringcast/router/router.hpp"
#include "ringcast/router/view.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace ringcast::router::test {

/// One thing that a listener saw, or its subscription did.
struct Seen {
    enum class What { confirmed, message, gap, unsubscribed };
    What what;
    std::string text;  // of a message
    std::uint64_t at;  // on the world's clock of events
};

/// One publish, and what became of it.
struct Published {
    std::size_t publisher;
    std::string channel;
    std::string text;
    std::uint64_t called_at;
    std::uint64_t answers = 0;
    boost::system::error_code outcome;
};

/// A listener that writes down what it sees, channel by channel.
class Diary final : public Listener {
public:
    explicit Diary(std::uint64_t& clock) : clock_(clock) {}

    void deliver(std::span<const Delivery> deliveries) override {
        for (const Delivery& one : deliveries) {
            const bool gap = one.kind == Delivery::Kind::gap;
            note(*one.channel, gap ? Seen::What::gap : Seen::What::message, gap ? "" : *one.text);
        }
    }

    void note(const std::string& channel, Seen::What what, std::string text = {}) {
        pages[channel].push_back({what, std::move(text), ++clock_});
    }

    std::map<std::string, std::vector<Seen>> pages;

private:
    std::uint64_t& clock_;
};

/// Several routers with two listeners each, over in-process nodes and one tree of znodes, on one
/// hand-turned clock. The test plays the coordinator: `change_view` fences the nodes and writes the
/// view, as the handoff will; routers learn of it whenever they do.
class RouterWorld {
public:
    static constexpr std::size_t listeners_each = 2;

    RouterWorld(std::size_t routers, std::size_t nodes, std::uint64_t seed,
                RouterOptions options = {});
    ~RouterWorld();

    void change_view(const std::vector<std::size_t>& members);

    void subscribe(std::size_t router, std::size_t listener, const std::string& channel);
    void unsubscribe(std::size_t router, std::size_t listener, const std::string& channel);
    void publish(std::size_t router, const std::string& channel);

    /// Whether the listener asked for the channel and did not give it up.
    [[nodiscard]] bool wants(std::size_t router, std::size_t listener,
                             const std::string& channel) const;
    [[nodiscard]] bool confirmed(std::size_t router, std::size_t listener,
                                 const std::string& channel) const;

    [[nodiscard]] static Address address_of(std::size_t node);
    [[nodiscard]] InProcessNode& node(std::size_t number) { return links.at(address_of(number)); }

    /// When a loss must be told: before anything later of the same publisher, or merely some time
    /// later, which is all that a router cut off from the views can do.
    enum class Promptness { before_the_next, later };

    /// Everything that may not be, one line each; empty: all is well.
    [[nodiscard]] std::vector<std::string> violations(Promptness promptness) const;

    struct Site {
        std::unique_ptr<membership::Znodes> znodes;
        std::vector<std::unique_ptr<Diary>> diaries;
        std::unique_ptr<Router> router;
        std::map<std::string, std::uint64_t> sent;  // by channel
        // By listener and channel: true once confirmed.
        std::map<std::pair<std::size_t, std::string>, bool> wanted;
    };

    ringcast::test::ManualScheduler scheduler;
    membership::InProcessEnsemble ensemble;
    InProcessLinks links;
    std::vector<Site> sites;
    std::vector<std::unique_ptr<Published>> published;
    std::uint64_t failed_subscribes = 0;

private:
    void judge(const Site& site, std::size_t listener, const std::string& channel,
               const std::vector<Seen>& page, Promptness promptness,
               std::vector<std::string>& found) const;

    std::uint64_t clock_ = 0;
    std::map<std::string, std::vector<const Published*>> published_on_;
    std::unique_ptr<membership::Znodes> coordinator_;
    std::optional<View> view_;
    std::minstd_rand chance_;
};

}  // namespace ringcast::router::test
