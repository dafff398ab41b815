#pragma once

#include "child_process.hpp"
#include "free_ports.hpp"
#include "temporary_folder.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ringcast::test {

/// A real ZooKeeper, alone or as a member of an ensemble, on free ports and with its data in a
/// temporary folder. It allows session timeouts from 2 ticks to a minute. Every function throws
/// std::runtime_error, with the end of the server's log, when it cannot keep its word.
class ZooKeeperServer {
public:
    struct Settings {
        std::chrono::milliseconds tick{100};
        std::vector<std::string> lines{};  ///< added to zoo.cfg
    };

    /// Why it cannot run here; nothing: it can.
    [[nodiscard]] static std::optional<std::string> missing();

    /// Reserves its ports and writes its configuration, but does not start it.
    ZooKeeperServer();
    explicit ZooKeeperServer(Settings settings);

    [[nodiscard]] std::uint16_t port() const { return port_.number(); }
    [[nodiscard]] std::string address() const { return port_.address(); }
    [[nodiscard]] ChildProcess& process() { return *process_; }

    void start();  ///< also again, with the same data; returns when it serves
    void stop();
    void kill();
    void freeze();
    void thaw();

    /// Answer to one of its four-letter words; empty while it does not answer.
    [[nodiscard]] std::string word(const std::string& four_letters) const;
    [[nodiscard]] bool serves() const { return !mode().empty(); }
    [[nodiscard]] std::string mode()
        const;  ///< "standalone", "leader", "follower"; "" without quorum
    /// Sessions that it, as a leader or alone, knows of; -1 if it does not answer.
    [[nodiscard]] int sessions() const;

private:
    friend class ZooKeeperEnsemble;

    void configure(const std::vector<std::string>& lines);
    void launch();
    void await_serving();

    TemporaryFolder folder_{"ringcast-zookeeper"};
    FreePort port_;
    FreePort peer_port_;
    FreePort election_port_;
    Settings settings_;
    std::optional<ChildProcess> process_;
};

/// Several of them that form one service.
class ZooKeeperEnsemble {
public:
    ZooKeeperEnsemble();  ///< of three
    ZooKeeperEnsemble(std::size_t size, ZooKeeperServer::Settings settings);

    void start();  ///< all; returns when each of them serves

    [[nodiscard]] std::string hosts() const;  ///< "127.0.0.1:a,127.0.0.1:b,..."
    [[nodiscard]] std::size_t size() const { return members_.size(); }
    [[nodiscard]] ZooKeeperServer& member(std::size_t index) { return *members_[index]; }
    [[nodiscard]] std::size_t leader() const;  ///< its index; throws when there is none for 20 s

private:
    std::vector<std::unique_ptr<ZooKeeperServer>> members_;
};

}  // namespace ringcast::test
