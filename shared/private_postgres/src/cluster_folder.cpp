#include "cluster_folder.hpp"

#include <fmt/format.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <charconv>
#include <fstream>
#include <vector>

namespace tasker::private_postgres {

namespace {

namespace fs = std::filesystem;

/// The same path always gives the same name (FNV-1a).
std::string short_name(fs::path const& path) {
    std::uint64_t hash = 14695981039346656037ULL;
    for (char const c : path.string()) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    }
    return fmt::format("tasker-{:016x}", hash);
}

bool may_enter(struct stat const& folder, process::identity user) {
    if (folder.st_uid == user.uid) {
        return (folder.st_mode & S_IXUSR) != 0;
    }
    if (folder.st_gid == user.gid) {
        return (folder.st_mode & S_IXGRP) != 0;
    }
    return (folder.st_mode & S_IXOTH) != 0;
}

/// Checks the existing part of the path.
bool can_reach(fs::path const& path, process::identity user) {
    fs::path walked;
    for (fs::path const& part : path) {
        walked /= part;
        struct stat found {};
        if (::stat(walked.c_str(), &found) != 0) {
            return errno == ENOENT;
        }
        if (!may_enter(found, user)) {
            return false;
        }
    }
    return true;
}

/// PostgreSQL reads a list of socket folders, in which ',' and '"' have a meaning.
fs::path choose_socket_folder(fs::path const& folder) {
    constexpr std::size_t limit = sizeof(sockaddr_un::sun_path) - sizeof("/.s.PGSQL.5432");
    fs::path own = folder / "run";
    if (own.native().size() <= limit && own.native().find_first_of(",\"") == std::string::npos) {
        return own;
    }
    return "/tmp" / fs::path{short_name(folder)};
}

result<process::descriptor> lock_folder(fs::path const& folder) {
    fs::path const file = folder / "lock";
    process::descriptor lock{::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)};
    if (!lock.is_open()) {
        return process::system_failure("could not open " + file.string());
    }
    if (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0) {
        std::string owner;
        std::getline(std::ifstream{file}, owner);
        return make_error(errc::conflict, folder.string() + " is in use by process " + owner);
    }
    std::string const pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(lock.number(), 0) != 0 || ::write(lock.number(), pid.data(), pid.size()) < 0) {
        return process::system_failure("could not write " + file.string());
    }
    return lock;
}

/// Whether `pid` is a server in this data directory, and not a process that reuses the number of a
/// dead one.
bool is_server_of(pid_t pid, fs::path const& data) {
    fs::path const process = "/proc/" + std::to_string(pid);
    std::string name;
    std::getline(std::ifstream{process / "comm"}, name);
    std::error_code ignored;
    return name.starts_with("postgres") && fs::equivalent(process / "cwd", data, ignored);
}

/// The processes in this data directory; after a server was killed, its sessions.
std::vector<process::descriptor> open_processes_of(fs::path const& data) {
    std::vector<process::descriptor> handles;
    std::error_code ignored;
    for (auto const& entry : fs::directory_iterator{"/proc", ignored}) {
        std::string const name = entry.path().filename();
        pid_t pid = 0;
        auto const [end, problem] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (problem != std::errc{} || end != name.data() + name.size()) {
            continue;
        }
        // Opened first, so that the number belongs to this process while it is checked.
        process::descriptor handle = process::open_process(pid);
        if (handle.is_open() && is_server_of(pid, data)) {
            handles.push_back(std::move(handle));
        }
    }
    return handles;
}

/// The current user, unless this process runs as root.
result<std::optional<process::identity>> choose_server_user() {
    if (::geteuid() != 0) {
        return std::optional<process::identity>{};
    }
    for (char const* const name : {"postgres", "nobody"}) {
        std::array<char, 4096> buffer;
        passwd entry{};
        passwd* found = nullptr;
        if (::getpwnam_r(name, &entry, buffer.data(), buffer.size(), &found) == 0 &&
            found != nullptr) {
            return std::optional{process::identity{found->pw_uid, found->pw_gid}};
        }
    }
    return make_error(errc::not_found, "PostgreSQL does not run as root, and this machine has "
                                       "neither user \"postgres\" nor \"nobody\"");
}

} // namespace

result<void> make_private_folder(fs::path const& path,
                                 std::optional<process::identity> const& owner) {
    process::identity const user = owner.value_or(process::identity{::geteuid(), ::getegid()});
    if (::mkdir(path.c_str(), 0700) == 0) {
        // By its process::descriptor, because in a folder that others can write the path may now
        // lead elsewhere.
        process::descriptor const made{
            ::open(path.c_str(), O_DIRECTORY | O_NOFOLLOW | O_RDONLY | O_CLOEXEC)};
        if (!made.is_open() || (owner && ::fchown(made.number(), user.uid, user.gid) != 0)) {
            return process::system_failure("could not change the owner of " + path.string());
        }
        return {};
    }
    if (errno != EEXIST) {
        return process::system_failure("could not create " + path.string());
    }
    // In a folder like /tmp another user may have created it first.
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0 || !S_ISDIR(found.st_mode) ||
        (found.st_uid != user.uid && found.st_uid != ::geteuid())) {
        return make_error(errc::conflict, path.string() + " belongs to another user");
    }
    return {};
}

result<cluster_place> find_cluster_place(fs::path const& asked) {
    auto const user = choose_server_user();
    if (!user) {
        return user.error();
    }
    std::error_code failure;
    fs::path path = fs::weakly_canonical(fs::absolute(asked), failure);
    if (failure) {
        return process::system_failure("could not resolve " + asked.string(), failure.value());
    }
    if (*user && !can_reach(path.parent_path(), **user)) {
        return cluster_place{"/var/tmp" / fs::path{short_name(path)}, *user, true};
    }
    return cluster_place{std::move(path), *user, false};
}

result<cluster_folder> open_cluster_folder(fs::path const& asked) {
    auto place = find_cluster_place(asked);
    if (!place) {
        return place.error();
    }
    auto& [path, user, is_moved] = *place;
    std::error_code failure;
    if (is_moved) {
        if (auto const made = make_private_folder(path, user); !made) {
            return made.error();
        }
    } else if (fs::create_directories(path, failure); failure) {
        return process::system_failure("could not create " + path.string(), failure.value());
    }
    if (user && !can_reach(path, *user)) { // created with a strict umask, or by mkdtemp
        fs::permissions(path, fs::perms::others_exec, fs::perm_options::add, failure);
    }
    auto lock = lock_folder(path);
    if (!lock) {
        return lock.error();
    }
    fs::path socket_folder = choose_socket_folder(path);
    return cluster_folder{std::move(path), std::move(socket_folder), user, std::move(*lock)};
}

result<std::optional<int>> read_data_version(cluster_folder const& folder) {
    std::error_code ignored;
    if (!fs::exists(folder.data(), ignored)) {
        return std::optional<int>{};
    }
    int version = 0;
    if (!(std::ifstream{folder.data() / "PG_VERSION"} >> version)) {
        return make_error(errc::conflict,
                          folder.data().string() + " is not a data directory of PostgreSQL");
    }
    return std::optional{version};
}

std::optional<server_status> read_server_status(cluster_folder const& folder) {
    // Lines: pid, data directory, start time, port, socket, address, shared memory, state.
    std::ifstream file{folder.data() / "postmaster.pid"};
    server_status status{};
    std::string line;
    if (!(file >> status.pid)) {
        return std::nullopt;
    }
    for (int number = 1; number <= 8; ++number) {
        std::getline(file, line);
    }
    status.is_ready = file && line.starts_with("ready");
    return status;
}

result<void> clear_orphan(cluster_folder const& folder, deadline until) {
    if (auto const status = read_server_status(folder)) {
        process::descriptor const handle = process::open_process(status->pid);
        if (handle.is_open() && is_server_of(status->pid, folder.data())) {
            process::send_signal(handle, SIGINT);
            if (!process::wait_readable({handle.number()}, until)) {
                return make_error(errc::timeout,
                                  fmt::format("server {}, left running in {}, does not stop",
                                              status->pid, folder.data().string()));
            }
        }
    }
    // They keep the dead server's shared memory, which the next server refuses to share, and may
    // still write.
    auto const left = open_processes_of(folder.data());
    for (process::descriptor const& each : left) {
        process::send_signal(each, SIGQUIT);
    }
    for (process::descriptor const& each : left) {
        if (!process::wait_readable({each.number()}, until)) {
            return make_error(errc::timeout, "sessions of a server that was killed in " +
                                                 folder.data().string() + " do not end");
        }
    }
    // No process can be using these files. PostgreSQL itself would refuse them if another program
    // has the dead server's process id.
    std::error_code ignored;
    fs::remove(folder.data() / "postmaster.pid", ignored);
    fs::remove(folder.socket_folder / ".s.PGSQL.5432", ignored);
    fs::remove(folder.socket_folder / ".s.PGSQL.5432.lock", ignored);
    return {};
}

} // namespace tasker::private_postgres
