#include "temporary_folder.hpp"

#include <stdlib.h>

#include <string>
#include <system_error>

namespace ringcast::test {

TemporaryFolder::TemporaryFolder(std::string_view name) {
    std::string pattern = std::filesystem::temp_directory_path() / name;
    pattern += "-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(), "no temporary folder " + pattern);
    }
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    if (::getenv("RINGCAST_TEST_KEEP") != nullptr) return;
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace ringcast::test
