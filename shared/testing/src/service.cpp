#include "tasker/testing/service.hpp"

#include "tasker/testing/temporary_folder.hpp"
#include "tasker/testing/wait.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <mutex>
#include <optional>
#include <stdexcept>

namespace tasker::testing {

namespace {

constexpr std::chrono::seconds stop_limit{10};

/// The output of a program, read by one thread and checked by another.
class transcript {
public:
    /// An empty piece is the end of a stream.
    void append(std::string_view piece) {
        {
            std::lock_guard const lock{mutex_};
            text_ += piece;
            open_streams_ -= piece.empty() ? 1 : 0;
        }
        changed_.notify_all();
    }

    std::string text() const {
        std::lock_guard const lock{mutex_};
        return text_;
    }

    bool wait_for(deadline until, std::string_view text) {
        std::unique_lock lock{mutex_};
        auto const found = [&] { return text_.find(text) != std::string::npos; };
        changed_.wait_until(lock, until, [&] { return open_streams_ == 0 || found(); });
        return found();
    }

private:
    std::mutex mutable mutex_;
    std::condition_variable changed_;
    std::string text_;
    int open_streams_ = 2;
};

/// Watches a folder for files that are moved or written into it.
class folder_watch {
public:
    explicit folder_watch(std::filesystem::path const& folder) {
        ::inotify_add_watch(number_, folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO);
    }
    folder_watch(folder_watch const&) = delete;
    folder_watch& operator=(folder_watch const&) = delete;
    ~folder_watch() {
        ::close(number_);
    }

    /// Waits for a change, for `other` to become readable, or for 100 ms.
    void wait(int other) const {
        std::array<pollfd, 2> polled{{{number_, POLLIN, 0}, {other, POLLIN, 0}}};
        ::poll(polled.data(), polled.size(), 100);
        std::array<char, 4096> events;
        [[maybe_unused]] auto const got = ::read(number_, events.data(), events.size());
    }

private:
    int number_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
};

} // namespace

std::filesystem::path program_path(std::string_view name) {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

struct service::state {
    temporary_folder folder;
    std::string program;
    transcript printed;
    std::string address;
    std::optional<process::child_process> process;

    ~state() {
        if (process) {
            process->stop(steady_clock::now() + stop_limit);
        }
    }

    [[noreturn]] void fail(std::string const& problem) const {
        throw std::runtime_error{
            fmt::format("{} {}; it printed:\n{}", program, problem, printed.text())};
    }

    void wait_until_ready(std::filesystem::path const& ready_file) {
        folder_watch const watch{folder.path()};
        deadline const until = soon();
        while (!std::getline(std::ifstream{ready_file}, address)) {
            if (auto const ended = process->poll()) {
                fail("ended while starting: " + to_string(*ended));
            }
            if (steady_clock::now() >= until) {
                fail("is not ready");
            }
            watch.wait(process->native_handle());
        }
    }
};

service::service(std::string_view program, std::vector<std::string> args,
                 std::vector<std::string> env)
    : state_{std::make_unique<state>()} {
    state_->program = program;
    std::filesystem::path const ready_file = state_->folder / "ready";
    std::vector<std::string> argv{program_path(program), "--listen", "127.0.0.1:0", "--ready-file",
                                  ready_file};
    argv.insert(argv.end(), args.begin(), args.end());
    auto const note = [to = &state_->printed](std::string_view text) { to->append(text); };
    state_->process =
        process::child_process::start(
            {.argv = std::move(argv), .env = std::move(env), .out = note, .err = note})
            .value();
    state_->wait_until_ready(ready_file);
}

service::service(service&&) noexcept = default;
service& service::operator=(service&&) noexcept = default;
service::~service() = default;

std::string const& service::address() const noexcept {
    return state_->address;
}

process::child_process& service::process() noexcept {
    return *state_->process;
}

process::exit_status service::stop() {
    return state_->process->stop(steady_clock::now() + stop_limit);
}

void service::kill() {
    state_->process->send(SIGKILL);
    state_->process->wait(soon()).value();
}

std::string service::log() const {
    return state_->printed.text();
}

bool service::wait_for_log(deadline until, std::string_view text) {
    return state_->printed.wait_for(until, text);
}

} // namespace tasker::testing
