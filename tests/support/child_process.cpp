#include "child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>

namespace ringcast::test {
namespace {

pid_t start(const std::vector<std::string>& arguments, const std::filesystem::path& output) {
    std::vector<char*> pointers;
    for (const auto& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
    pointers.push_back(nullptr);
    const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (out < 0 || in < 0) throw std::system_error(errno, std::generic_category(), output);

    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) {
        // Only what may be called between fork and exec in a program with threads.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(127);
        ::dup2(in, 0);
        ::dup2(out, 1);
        ::dup2(out, 2);
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::signal(SIGPIPE, SIG_DFL);
        ::execvp(pointers[0], pointers.data());
        ::_exit(127);
    }
    const int error = errno;
    ::close(out);
    ::close(in);
    if (child < 0) throw std::system_error(error, std::generic_category(), "fork");
    return child;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& arguments,
                           const std::filesystem::path& output)
    : pid_(start(arguments, output)) {}

ChildProcess::~ChildProcess() {
    kill();
}

bool ChildProcess::is_running() {
    if (running_ && ::waitpid(pid_, nullptr, WNOHANG) == pid_) running_ = false;
    return running_;
}

void ChildProcess::freeze() {
    if (!is_running()) return;
    ::kill(pid_, SIGSTOP);
    siginfo_t state{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &state, WSTOPPED | WEXITED | WNOWAIT);
}

void ChildProcess::thaw() {
    if (is_running()) ::kill(pid_, SIGCONT);
}

void ChildProcess::kill() {
    if (!is_running()) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    running_ = false;
}

bool ChildProcess::stop(std::chrono::milliseconds limit) {
    if (!is_running()) return true;
    ::kill(pid_, SIGTERM);
    ::kill(pid_, SIGCONT);
    if (wait_until([this] { return !is_running(); }, limit)) return true;
    kill();
    return false;
}

bool is_installed(const std::string& program) {
    const char* const path = ::getenv("PATH");
    std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
        if (::access((folder + "/" + program).c_str(), X_OK) == 0) return true;
    }
    return false;
}

std::string tail_of(const std::filesystem::path& file, std::size_t bytes) {
    std::ifstream in(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    return text.size() <= bytes ? text : "..." + text.substr(text.size() - bytes);
}

void pause_before_asking_again() {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
}

}  // namespace ringcast::test
