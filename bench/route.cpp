// What a message costs inside the router, without sockets: from the bytes of a node to the
// listener's batch, and from a caller's publish to the bytes for the node. Beside each figure the
// bound: the parser alone, the formatter alone. Allocations are counted, as they are most of the
// rest.

#include "node_connection.hpp"
#include "node_keys.hpp"
#include "resp.hpp"
#include "ringcast/membership/in_process.hpp"
#include "ringcast/router/entries.hpp"
#include "ringcast/router/router.hpp"
#include "ringcast/router/view.hpp"

#include <benchmark/benchmark.h>
#include <spdlog/sinks/null_sink.h>

#include <cstdlib>
#include <deque>
#include <new>
#include <string>
#include <vector>

namespace {

std::uint64_t allocations = 0;

}  // namespace

// Not inlined: the compiler would take free for the wrong partner of new.
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace ringcast::router {
namespace {

constexpr std::size_t channel_count = 100'000;
constexpr std::size_t payload_bytes = 128;
constexpr int messages_per_turn = 16;

/// The turn of a loop without a loop. Timers never fire: nothing here waits.
class Turns final : public membership::Scheduler {
public:
    void post(Task task) override { posted_.push_back(std::move(task)); }
    [[nodiscard]] membership::Token after(Clock::duration, Task) override { return {}; }
    [[nodiscard]] Clock::time_point now() const override { return Clock::now(); }

    void run() {
        while (!posted_.empty()) {
            const Task task = std::move(posted_.front());
            posted_.pop_front();
            task();
        }
    }

private:
    std::deque<Task> posted_;
};

/// A node that says yes at once and formats what it is given, as a link to a Redis does.
class Yes final : public NodeConnection {
public:
    Yes(Turns& turns, Purpose purpose, Observer& observer, Observer*& subscriber)
        : turns_(turns), observer_(observer) {
        if (purpose == Purpose::subscribing) subscriber = &observer;
        turns.post([&observer] { observer.opened(); });
    }
    void publish(ViewNumber, std::span<const Publication> batch) override {
        arguments_.assign({"EVALSHA", "0123456789012345678901234567890123456789", "2",
                           node_keys::fence, node_keys::lease, "1"});
        for (const Publication& one : batch) {
            arguments_.push_back(one.channel);
            arguments_.push_back(one.payload);
        }
        out_.clear();
        resp::append_command(out_, arguments_);
        benchmark::DoNotOptimize(out_.data());
        turns_.post([this] { observer_.answered({}); });
    }
    void probe(std::string_view) override {}
    void read_view() override {}
    void subscribe(std::span<const SharedText> channels) override {
        for (const SharedText& channel : channels) {
            turns_.post([this, channel] { observer_.confirmed(*channel); });
        }
    }
    void unsubscribe(std::span<const SharedText>) override {}

private:
    Turns& turns_;
    Observer& observer_;
    std::vector<std::string_view> arguments_;
    std::string out_;
};

class YesFactory final : public ConnectionFactory {
public:
    explicit YesFactory(Turns& turns) : turns_(turns) {}
    std::unique_ptr<NodeConnection> connect(const Address&, NodeConnection::Purpose purpose,
                                            NodeConnection::Observer& observer) override {
        return std::make_unique<Yes>(turns_, purpose, observer, subscriber);
    }
    NodeConnection::Observer* subscriber = nullptr;

private:
    Turns& turns_;
};

class Sink final : public Listener {
public:
    void deliver(std::span<const Delivery> deliveries) override { count += deliveries.size(); }
    std::uint64_t count = 0;
};

std::string name_of(std::size_t number) {
    return "chat:room-" + std::to_string(number);
}

/// A router with 100,000 channels, each subscribed by so many listeners.
struct World {
    explicit World(std::size_t listeners) : sinks(listeners) {
        options.gateway_id = "bench";
        options.channels_per_connection_max = channel_count;
        auto ring = ring::Ring::genesis({{.id = "redis-1", .weight = 100, .zone = {}}});
        const View view{ViewNumber{1}, *ring, {{"127.0.0.1", 6379}}};
        znodes->create(std::string(paths::view), encode(ViewRecord{view, {}, {}}),
                       membership::Mode::persistent, [](auto, auto) {});
        router = make_router(
            *znodes, turns, links,
            [](std::string_view channel, std::string_view payload) {
                std::string text;
                text.reserve(channel.size() + payload.size() + 48);
                text.append(R"({"push":{"channel":")").append(channel).append(R"(","pub":)");
                text.append(payload).append("}}");
                return text;
            },
            options,
            std::make_shared<spdlog::logger>("bench",
                                             std::make_shared<spdlog::sinks::null_sink_st>()));
        turns.run();
        for (Sink& sink : sinks) {
            const ListenerId id = router->attach(sink);
            for (std::size_t i = 0; i < channel_count; ++i) {
                router->subscribe(id, name_of(i), [](auto) {});
            }
        }
        turns.run();
        if (router->status().channels_pending != 0) std::abort();
    }

    RouterOptions options;
    Turns turns;
    membership::InProcessEnsemble ensemble;
    std::unique_ptr<membership::Znodes> znodes = ensemble.attach(turns);
    YesFactory links{turns};
    std::vector<Sink> sinks;
    std::unique_ptr<Router> router;
};

/// A megabyte or so of messages on random channels, as a node sends them.
std::vector<std::string> stream() {
    std::vector<std::string> reads;
    std::uint64_t random = 1;
    for (int read = 0; read < 500; ++read) {
        std::string bytes;
        for (int i = 0; i < messages_per_turn; ++i) {
            random = random * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
            const std::string channel = name_of((random >> 33U) % channel_count);
            const std::string payload = "p" + std::string(payload_bytes, 'x');
            const std::string_view words[] = {"message", channel, payload};
            resp::append_command(bytes, words);
        }
        reads.push_back(std::move(bytes));
    }
    return reads;
}

void report(benchmark::State& state, std::uint64_t allocations_before) {
    const auto messages = state.iterations() * messages_per_turn;
    state.SetItemsProcessed(messages);
    state.counters["allocations/message"] =
        static_cast<double>(allocations - allocations_before) / static_cast<double>(messages);
}

void parser_alone(benchmark::State& state) {
    const auto reads = stream();
    resp::Reader reader(8U << 20U);
    std::size_t next = 0;
    const auto before = allocations;
    for (auto _ : state) {
        reader.feed(reads[next++ % reads.size()]);
        while (const auto reply = reader.next()) benchmark::DoNotOptimize((*reply)[2].text());
    }
    report(state, before);
}
BENCHMARK(parser_alone);

void message_in(benchmark::State& state) {
    World world(static_cast<std::size_t>(state.range(0)));
    const auto reads = stream();
    resp::Reader reader(8U << 20U);
    std::size_t next = 0;
    const auto before = allocations;
    for (auto _ : state) {
        reader.feed(reads[next++ % reads.size()]);
        while (const auto reply = reader.next()) {
            world.links.subscriber->message((*reply)[1].text(), (*reply)[2].text());
        }
        world.turns.run();
    }
    report(state, before);
}
BENCHMARK(message_in)->ArgName("listeners")->Arg(1)->Arg(4);

void formatter_alone(benchmark::State& state) {
    const std::string channel = name_of(77'777);
    const std::string payload(payload_bytes + 1, 'p');
    std::vector<std::string_view> words{"EVALSHA",
                                        "0123456789012345678901234567890123456789",
                                        "2",
                                        node_keys::fence,
                                        node_keys::lease,
                                        "1"};
    for (int i = 0; i < messages_per_turn; ++i) words.insert(words.end(), {channel, payload});
    std::string out;
    const auto before = allocations;
    for (auto _ : state) {
        out.clear();
        resp::append_command(out, words);
        benchmark::DoNotOptimize(out.data());
    }
    report(state, before);
}
BENCHMARK(formatter_alone);

void publish_out(benchmark::State& state) {
    World world(1);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < channel_count; ++i) names.push_back(name_of(i));
    std::uint64_t answered = 0;
    std::size_t next = 0;
    const std::string payload(payload_bytes, 'x');
    const auto before = allocations;
    for (auto _ : state) {
        for (int i = 0; i < messages_per_turn; ++i) {
            world.router->publish(names[++next % channel_count], payload,
                                  [&answered](auto) { ++answered; });
        }
        world.turns.run();
    }
    report(state, before);
    if (answered != static_cast<std::uint64_t>(state.iterations()) * messages_per_turn) {
        state.SkipWithError("not every publish was answered");
    }
}
BENCHMARK(publish_out);

}  // namespace
}  // namespace ringcast::router
