#include "tasker/private_postgres/private_cluster.hpp"

#include "cluster_folder.hpp"
#include "initialize.hpp"
#include "server.hpp"

#include "tasker/base/assert.hpp"

namespace tasker::private_postgres {

namespace {

constexpr std::chrono::seconds last_stop_limit{20};

/// A value of a libpq connection string.
std::string conninfo_value(std::string_view value) {
    std::string text = "'";
    for (char const c : value) {
        if (c == '\'' || c == '\\') {
            text += '\\';
        }
        text += c;
    }
    return text + "'";
}

void remove_folder(cluster_folder& folder) {
    std::error_code ignored;
    std::filesystem::remove_all(folder.path, ignored);
    std::filesystem::remove_all(folder.socket_folder, ignored);
}

} // namespace

struct private_cluster::state {
    cluster_options options;
    cluster_folder folder;
    server_programs programs;
    std::optional<server> running = {};

    state(cluster_options chosen, cluster_folder opened, server_programs found)
        : options{std::move(chosen)},
          folder{std::move(opened)},
          programs{std::move(found)} {}
    state(state const&) = delete;
    state& operator=(state const&) = delete;
    ~state() {
        if (running) {
            running->stop(options.is_durable ? shutdown::fast : shutdown::immediate,
                          steady_clock::now() + last_stop_limit);
            remove_distant_socket();
        }
    }

private:
    void remove_distant_socket() const {
        if (folder.socket_folder.parent_path() != folder.path) {
            std::error_code ignored;
            std::filesystem::remove_all(folder.socket_folder, ignored);
        }
    }
};

private_cluster::private_cluster(std::unique_ptr<state> opened) noexcept
    : state_{std::move(opened)} {}
private_cluster::private_cluster(private_cluster&&) noexcept = default;
private_cluster& private_cluster::operator=(private_cluster&&) noexcept = default;
private_cluster::~private_cluster() = default;

result<private_cluster> private_cluster::open(cluster_options options, deadline until) {
    auto folder = open_cluster_folder(options.folder);
    if (!folder) {
        return folder.error();
    }
    auto const version = read_data_version(*folder);
    if (!version) {
        return version.error();
    }
    auto programs = find_server_programs(*version);
    if (!programs && *version) {
        return make_error(errc::conflict,
                          folder->path.string() + " was created by PostgreSQL " +
                              std::to_string(**version) +
                              ": start it with that version, or remove it to start over (" +
                              programs.error().message + ")");
    }
    if (!programs) {
        return programs.error();
    }
    if (!*version) {
        if (auto const made = initialize(*folder, *programs, options.is_durable, until); !made) {
            return made.error();
        }
    }
    private_cluster opened{
        std::make_unique<state>(std::move(options), std::move(*folder), std::move(*programs))};
    if (auto const started = opened.start(until); !started) {
        return started.error();
    }
    return opened;
}

std::string private_cluster::dsn(std::string_view database) const {
    return "host=" + conninfo_value(state_->folder.socket_folder.native()) +
           " port=5432 user=postgres dbname=" + conninfo_value(database);
}

result<void> private_cluster::start(deadline until) {
    if (is_running()) {
        return {};
    }
    if (auto cleared = clear_orphan(state_->folder, until); !cleared) {
        return cleared;
    }
    auto started = server::start(state_->folder, state_->programs, state_->options, until);
    if (!started) {
        return started.error();
    }
    state_->running.emplace(std::move(*started));
    return {};
}

result<void> private_cluster::stop(shutdown mode, deadline until) {
    if (state_->running) {
        state_->running->stop(mode, until);
        state_->running.reset();
    }
    return {};
}

result<void> private_cluster::restart(shutdown mode, deadline until) {
    if (auto stopped = stop(mode, until); !stopped) {
        return stopped;
    }
    return start(until);
}

bool private_cluster::is_running() {
    if (state_->running && state_->running->has_ended()) {
        state_->running.reset();
    }
    return state_->running.has_value();
}

int private_cluster::native_handle() const noexcept {
    return state_->running ? state_->running->native_handle() : -1;
}

pid_t private_cluster::server_pid() const noexcept {
    return state_->running ? state_->running->pid() : 0;
}

std::filesystem::path const& private_cluster::folder() const noexcept {
    return state_->folder.path;
}

std::filesystem::path private_cluster::log_file() const {
    return server_log(state_->folder);
}

int private_cluster::major_version() const noexcept {
    return state_->programs.major_version;
}

void private_cluster::release() noexcept {
    TASKER_ASSERT(state_->options.outlives_owner);
    if (state_->running) {
        state_->running->release();
        state_->running.reset();
    }
}

result<void> remove_cluster(std::filesystem::path const& folder, deadline until) {
    auto const place = find_cluster_place(folder);
    if (!place) {
        return place.error();
    }
    std::error_code ignored;
    if (!std::filesystem::exists(place->path, ignored)) {
        return {};
    }
    auto opened = open_cluster_folder(folder);
    if (!opened) {
        return opened.error();
    }
    if (auto cleared = clear_orphan(*opened, until); !cleared) {
        return cleared;
    }
    remove_folder(*opened);
    return {};
}

} // namespace tasker::private_postgres
