#include "server.hpp"

#include <fmt/format.h>
#include <sys/inotify.h>

#include <array>
#include <fstream>

namespace tasker::private_postgres {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t log_limit = 8 << 20;
constexpr std::chrono::seconds each_step_of_stop{5};

std::vector<std::string> command_line(cluster_folder const& folder, server_programs const& programs,
                                      cluster_options const& options) {
    std::vector<std::string> words{programs.postgres(), "-D", folder.data()};
    auto const set = [&words](std::string_view name, std::string_view value) {
        words.emplace_back("-c");
        words.push_back(fmt::format("{}={}", name, value));
    };
    set("listen_addresses", "");
    set("port", "5432");
    set("unix_socket_directories", folder.socket_folder.native());
    set("unix_socket_permissions", "0700");
    set("logging_collector", "off");
    set("log_destination", "stderr");
    set("log_line_prefix", "%m [%p] %d ");
    set("log_timezone", "UTC");
    set("timezone", "UTC");
    set("max_connections", std::to_string(options.max_connections));
    set("shared_buffers", std::to_string(options.shared_buffers_mb) + "MB");
    set("max_wal_size", "4GB");
    if (!options.is_durable) {
        set("fsync", "off");
        set("full_page_writes", "off");
    }
    for (auto const& [name, value] : options.settings) {
        set(name, value);
    }
    return words;
}

/// libpq's variables would point the server's tools at another server.
std::vector<std::string> environment() {
    return {"PGDATA", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGOPTIONS", "LC_ALL=C"};
}

std::string last_lines(fs::path const& log) {
    constexpr std::streamoff kept = 2000;
    std::ifstream file{log, std::ios::ate};
    std::streamoff const size = file.tellg();
    file.seekg(std::max<std::streamoff>(0, size - kept));
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    return text;
}

/// The server's processes except the first: the sessions and the background workers.
std::vector<process::descriptor> open_children(pid_t parent) {
    std::vector<process::descriptor> handles;
    std::ifstream list{fmt::format("/proc/{}/task/{}/children", parent, parent)};
    for (pid_t child = 0; list >> child;) {
        process::descriptor handle = process::open_process(child);
        if (handle.is_open()) {
            handles.push_back(std::move(handle));
        }
    }
    return handles;
}

/// Waits for the state in postmaster.pid; the server closes that file after each change.
result<void> wait_until_ready(cluster_folder const& folder, process::child_process& process,
                              int changes, deadline until) {
    for (;;) {
        auto const status = read_server_status(folder);
        if (status && status->pid == process.pid() && status->is_ready) {
            return {};
        }
        auto const event = process::wait_readable({changes, process.native_handle()}, until);
        if (!event) {
            return make_error(errc::timeout, "PostgreSQL does not accept sessions yet:\n" +
                                                 last_lines(server_log(folder)));
        }
        if (*event == process.native_handle()) {
            return make_error(errc::unavailable, "PostgreSQL ended while starting (" +
                                                     to_string(*process.poll()) + "):\n" +
                                                     last_lines(server_log(folder)));
        }
        std::array<char, 4096> events;
        [[maybe_unused]] auto const got = ::read(changes, events.data(), events.size());
    }
}

} // namespace

fs::path server_log(cluster_folder const& folder) {
    return folder.path / "server.log";
}

result<server> server::start(cluster_folder const& folder, server_programs const& programs,
                             cluster_options const& options, deadline until) {
    if (auto const made = make_private_folder(folder.socket_folder, folder.server_user); !made) {
        return made.error();
    }
    std::error_code ignored;
    if (fs::file_size(server_log(folder), ignored) > log_limit && !ignored) {
        fs::rename(server_log(folder), folder.path / "server.log.1", ignored);
    }
    process::descriptor const changes{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    if (::inotify_add_watch(changes.number(), folder.data().c_str(), IN_CLOSE_WRITE) < 0) {
        return process::system_failure("could not watch " + folder.data().string());
    }
    int const death_signal = options.is_durable ? SIGINT : SIGQUIT;
    auto process =
        process::child_process::start({.argv = command_line(folder, programs, options),
                                       .env = environment(),
                                       .directory = "/",
                                       .run_as = folder.server_user,
                                       .out = server_log(folder),
                                       .err = server_log(folder),
                                       .death_signal = options.outlives_owner ? 0 : death_signal});
    if (!process) {
        return process.error();
    }
    if (auto const ready = wait_until_ready(folder, *process, changes.number(), until); !ready) {
        return ready.error();
    }
    return server{std::move(*process)};
}

bool server::has_ended() {
    return process_.poll().has_value();
}

void server::stop(shutdown mode, deadline until) {
    if (mode == shutdown::fast) {
        process_.send(SIGINT);
        if (process_.wait(until)) {
            return;
        }
        until = steady_clock::now() + each_step_of_stop;
    }
    if (mode != shutdown::crash) {
        process_.send(SIGQUIT);
        if (process_.wait(until)) {
            return;
        }
    }
    crash();
}

void server::crash() {
    // Stopped first, so that it creates no children that the list lacks.
    process_.send(SIGSTOP);
    std::vector<process::descriptor> const children = open_children(process_.pid());
    process_.send(SIGKILL);
    for (process::descriptor const& child : children) {
        process::send_signal(child, SIGKILL);
    }
    // A killed process ends immediately, unless it waits for the disk; then the next start reports
    // it.
    deadline const until = steady_clock::now() + each_step_of_stop;
    static_cast<void>(process_.wait(until));
    for (process::descriptor const& child : children) {
        process::wait_readable({child.number()}, until);
    }
}

} // namespace tasker::private_postgres
