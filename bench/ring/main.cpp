#include "channel_names.hpp"
#include "report.hpp"
#include "ringcast/ring/diff.hpp"
#include "ringcast/ring/hash.hpp"
#include "ringcast/ring/ring.hpp"
#include "rivals.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

// What a lookup, a new ring and a comparison of rings cost, beside what one could hope for. Times
// are of one operation, on one thread; ratios are of figures from this run.
namespace ringcast::bench {
namespace {

constexpr std::uint64_t seed = 20'261'121;
constexpr std::size_t sizes[] = {3, 10, 100, 1000};
constexpr std::size_t batch = 1000;

using Names = std::vector<std::string_view>;

/// Everything that is measured at one number of members.
struct Subject {
    explicit Subject(std::size_t count)
        : members(make(count)),
          more(make(count + 1)),
          ring(*ring::Ring::genesis(members, seed)),
          grown(*ring::Ring::next(ring, more)),
          shrunk(*ring::Ring::next(ring, {members.begin(), members.end() - 1})),
          map_ring(members, seed),
          own_ketama(members) {
        if (count <= Ketama::members_max) ketama = std::make_unique<Ketama>(count);
    }

    static std::vector<ring::Member> make(std::size_t count) {
        std::vector<ring::Member> members;
        for (std::size_t i = 0; i < count; ++i) {
            members.push_back(
                {"redis-" + std::to_string(10'000 + i), 100, "zone-" + std::to_string(i % 3)});
        }
        return members;
    }

    std::vector<ring::Member> members;
    std::vector<ring::Member> more;
    ring::Ring ring;
    ring::Ring grown;
    ring::Ring shrunk;
    MapRing map_ring;
    OwnKetama own_ketama;
    std::unique_ptr<Ketama> ketama;
};

/// Names in a row, none waiting for the one before.
template <typename Lookup>
void throughput(benchmark::State& state, const Names& names, Lookup lookup) {
    std::size_t at = 0;
    std::uint64_t sum = 0;
    while (state.KeepRunningBatch(batch)) {
        if (at + batch > names.size()) at = 0;
        for (std::size_t i = 0; i < batch; ++i) sum += lookup(names[at + i]);
        at += batch;
    }
    benchmark::DoNotOptimize(sum);
}

/// Which name is next depends on the answer before, in a way that only the processor finds out: it
/// is always the following one.
template <typename Lookup>
void latency(benchmark::State& state, const Names& names, Lookup lookup) {
    std::size_t nothing = 0;
    benchmark::DoNotOptimize(nothing);
    std::size_t at = 0;
    std::uint64_t answer = 0;
    while (state.KeepRunningBatch(batch)) {
        if (at + batch > names.size()) at = 0;
        for (std::size_t i = 0; i < batch; ++i) {
            answer = lookup(names[at + i + (static_cast<std::size_t>(answer) & nothing)]);
        }
        at += batch;
    }
    benchmark::DoNotOptimize(answer);
}

template <typename Function>
void add(const std::string& name, Function function) {
    benchmark::RegisterBenchmark(name.c_str(), function);
}

template <typename Make>
void repeat(benchmark::State& state, Make make) {
    for (auto unused : state) {
        (void)unused;
        auto made = make();
        benchmark::DoNotOptimize(made);
    }
}

void add_floors(const Names& names, const Subject& subject) {
    const auto hash = [](std::string_view name) { return ring::point(name, seed); };
    add("hash/throughput", [&names, hash](benchmark::State& s) { throughput(s, names, hash); });
    add("hash/latency", [&names, hash](benchmark::State& s) { latency(s, names, hash); });
    add("table/copy", [&subject](benchmark::State& s) {
        repeat(s, [&] {
            return std::vector<ring::MemberIndex>(subject.ring.owners().begin(),
                                                  subject.ring.owners().end());
        });
    });
    add("table/compare", [copy = subject.ring.owners()](benchmark::State& s) {
        const std::vector<ring::MemberIndex> other(copy.begin(), copy.end());
        repeat(s, [&] { return std::memcmp(copy.data(), other.data(), copy.size_bytes()); });
    });
}

void add_size(const Names& names, const Subject& subject) {
    const std::string size = "/" + std::to_string(subject.members.size());
    const auto owner = [&subject](std::string_view name) { return subject.ring.owner(name); };
    const auto in_map = [&subject](std::string_view name) { return subject.map_ring.owner(name); };
    add("ring/throughput" + size,
        [&names, owner](benchmark::State& s) { throughput(s, names, owner); });
    add("ring/latency" + size, [&names, owner](benchmark::State& s) { latency(s, names, owner); });
    add("map/throughput" + size,
        [&names, in_map](benchmark::State& s) { throughput(s, names, in_map); });
    if (subject.ketama) {
        add("ketama/throughput" + size, [&](benchmark::State& s) {
            throughput(s, names, [&](auto name) { return subject.ketama->owner(name); });
        });
    }
    add("own-ketama/throughput" + size, [&](benchmark::State& s) {
        throughput(s, names, [&](auto name) { return subject.own_ketama.owner(name); });
    });

    add("genesis" + size, [&subject](benchmark::State& s) {
        repeat(s, [&] { return ring::Ring::genesis(subject.members, seed); });
    });
    add("genesis+successors" + size, [&subject](benchmark::State& s) {
        repeat(s, [&] {
            const auto made = ring::Ring::genesis(subject.members, seed);
            return made->successors(0);
        });
    });
    add("next/add" + size, [&subject](benchmark::State& s) {
        repeat(s, [&] { return ring::Ring::next(subject.ring, subject.more); });
    });
    add("next/remove" + size, [&subject](benchmark::State& s) {
        repeat(s, [&] { return ring::Ring::next(subject.grown, subject.members); });
    });
    add("next+successors/add" + size, [&subject](benchmark::State& s) {
        repeat(s, [&] {
            const auto made = ring::Ring::next(subject.ring, subject.more);
            return made->successors(0);
        });
    });
    add("diff/add" + size, [&subject](benchmark::State& s) {
        repeat(s, [&] { return ring::diff(subject.ring, subject.grown); });
    });
    add("diff/remove" + size, [&subject](benchmark::State& s) {
        repeat(s, [&] { return ring::diff(subject.ring, subject.shrunk); });
    });
}

void print_conditions(const ChannelNames& names) {
    std::printf(
        "members: 3, 10, 100, 1000, equal, in 3 zones; arcs: %zu; points a member in the "
        "std::map ring and in ketama: %u\n"
        "keys: %zu channel names of %.1f bytes on average; seed: %llu; one thread\n\n",
        ring::arc_count, points_per_member, names.all().size(), names.bytes_average(),
        static_cast<unsigned long long>(seed));
}

/// Figures that no clock is needed for.
void add_shape(Table& table, const Subject& subject) {
    const std::size_t count = subject.members.size();
    const std::string size = " at " + std::to_string(count);
    std::size_t most = 0;
    for (std::size_t i = 0; i < count; ++i) {
        most = std::max(most, subject.ring.arcs_of(static_cast<ring::MemberIndex>(i)));
    }
    const double bounds[] = {1.0001, 1.0001, 1.001, 1.0081};
    const auto which = std::find(std::begin(sizes), std::end(sizes), count) - std::begin(sizes);
    table.row("max/average share" + size,
              static_cast<double>(most) * static_cast<double>(count) / ring::arc_count, "",
              "<=", bounds[which]);
    for (const auto& [what, after] :
         {std::pair{"one added", &subject.grown}, std::pair{"one removed", &subject.shrunk}}) {
        const ring::Diff changes = ring::diff(subject.ring, *after);
        table.row(std::string("runs in the diff, ") + what + size,
                  static_cast<double>(changes.runs.size()), "", "<=", 256);
    }
}

void add_times(Table& table, const Collector& times, const Subject& subject) {
    const std::string count = std::to_string(subject.members.size());
    const std::string size = "/" + count;
    const auto compare = [&](const std::string& what, const std::string& one,
                             const std::string& other, const std::string& relation, double bound) {
        const auto a = times.best(one);
        const auto b = times.best(other);
        if (a && b) table.row(what + " at " + count, *a / *b, "x", relation, bound);
    };
    const auto limit = [&](const std::string& what, const std::string& unit, double scale,
                           double bound) {
        if (const auto time = times.best(what + size)) {
            table.row(what + " at " + count, *time / scale, unit, "<=", bound);
        }
    };
    const double over_map[] = {7, 10, 18, 55};
    const auto which =
        std::find(std::begin(sizes), std::end(sizes), subject.members.size()) - std::begin(sizes);
    compare("lookup / bare hash, throughput", "ring/throughput" + size, "hash/throughput",
            "<=", 1.05);
    compare("lookup / bare hash, latency", "ring/latency" + size, "hash/latency", "<=", 1.5);
    compare("std::map ring / lookup", "map/throughput" + size, "ring/throughput" + size,
            ">=", over_map[which]);
    compare("libmemcached ketama / lookup", "ketama/throughput" + size, "ring/throughput" + size,
            ">=", 12);
    compare("own ketama continuum / lookup", "own-ketama/throughput" + size,
            "ring/throughput" + size, ">=", 12);
    limit("genesis+successors", "ms", 1e6, 30);
    limit("next/add", "ms", 1e6, 0.5);
    limit("next/remove", "ms", 1e6, 0.5);
    limit("diff/add", "us", 1e3, 25);
    limit("diff/remove", "us", 1e3, 25);
}

/// What was not asked for on the command line is what makes the ratios steady: repetitions, mixed.
std::vector<std::string> with_defaults(int argc, char** argv) {
    std::vector<std::string> arguments(argv, argv + argc);
    for (const char* wanted : {"--benchmark_repetitions=7", "--benchmark_min_time=0.05",
                               "--benchmark_enable_random_interleaving=true"}) {
        const std::string name(wanted, std::strchr(wanted, '=') - wanted);
        const bool given = std::any_of(arguments.begin(), arguments.end(), [&](const auto& one) {
            return one.starts_with(name + "=");
        });
        if (!given) arguments.emplace_back(wanted);
    }
    return arguments;
}

int run(int argc, char** argv) {
    std::size_t name_count = 1'000'000;
    std::vector<std::string> arguments = with_defaults(argc, argv);
    std::erase_if(arguments, [&name_count](const std::string& argument) {
        constexpr std::string_view option = "--names=";
        if (!argument.starts_with(option)) return false;
        name_count =
            std::max<std::size_t>(batch, std::strtoull(&argument[option.size()], nullptr, 10));
        return true;
    });
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    int count = static_cast<int>(pointers.size());
    benchmark::Initialize(&count, pointers.data());
    if (benchmark::ReportUnrecognizedArguments(count, pointers.data())) return 1;

    const ChannelNames names(name_count, seed);
    print_conditions(names);
    std::vector<std::unique_ptr<Subject>> subjects;
    for (const std::size_t size : sizes) subjects.push_back(std::make_unique<Subject>(size));
    add_floors(names.all(), *subjects.back());
    for (const auto& subject : subjects) add_size(names.all(), *subject);

    Collector times(Collector::OO_Tabular);
    benchmark::RunSpecifiedBenchmarks(&times);

    std::printf("\n%-58s %12s     %s\n", "figure (best of the repetitions)", "is", "bound");
    Table table;
    for (const auto& subject : subjects) add_shape(table, *subject);
    for (const auto& subject : subjects) add_times(table, times, *subject);
    // A bound that is missed is for the reader to judge: the machine may be busy.
    if (!table.print()) std::printf("\nsome bounds were missed in this run\n");
    benchmark::Shutdown();
    return 0;
}

}  // namespace
}  // namespace ringcast::bench

int main(int argc, char** argv) {
    return ringcast::bench::run(argc, argv);
}
