#include "gateway_clients.hpp"

#include "child_process.hpp"
#include "client_faults.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <utility>

namespace ringcast::bench {
namespace {

using namespace std::chrono_literals;

/// Connections that are being made, or wait for their first subscriptions, at the same time: a
/// gateway's clients do not come all at once.
constexpr std::size_t opening_max = 64;
constexpr auto publish_every = 1ms;
/// A second's worth of commands may come at once. Half of that leaves room for publishes.
constexpr auto subscribe_every = 1s;
/// From here on the gateway asks its clients to subscribe again (docs/protocol.md, section 8).
constexpr std::uint32_t subscribe_again = 2'500;

std::size_t subscribes_at_once() {
    return std::max(1U, ClientLimits::usual().commands_per_second / 2);
}

}  // namespace

struct GatewayClients::Client {
    struct Waiting {
        Asked asked;
        std::size_t which;  ///< the channel of a subscribe, the place of a publish
    };
    std::unique_ptr<ClientConnection> connection;
    std::uint32_t last_id = 0;
    std::unordered_map<std::uint32_t, Waiting> waiting;  ///< for their replies
    std::deque<std::uint32_t> to_subscribe;
    std::size_t subscribing = 0;
    bool settled = false;  ///< all of its channels were confirmed once
    bool pausing = false;  ///< it subscribed to a part of them just now
    membership::Token timer;
};

GatewayClients::GatewayClients(std::size_t index, Load load, Settings settings)
    : index_(index),
      load_(load),
      settings_(std::move(settings)),
      seats_(index, load, settings_.connections),
      traffic_(index, load) {}

GatewayClients::~GatewayClients() {
    loop_.call([this] {
        publishing_ = false;
        timer_.reset();
        for (const auto& client : clients_) {
            client->timer.reset();
            client->connection->close();
        }
    });
    (void)test::wait_until(
        [this] {
            return loop_.call([this] {
                return std::ranges::all_of(
                    clients_, [](const auto& client) { return client->connection->is_closed(); });
            });
        },
        3s);
    loop_.call([this] { clients_.clear(); });
    loop_.stop();
}

void GatewayClients::subscribe() {
    loop_.call([this] { open_more(); });
}

void GatewayClients::open_more() {
    while (busy_ < opening_max && next_client_ < settings_.connections && trouble_.empty()) {
        ++busy_;
        open(next_client_++);
    }
}

void GatewayClients::open(std::size_t number) {
    Client& client = *clients_.emplace_back(std::make_unique<Client>());
    const auto& channels = seats_.channels_of(number);
    client.to_subscribe.assign(channels.begin(), channels.end());
    client.connection = std::make_unique<ClientConnection>(
        loop_.context().get_executor(), settings_.place,
        ClientConnection::Handlers{
            [this, &client] {
                client.waiting[++client.last_id] = {Asked::connect, 0};
                std::string line;
                append_connect(line, client.last_id, settings_.token);
                client.connection->say(line);
            },
            [this, &client](std::string_view line) { take_line(client, line); },
            [this](const std::string& how) {
                const std::string advice = advice_for_close(how);
                fail(advice.empty() ? how : how + ": " + advice);
            }});
}

void GatewayClients::take_line(Client& client, std::string_view text) {
    const auto line = parse_line(text, settings_.run);
    if (!line) return fail("says what is not of its protocol");
    switch (line->kind) {
        case ServerLine::Kind::reply:
            return take_reply(client, *line);
        case ServerLine::Kind::publication: {
            if (!line->header) return;  // somebody else's
            return traffic_.heard(heard_on(line->channel, settings_.prefix, *line->header),
                                  now_ns());
        }
        case ServerLine::Kind::unsubscribed: {
            std::string_view digits = line->channel;
            digits.remove_prefix(std::min(digits.size(), settings_.prefix.size()));
            std::uint32_t channel = 0;
            std::from_chars(digits.data(), digits.data() + digits.size(), channel);
            if (line->code < subscribe_again || channel >= load_.channels) {
                return fail("took a subscription away (" + std::to_string(line->code) + ", " +
                            line->message + ")");
            }
            traffic_.heard_gap(channel, now_ns());
            --confirmed_;
            client.to_subscribe.push_back(channel);
            return subscribe_more(client);
        }
        case ServerLine::Kind::ping:
        case ServerLine::Kind::other:
            return;
    }
}

void GatewayClients::take_reply(Client& client, const ServerLine& line) {
    const auto found = client.waiting.find(line.id);
    if (found == client.waiting.end()) return;
    const Client::Waiting waiting = found->second;
    client.waiting.erase(found);
    if (line.code != 0) {
        const std::string fault =
            fault_of(waiting.asked, line.code, line.message, settings_.prefix);
        if (!fault.empty()) return fail(fault);
    }
    switch (waiting.asked) {
        case Asked::connect:
            return take_connected(client, line);
        case Asked::subscribe:
            return take_subscribed(client, static_cast<std::uint32_t>(waiting.which), line);
        case Asked::publish:
            return traffic_.answered(waiting.which, line.code == 0, now_ns());
    }
}

void GatewayClients::take_connected(Client& client, const ServerLine& line) {
    if (line.code != 0) return fail("cannot take clients now (" + line.message + "): try again");
    if (line.expires_s && *line.expires_s < settings_.seconds) {
        return fail("closes connections with this token after " + std::to_string(*line.expires_s) +
                    " s: give one that is good for at least " + std::to_string(settings_.seconds) +
                    " s");
    }
    ++admitted_;
    subscribe_more(client);
}

void GatewayClients::take_subscribed(Client& client, std::uint32_t channel,
                                     const ServerLine& line) {
    if (line.code == 0) {
        ++confirmed_;
    } else {
        client.to_subscribe.push_back(channel);  // it passes
    }
    --client.subscribing;
    subscribe_more(client);
}

/// The next part of what it has to subscribe to, when the last one is answered and its second is
/// over.
void GatewayClients::subscribe_more(Client& client) {
    if (client.subscribing > 0) return;
    if (client.to_subscribe.empty()) {
        if (std::exchange(client.settled, true)) return;
        --busy_;
        return open_more();
    }
    if (client.pausing) return;
    const std::size_t count = std::min(client.to_subscribe.size(), subscribes_at_once());
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t channel = client.to_subscribe.front();
        client.to_subscribe.pop_front();
        client.waiting[++client.last_id] = {Asked::subscribe, channel};
        std::string line;
        append_subscribe(line, client.last_id, ChannelName(settings_.prefix, channel).text());
        client.connection->say(line);
    }
    client.subscribing = count;
    client.pausing = true;
    client.timer = loop_.scheduler().after(subscribe_every, [this, &client] {
        client.pausing = false;
        subscribe_more(client);
    });
}

void GatewayClients::publish() {
    loop_.call([this] {
        publishing_ = true;
        traffic_.begin(now_ns());
        publish_due();
    });
}

void GatewayClients::stop_publishing() {
    loop_.call([this] {
        publishing_ = false;
        timer_.reset();
    });
}

void GatewayClients::publish_due() {
    if (!publishing_ || !trouble_.empty()) return;
    const std::int64_t now = now_ns();
    while (const auto due = traffic_.next(now)) {
        Client& client = *clients_[seats_.connection_of(due->header.channel)];
        client.waiting[++client.last_id] = {Asked::publish, due->place};
        std::string line;
        append_publish(line, client.last_id,
                       ChannelName(settings_.prefix, due->header.channel).text(), settings_.run,
                       due->header, load_.payload_bytes);
        client.connection->say(line);
    }
    timer_ = loop_.scheduler().after(publish_every, [this] { publish_due(); });
}

void GatewayClients::fail(std::string why) {
    if (!trouble_.empty()) return;
    trouble_ = "gateway " + settings_.gateway + " at " + settings_.place.host + ":" +
               settings_.place.port + " " + std::move(why);
}

std::string GatewayClients::trouble() {
    return loop_.call([this] { return trouble_; });
}

void GatewayClients::take(std::vector<Sent>& sent, std::vector<Heard>& heard) {
    loop_.call([&] { traffic_.take(sent, heard); });
}

}  // namespace ringcast::bench
