#include "zookeeper_place.hpp"

#include <fstream>

namespace ringcast::ctl {

ZooKeeperPlace zookeeper_place(const CommandLine& line) {
    ZooKeeperPlace place;
    place.options.hosts = line.zookeeper;
    place.options.root = "/ringcast/" + line.cluster;
    place.options.create_root = false;  // a cluster is founded by its gateways and nodes
    if (!line.digest_file.empty()) {
        std::ifstream file(line.digest_file);
        std::string digest;
        std::getline(file, digest);
        const std::size_t colon = digest.find(':');
        if (colon == std::string::npos) {
            place.faults +=
                "--digest-file '" + line.digest_file + "' cannot be read or is not user:password\n";
        } else {
            place.options.user = digest.substr(0, colon);
            place.options.password = digest.substr(colon + 1);
        }
    }
    for (const std::string& fault : membership::faults_in(place.options)) {
        place.faults += fault + "\n";
    }
    return place;
}

}  // namespace ringcast::ctl
