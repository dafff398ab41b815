#include "router_world.hpp"

#include "ringcast/router/entries.hpp"

#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace ringcast::router::test {

using namespace std::chrono_literals;

RouterWorld::RouterWorld(std::size_t routers, std::size_t nodes, std::uint64_t seed,
                         RouterOptions options)
    : links(scheduler),
      coordinator_(ensemble.attach(scheduler)),
      chance_(static_cast<std::minstd_rand::result_type>(seed)) {
    for (std::size_t i = 0; i < nodes; ++i) {
        // Now and then something takes thirty times as long.
        node(i).set_latency([this]() -> Clock::duration {
            const auto roll = static_cast<int>(chance_() % 100);
            if (roll < 40) return 0us;
            return roll < 97 ? std::chrono::microseconds(20 * (roll - 40)) : 30ms;
        });
    }
    const auto log =
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_st>());
    for (std::size_t i = 0; i < routers; ++i) {
        Site& site = sites.emplace_back();
        site.znodes = ensemble.attach(scheduler);
        options.gateway_id = "gateway-" + std::to_string(i);
        site.router = make_router(
            *site.znodes, scheduler, links,
            [](std::string_view, std::string_view payload) { return std::string(payload); },
            options, log);
        for (std::size_t k = 0; k < listeners_each; ++k) {
            site.diaries.push_back(std::make_unique<Diary>(clock_));
            (void)site.router->attach(*site.diaries.back());
        }
    }
    scheduler.run_ready();
}

RouterWorld::~RouterWorld() {
    for (Site& site : sites) site.router->stop();
    for (Site& site : sites) site.router.reset();
}

Address RouterWorld::address_of(std::size_t node) {
    return {"10.0.0.1", static_cast<std::uint16_t>(1000 + node)};
}

void RouterWorld::change_view(const std::vector<std::size_t>& members) {
    std::vector<ring::Member> named;
    for (const std::size_t number : members)
        named.push_back({.id = "node-" + std::to_string(number), .weight = 100, .zone = {}});
    auto ring = view_ ? ring::Ring::next(view_->ring, named) : ring::Ring::genesis(named);
    if (!ring) throw std::logic_error(ring.refusal().text());

    View next{view_ ? successor(view_->number) : ViewNumber{1}, *ring, {}};
    for (const ring::Member& member : next.ring.members()) {
        next.addresses.push_back(address_of(std::stoul(member.id.substr(5))));
    }
    if (view_) {
        for (const Address& address : view_->addresses) links.at(address).fence(next.number);
    }
    ViewRecord record{next, {}, {}};
    if (view_) record.previous = view_->number;
    const std::string bytes = encode(record);
    const std::string path(paths::view);
    if (view_) {
        coordinator_->set(path, bytes, membership::any_version, [](auto, auto) {});
    } else {
        coordinator_->create(path, bytes, membership::Mode::persistent, [](auto, auto) {});
    }
    view_ = std::move(next);
}

void RouterWorld::subscribe(std::size_t router, std::size_t listener, const std::string& channel) {
    Site& site = sites[router];
    site.wanted[{listener, channel}] = false;
    site.router->subscribe(static_cast<ListenerId>(listener), channel,
                           [this, &site, listener, channel](boost::system::error_code error) {
                               if (error) {
                                   ++failed_subscribes;
                                   site.wanted.erase({listener, channel});
                                   return;
                               }
                               site.wanted.at({listener, channel}) = true;
                               site.diaries[listener]->note(channel, Seen::What::confirmed);
                           });
}

void RouterWorld::unsubscribe(std::size_t router, std::size_t listener,
                              const std::string& channel) {
    Site& site = sites[router];
    if (site.wanted.at({listener, channel})) {
        site.diaries[listener]->note(channel, Seen::What::unsubscribed);
    }
    site.wanted.erase({listener, channel});
    site.router->unsubscribe(static_cast<ListenerId>(listener), channel);
}

bool RouterWorld::wants(std::size_t router, std::size_t listener,
                        const std::string& channel) const {
    return sites[router].wanted.contains({listener, channel});
}

bool RouterWorld::confirmed(std::size_t router, std::size_t listener,
                            const std::string& channel) const {
    const auto& wanted = sites[router].wanted;
    const auto found = wanted.find({listener, channel});
    return found != wanted.end() && found->second;
}

void RouterWorld::publish(std::size_t router, const std::string& channel) {
    Site& site = sites[router];
    const std::string text = std::to_string(router) + ":" + std::to_string(++site.sent[channel]);
    Published& one = *published.emplace_back(
        std::make_unique<Published>(Published{router, channel, text, ++clock_, 0, {}}));
    published_on_[channel].push_back(&one);
    site.router->publish(channel, text, [&one](boost::system::error_code error) {
        ++one.answers;
        one.outcome = error;
    });
}

namespace {

std::uint64_t number_of(const std::string& text) {
    return std::stoull(text.substr(text.find(':') + 1));
}

}  // namespace

void RouterWorld::judge(const Site& site, std::size_t listener, const std::string& channel,
                        const std::vector<Seen>& page, Promptness promptness,
                        std::vector<std::string>& found) const {
    const auto complain = [&](const std::string& what) {
        found.push_back("router " + std::to_string(&site - sites.data()) + " listener " +
                        std::to_string(listener) + " channel " + channel + ": " + what);
    };
    // Position of each text in the page.
    std::map<std::string, std::size_t> position;
    std::vector<std::uint64_t> last(sites.size(), 0);
    bool on = false;
    for (std::size_t i = 0; i < page.size(); ++i) {
        const Seen& seen = page[i];
        switch (seen.what) {
            case Seen::What::confirmed:
                if (on) complain("confirmed twice");
                on = true;
                break;
            case Seen::What::unsubscribed:
                on = false;
                break;
            case Seen::What::gap:
                if (!on) complain("a gap while not subscribed");
                break;
            case Seen::What::message: {
                if (!on) complain("message " + seen.text + " while not subscribed");
                if (!position.emplace(seen.text, i).second) complain("twice: " + seen.text);
                std::uint64_t& before = last[std::stoul(seen.text)];
                const std::uint64_t number = number_of(seen.text);
                if (number <= before) complain("out of order: " + seen.text);
                before = number;
                break;
            }
        }
    }

    // What was accepted and never came: a gap must stand after its publishing, within the same
    // subscription.
    const auto on_channel = published_on_.find(channel);
    if (on_channel == published_on_.end()) return;
    for (const Published* one : on_channel->second) {
        if (position.contains(one->text)) continue;
        if (one->answers == 0 || one->outcome) continue;
        // The subscription during which it was published.
        std::size_t begin = page.size();
        for (std::size_t i = 0; i < page.size() && page[i].at < one->called_at; ++i) {
            if (page[i].what == Seen::What::confirmed) begin = i;
            if (page[i].what == Seen::What::unsubscribed) begin = page.size();
        }
        if (begin == page.size()) continue;
        bool told = false;
        for (std::size_t i = begin; i < page.size() && !told; ++i) {
            const Seen& seen = page[i];
            if (seen.what == Seen::What::unsubscribed) told = true;  // it did not wait for it
            if (seen.what == Seen::What::gap && seen.at > one->called_at) told = true;
            if (promptness == Promptness::before_the_next && seen.what == Seen::What::message &&
                seen.at > one->called_at && std::stoul(seen.text) == one->publisher &&
                number_of(seen.text) > number_of(one->text)) {
                break;
            }
        }
        if (!told) complain("lost without a word: " + one->text);
    }
}

std::vector<std::string> RouterWorld::violations(Promptness promptness) const {
    std::vector<std::string> found;
    std::set<std::pair<std::string, std::string>> known;
    for (const auto& one : published) {
        known.emplace(one->channel, one->text);
        if (one->answers != 1) {
            found.push_back("publish " + one->text + " on " + one->channel + " answered " +
                            std::to_string(one->answers) + " times");
        }
    }
    for (const Site& site : sites) {
        for (std::size_t k = 0; k < site.diaries.size(); ++k) {
            for (const auto& [channel, page] : site.diaries[k]->pages) {
                for (const Seen& seen : page) {
                    if (seen.what == Seen::What::message && !known.contains({channel, seen.text})) {
                        found.push_back("invented: " + seen.text + " on " + channel);
                    }
                }
                judge(site, k, channel, page, promptness, found);
            }
        }
    }
    return found;
}

}  // namespace ringcast::router::test
