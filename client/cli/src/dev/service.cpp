#include "service.hpp"

#include "line_prefix.hpp"

#include <poll.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <utility>

namespace tasker::cli {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_restarts = 3;
constexpr auto restart_window = 60s;
constexpr auto look_interval = 10ms;
constexpr std::size_t last_lines = 12;

/// True if it ended meanwhile.
bool ended_within(int handle, std::chrono::milliseconds pause) {
    pollfd watched{handle, POLLIN, 0};
    return ::poll(&watched, 1, static_cast<int>(pause.count())) > 0;
}

std::string first_line(std::filesystem::path const& file) {
    std::ifstream in{file};
    std::string line;
    std::getline(in, line);
    return line;
}

} // namespace

service::service(service_options options) : options_{std::move(options)} {}

result<void> service::start(deadline until, std::function<bool()> const& is_cancelled) {
    std::error_code ignored;
    std::filesystem::remove(options_.ready_file, ignored);
    auto argv = options_.argv;
    argv.insert(argv.end(),
                {"--listen", options_.listen, "--ready-file", options_.ready_file.string()});
    auto started = process::child_process::start(
        {.argv = std::move(argv), .env = options_.env, .out = log_output(), .err = log_output()});
    if (started.has_error()) {
        return std::move(started).error();
    }
    child_.emplace(std::move(*started));
    for (;;) {
        if (std::filesystem::exists(options_.ready_file)) {
            address_ = first_line(options_.ready_file);
            options_.listen = address_;
            return {};
        }
        if (auto const status = poll()) {
            return make_error(errc::unavailable,
                              "the " + options_.name +
                                  " ended while starting: " + to_string(*status) + last_words());
        }
        if (is_cancelled()) {
            return make_error(errc::cancelled, "cancelled");
        }
        if (steady_clock::now() >= until) {
            return make_error(errc::timeout,
                              "the " + options_.name + " was not ready in time" + last_words());
        }
        ended_within(child_->native_handle(), look_interval);
    }
}

result<void> service::start_again(deadline until, std::function<bool()> const& is_cancelled) {
    auto const now = steady_clock::now();
    while (!restarts_.empty() && restarts_.front() < now - restart_window) {
        restarts_.pop_front();
    }
    if (restarts_.size() >= most_restarts) {
        return make_error(errc::conflict,
                          "the " + options_.name + " ended too often" + last_words());
    }
    restarts_.push_back(now);
    return start(until, is_cancelled);
}

std::optional<process::exit_status> service::poll() {
    if (!child_) {
        return std::nullopt;
    }
    auto const status = child_->poll();
    if (status) {
        child_.reset();
    }
    return status;
}

void service::stop(deadline until, std::function<bool()> const& is_impatient) {
    if (!child_) {
        return;
    }
    child_->send(SIGTERM);
    while (!ended_within(child_->native_handle(), look_interval)) {
        if (steady_clock::now() >= until || is_impatient()) {
            child_->send(SIGKILL);
            break;
        }
    }
    child_.reset(); // which waits for its end
}

std::string const& service::name() const noexcept {
    return options_.name;
}

std::string const& service::address() const noexcept {
    return address_;
}

int service::native_handle() const noexcept {
    return child_ ? child_->native_handle() : -1;
}

process::output service::log_output() const {
    if (!options_.shows_log) {
        return options_.log;
    }
    auto const prefix = std::make_shared<line_prefix>(options_.name);
    auto const file = std::make_shared<std::ofstream>(options_.log, std::ios::app);
    return [prefix, file](std::string_view piece) {
        *file << piece << std::flush;
        auto const lines = prefix->add(piece);
        std::fwrite(lines.data(), 1, lines.size(), stderr);
    };
}

std::string service::last_words() const {
    std::ifstream in{options_.log};
    std::deque<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(std::move(line));
        if (lines.size() > last_lines) {
            lines.pop_front();
        }
    }
    std::string text;
    for (auto const& line : lines) {
        text += "\n  " + line;
    }
    return text + (text.empty() ? "" : "\nThe full log: " + options_.log.string());
}

} // namespace tasker::cli
