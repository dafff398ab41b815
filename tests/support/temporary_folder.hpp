#pragma once

#include <filesystem>
#include <string_view>

namespace ringcast::test {

/// A new, empty folder below the system's place for such (TMPDIR), deleted with all its content in
/// the end; kept when RINGCAST_TEST_KEEP is set in the environment, to read the logs of servers.
class TemporaryFolder {
public:
    explicit TemporaryFolder(std::string_view name = "ringcast-test");
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace ringcast::test
