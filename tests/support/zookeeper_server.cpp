#include "zookeeper_server.hpp"

#include "loopback.hpp"

#include <fstream>
#include <stdexcept>
#include <utility>

namespace ringcast::test {

using namespace std::chrono_literals;

namespace {

// The first one's manifest finds the rest; without the other two the server logs nothing.
const std::vector<std::string> archives{"/usr/share/java/zookeeper.jar",
                                        "/usr/share/java/slf4j-log4j12.jar",
                                        "/usr/share/java/log4j-1.2.jar"};

void write(const std::filesystem::path& file, const std::string& text) {
    std::ofstream(file) << text;
}

}  // namespace

std::optional<std::string> ZooKeeperServer::missing() {
    if (!is_installed("java")) return "java is not installed (default-jre-headless)";
    for (const auto& archive : archives) {
        if (!std::filesystem::exists(archive)) {
            return archive + " is not installed (libzookeeper-java)";
        }
    }
    return std::nullopt;
}

ZooKeeperServer::ZooKeeperServer() : ZooKeeperServer(Settings{}) {}

ZooKeeperServer::ZooKeeperServer(Settings settings) : settings_(std::move(settings)) {
    configure({});
}

void ZooKeeperServer::configure(const std::vector<std::string>& lines) {
    std::string config = "tickTime=" + std::to_string(settings_.tick.count()) +
                         "\ninitLimit=100\nsyncLimit=10\n"
                         "minSessionTimeout=" +
                         std::to_string(2 * settings_.tick.count()) +
                         "\nmaxSessionTimeout=60000\n"
                         "clientPortAddress=127.0.0.1\nclientPort=" +
                         std::to_string(port()) +
                         "\nadmin.enableServer=false\nmaxClientCnxns=0\n"
                         "4lw.commands.whitelist=*\ndataDir=" +
                         (folder_.path() / "data").string() + "\n";
    for (const auto& line : settings_.lines) config += line + "\n";
    for (const auto& line : lines) config += line + "\n";
    std::filesystem::create_directories(folder_.path() / "data");
    write(folder_.path() / "zoo.cfg", config);
    write(folder_.path() / "log4j.properties",
          "log4j.rootLogger=INFO, out\n"
          "log4j.appender.out=org.apache.log4j.ConsoleAppender\n"
          "log4j.appender.out.layout=org.apache.log4j.PatternLayout\n"
          "log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %p %c{1} %m%n\n");
}

void ZooKeeperServer::start() {
    launch();
    await_serving();
}

void ZooKeeperServer::launch() {
    std::string class_path = folder_.path();
    for (const auto& archive : archives) class_path += ":" + archive;
    process_.emplace(
        std::vector<std::string>{
            "java", "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            "-Dzookeeper.forceSync=no",  // a test needs no data after a loss of power
            // Frozen in the midst of an election, servers ask again after up to a minute otherwise.
            "-Dzookeeper.fastleader.maxNotificationInterval=1000",
            "-cp", class_path, "org.apache.zookeeper.server.quorum.QuorumPeerMain",
            (folder_.path() / "zoo.cfg").string()},
        folder_.path() / "zookeeper.log");
}

void ZooKeeperServer::await_serving() {
    const bool done = wait_until([this] { return serves() || !process_->is_running(); }, 120s);
    if (done && process_->is_running()) return;
    throw std::runtime_error("ZooKeeper does not serve: " +
                             tail_of(folder_.path() / "zookeeper.log"));
}

void ZooKeeperServer::stop() {
    process_->stop();
}
void ZooKeeperServer::kill() {
    process_->kill();
}
void ZooKeeperServer::freeze() {
    process_->freeze();
}
void ZooKeeperServer::thaw() {
    process_->thaw();
}

std::string ZooKeeperServer::word(const std::string& four_letters) const {
    return ask(
        port(), four_letters, [](std::string_view) { return false; }, 1s);
}

std::string ZooKeeperServer::mode() const {
    const auto answer = word("srvr");
    const auto start = answer.find("Mode: ");
    if (start == std::string::npos) return {};
    return answer.substr(start + 6, answer.find('\n', start) - start - 6);
}

int ZooKeeperServer::sessions() const {
    // "mntr" has a line "zk_global_sessions\t2".
    const std::string key = "zk_global_sessions\t";
    const auto answer = word("mntr");
    const auto start = answer.find(key);
    if (start == std::string::npos) return -1;
    return std::stoi(answer.substr(start + key.size()));
}

ZooKeeperEnsemble::ZooKeeperEnsemble() : ZooKeeperEnsemble(3, {}) {}

ZooKeeperEnsemble::ZooKeeperEnsemble(std::size_t size, ZooKeeperServer::Settings settings) {
    std::vector<std::string> lines;
    for (std::size_t index = 0; index < size; ++index) {
        auto& member = *members_.emplace_back(std::make_unique<ZooKeeperServer>(settings));
        lines.push_back("server." + std::to_string(index + 1) +
                        "=127.0.0.1:" + std::to_string(member.peer_port_.number()) + ":" +
                        std::to_string(member.election_port_.number()));
    }
    for (std::size_t index = 0; index < size; ++index) {
        members_[index]->configure(lines);
        write(members_[index]->folder_.path() / "data" / "myid", std::to_string(index + 1) + "\n");
    }
}

void ZooKeeperEnsemble::start() {
    for (auto& member : members_) member->launch();
    for (auto& member : members_) member->await_serving();
}

std::string ZooKeeperEnsemble::hosts() const {
    std::string hosts;
    for (const auto& member : members_) hosts += (hosts.empty() ? "" : ",") + member->address();
    return hosts;
}

std::size_t ZooKeeperEnsemble::leader() const {
    std::optional<std::size_t> leader;
    const bool found = wait_until(
        [&] {
            for (std::size_t index = 0; index < members_.size() && !leader; ++index) {
                if (members_[index]->mode() == "leader") leader = index;
            }
            return leader.has_value();
        },
        20s);
    if (!found) throw std::runtime_error("the ensemble has no leader");
    return *leader;
}

}  // namespace ringcast::test
