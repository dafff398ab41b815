#include "program.hpp"

#include "channel_rules.hpp"
#include "http_api.hpp"
#include "ringcast/gateway/protocol.hpp"
#include "ringcast/membership/random_id.hpp"
#include "ringcast/membership/zookeeper.hpp"
#include "ringcast/router/asio_scheduler.hpp"

#include <boost/asio/ip/host_name.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <sys/resource.h>

#include <utility>

namespace ringcast::gateway {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using boost::system::error_code;

/// How often the load in the registry is brought up to date.
constexpr auto refresh_interval = 2s;
/// ZooKeeper may be away just when the entry should be withdrawn: it then goes with the session.
constexpr auto withdraw_time_max = 2s;

/// Whether one process alone could listen there, which also turns port 0 into a real one. The
/// server's own sockets share their port among themselves, so they would not notice another
/// gateway.
error_code reserve(Endpoint& endpoint) {
    boost::asio::io_context context;
    error_code error;
    const auto address = boost::asio::ip::make_address(endpoint.host, error);
    if (error) return error;
    tcp::acceptor acceptor(context);
    const tcp::endpoint wanted(address, endpoint.port);
    acceptor.open(wanted.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(wanted, error);
    if (!error) acceptor.listen(1, error);
    if (!error) endpoint.port = acceptor.local_endpoint().port();
    return error;
}

std::string url(std::string_view scheme, const Endpoint& endpoint, std::string_view path) {
    const bool any = endpoint.host == "0.0.0.0" || endpoint.host == "::";
    std::string host = any ? boost::asio::ip::host_name() : endpoint.host;
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    return std::string(scheme) + "://" + host + ":" + std::to_string(endpoint.port) +
           std::string(path);
}

/// Of this process so far, in user and kernel mode.
std::chrono::microseconds cpu_time() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& time) {
        return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

membership::ZooKeeperOptions zookeeper_options(const ZookeeperSettings& settings) {
    membership::ZooKeeperOptions options;
    options.hosts = settings.hosts;
    options.root = "/ringcast/" + settings.cluster;
    options.session_timeout = settings.session_timeout;
    if (const auto colon = settings.digest.find(':'); colon != std::string::npos) {
        options.user = settings.digest.substr(0, colon);
        options.password = settings.digest.substr(colon + 1);
    }
    return options;
}

/// Of the node inside this process, which lives as long as whoever asks, and never loses a channel
/// to another.
class LocalControl final : public router::NodeControl {
public:
    explicit LocalControl(membership::Scheduler& scheduler) : scheduler_(scheduler) {}

    void probe(const router::Address&, std::chrono::milliseconds, ProbeHandler handler) override {
        scheduler_.post(
            [handler = std::move(handler)] { handler(router::ProbeOutcome::answered); });
    }

    void fence(const router::Address&, router::ViewNumber, router::ViewNumber, std::string,
               std::chrono::milliseconds, Handler handler) override {
        scheduler_.post([handler = std::move(handler)] { handler({}); });
    }

private:
    membership::Scheduler& scheduler_;
};

}  // namespace

Program::Program(Configuration configuration, std::shared_ptr<spdlog::logger> log)
    : configuration_(std::move(configuration)),
      log_(std::move(log)),
      scheduler_(router::make_asio_scheduler(control_.get_executor())) {}

Program::~Program() {
    // The router goes before the server it delivers into.
    coordinator_.reset();
    router_.reset();
    server_.reset();
}

int Program::run() {
    if (!reserve_ports()) return exit_failed;
    name_itself();
    log_->info("start id={} version={}", configuration_.identity.id, configuration_.server.version);
    for (const auto& line : describe(configuration_)) log_->info("setting {}", line);

    admin_ = make_admin_server(
        control_.get_executor(), configuration_.admin.listen,
        [this](const AdminRequest& request) { return pages_.answer(request, snapshot()); }, log_);
    if (const auto started = admin_->start(); !started) {
        fail_to_listen("admin.listen", configuration_.admin.listen, started.error());
        return exit_failed;
    }
    log_->info("listening for operators port={}", admin_->port());
    wait_for_signal();
    join();
    control_.run();
    control_.restart();
    control_.poll();  // what was cancelled comes to its end while all that it refers to is there
    log_->info("end status={}", status_);
    return status_;
}

bool Program::reserve_ports() {
    bool good = true;
    const auto look = [&](const char* what, Endpoint& endpoint) {
        if (const auto error = reserve(endpoint)) {
            fail_to_listen(what, endpoint, error);
            good = false;
        }
    };
    look("server.listen", configuration_.listen);
    look("admin.listen", configuration_.admin.listen);
    configuration_.server.port = configuration_.listen.port;
    return good;
}

void Program::fail_to_listen(const char* what, const Endpoint& endpoint, const error_code& error) {
    std::string advice;
    if (error == boost::asio::error::address_in_use) {
        advice =
            "; another process has this port: stop it (ss -ltnp shows it), or choose another "
            "port with " +
            std::string(what);
    } else if (error == boost::asio::error::access_denied) {
        advice = "; ports below 1024 need a privilege";
    }
    log_->error("cannot listen {}={}:{}: {}{}", what, endpoint.host, endpoint.port, error.message(),
                advice);
}

/// Fills in the names and addresses that were left to it.
void Program::name_itself() {
    auto& identity = configuration_.identity;
    if (identity.id.empty()) {
        identity.id = id_of_place(boost::asio::ip::host_name(), configuration_.listen.port);
    }
    if (identity.advertise_url.empty()) {
        identity.advertise_url =
            url("ws", configuration_.listen, configuration_.server.websocket_path);
    }
    if (configuration_.admin.advertise_url.empty()) {
        configuration_.admin.advertise_url = url("http", configuration_.admin.listen, "");
    }
    configuration_.router.gateway_id = identity.id;
}

void Program::join() {
    if (configuration_.identity.standalone) {
        ensemble_.emplace();
        znodes_ = ensemble_->attach(*scheduler_);
    } else {
        znodes_ = membership::make_zookeeper(*scheduler_,
                                             zookeeper_options(configuration_.zookeeper), log_);
    }
    session_ = znodes_->observe([this](const membership::Session& session) {
        log_->info("zookeeper session={}", name_of(session.state));
    });
    roster_.emplace(*znodes_, *scheduler_, std::string(router::paths::gateways),
                    [this] { read_gateways(); });

    router::GatewayEntry entry;
    entry.id = configuration_.identity.id;
    entry.client_url = configuration_.identity.advertise_url;
    entry.admin_url = configuration_.admin.advertise_url;
    entry.version = configuration_.server.version;
    entry.started_at = std::chrono::duration_cast<std::chrono::seconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count();
    announcer_.emplace(*znodes_, *scheduler_, std::move(entry), membership::random_id(),
                       [this](const std::string& name) {
                           if (phase_ == Phase::joining) serve();
                           if (router_) router_->announced_as(name);
                       });
}

void Program::serve() {
    const auto executor = control_.get_executor();
    phase_ = Phase::serving;
    if (configuration_.identity.standalone) {
        links_ = router::make_in_process_links(*scheduler_);
        nodes_ = std::make_unique<LocalControl>(*scheduler_);
        configuration_.coordinator.genesis_settle = 0ms;  // there will be no other node
        router::NodeEntry node;
        node.id = "local";
        node.address = {"127.0.0.1", 1};
        node.instance = membership::random_id();
        node_.emplace(*znodes_, *scheduler_,
                      membership::Announcement::Options{std::string(router::paths::nodes), node.id,
                                                        false, node.instance},
                      encode(node));
    } else {
        links_ = router::make_redis_links(executor, *scheduler_, configuration_.router, log_);
        nodes_ = router::make_node_control(executor, configuration_.router.node,
                                           "ringcast:" + configuration_.identity.id + ":control");
    }
    router_ = router::make_router(
        *znodes_, *scheduler_, *links_,
        [](std::string_view channel, std::string_view publication) {
            return encode_push(channel, publication);
        },
        configuration_.router, log_);
    router_->on_change([this] { report_reachability(); });
    coordinator_ =
        router::make_coordinator(*znodes_, *scheduler_, *nodes_, configuration_.identity.id,
                                 configuration_.coordinator, log_);

    server_ = make_server(configuration_.server, *router_, *scheduler_, api(), log_);
    if (const auto started = server_->start(); !started) {
        fail_to_listen("server.listen", configuration_.listen, started.error());
        return end(exit_failed);
    }
    refresh();
}

HttpHandler Program::api() {
    const auto rules = std::make_shared<const ChannelRules>(configuration_.server);
    ApiSurroundings surroundings;
    surroundings.refuse_channel = [rules](std::string_view channel) {
        return rules->fault(channel);
    };
    surroundings.gateways = [this] { return *known_gateways_.list(); };
    surroundings.serving = [this] { return serving_.load(std::memory_order_relaxed); };
    return make_http_api(configuration_.api, std::move(surroundings));
}

void Program::refresh() {
    const auto status = server_->status();
    const auto messages = router_->status().messages_in;
    router::GatewayEntry::Load load;
    load.clients = status.sessions;
    load.users = status.users;
    load.subscriptions = status.subscriptions;
    load.channels = status.channels;
    load.messages_per_second =
        (messages - messages_before_) /
        static_cast<std::uint64_t>(std::chrono::seconds(refresh_interval).count());
    messages_before_ = messages;
    announcer_->load(load);
    refresh_ = scheduler_->after(refresh_interval, [this] { refresh(); });
}

void Program::report_reachability() {
    if (phase_ != Phase::serving && phase_ != Phase::draining) return;
    std::vector<std::string> unreachable;
    for (const auto& link : router_->status().links) {
        if (link.unreachable) unreachable.push_back(link.member);
    }
    announcer_->unreachable(std::move(unreachable));
}

void Program::read_gateways() {
    if (!roster_->complete()) return;
    KnownGateways::List list;
    for (const auto& [name, entry] : roster_->entries()) {
        if (auto gateway = router::parse_gateway_entry(entry.data)) {
            list.push_back(std::move(*gateway));
        }
    }
    known_gateways_.replace(std::move(list));
}

void Program::wait_for_signal() {
    signals_.async_wait([this](error_code error, int number) {
        if (error) return;
        signalled(number);
        if (phase_ != Phase::ended) wait_for_signal();
    });
}

void Program::signalled(int number) {
    const bool first = !std::exchange(signalled_, true);
    if (first && (phase_ == Phase::serving || phase_ == Phase::draining)) {
        log_->info("draining signal={} sessions={}", number, server_->status().sessions);
        const Drain how{configuration_.identity.drain_rate, configuration_.server.times.stop_limit};
        return phase_ == Phase::serving ? drain(how) : server_->change_drain(how);
    }
    log_->info("stopping signal={}", number);
    if (phase_ == Phase::joining) return leave();
    end(exit_stopped);  // the second signal: at once
}

AdminControls Program::controls() {
    AdminControls made;
    made.channels = [this](ring::Arc arc, std::vector<std::uint64_t>& out) {
        if (router_) router_->channels_on(arc, out);
    };
    made.subscribe_batch_max = configuration_.router.subscribe_batch_max;
    made.drain = [this](std::optional<unsigned> rate) -> std::optional<std::string> {
        if (phase_ == Phase::joining) return "it is still joining: stop it by a signal";
        if (phase_ == Phase::draining && rate) server_->change_drain({*rate});
        if (phase_ != Phase::serving) return std::nullopt;
        const unsigned sessions = rate.value_or(configuration_.identity.drain_rate);
        log_->info("draining requested_by=operator rate={} sessions={}", sessions,
                   server_->status().sessions);
        drain({sessions});  // whoever wants it over within some time says the rate for that
        return std::nullopt;
    };
    return made;
}

void Program::drain(Drain how) {
    phase_ = Phase::draining;
    serving_ = false;
    announcer_->draining();
    server_->begin_drain(how, [this] {
        scheduler_->post([this] {
            if (phase_ == Phase::draining) leave();
        });
    });
}

void Program::leave() {
    phase_ = Phase::leaving;
    refresh_.reset();
    last_resort_ = scheduler_->after(withdraw_time_max, [this] { end(exit_stopped); });
    announcer_->withdraw([this] { end(exit_stopped); });
}

void Program::end(int status) {
    if (std::exchange(phase_, Phase::ended) == Phase::ended) return;
    status_ = status;
    refresh_.reset();
    last_resort_.reset();
    if (coordinator_) coordinator_->stop();
    if (router_) router_->stop();
    if (server_) server_->stop();
    admin_->stop();
    error_code ignored;  // nobody waits any more
    signals_.cancel(ignored);
    control_.stop();
}

Snapshot Program::snapshot() const {
    Snapshot made;
    made.id = configuration_.identity.id;
    made.version = configuration_.server.version;
    made.uptime = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::steady_clock::now() - started_);
    made.cpu = cpu_time();
    if (znodes_) made.session = znodes_->session();
    if (server_) made.server = server_->status();
    if (router_) made.router = router_->status();
    if (coordinator_) made.coordinator = coordinator_->status();
    made.announced = announcer_ && phase_ != Phase::leaving && announcer_->stands();
    made.gateways = *known_gateways_.list();
    return made;
}

}  // namespace ringcast::gateway
