#include "tasker/testing/pooler.hpp"

#include "tasker/testing/wait.hpp"

#include "tasker/pg/dsn.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace tasker::testing {

namespace {

namespace fs = std::filesystem;
using local = boost::asio::local::stream_protocol;

constexpr int port = 6432;

std::string socket_of(fs::path const& folder, int number) {
    return folder / fmt::format(".s.PGSQL.{}", number);
}

bool accepts(std::string const& path) {
    boost::asio::io_context io;
    local::socket socket{io};
    boost::system::error_code failure;
    socket.connect(local::endpoint{path}, failure);
    return !failure;
}

/// As the server's user: PgBouncer refuses root, and no other user can open the server's socket.
process::child_process start(fs::path const& folder, std::string const& server,
                             std::string const& mode) {
    auto const settings = pg::parse_dsn(server).value();
    struct ::stat owner {};
    if (::stat(settings.at("host").c_str(), &owner) != 0) {
        throw std::runtime_error{"no folder " + settings.at("host")};
    }
    fs::path const file = folder / "pgbouncer.ini";
    std::ofstream{folder / "users.txt"} << "\"" << settings.at("user") << "\" \"\"\n";
    std::ofstream{file} << fmt::format("[databases]\n* = host={} port={}\n\n"
                                       "[pgbouncer]\npool_mode = {}\nlisten_port = {}\n"
                                       "unix_socket_dir = {}\nauth_type = trust\n"
                                       "auth_file = {}\n",
                                       settings.at("host"), settings.at("port"), mode, port,
                                       folder.string(), (folder / "users.txt").string());
    process::child_options options{.argv = {"pgbouncer", "--quiet", file},
                                   .env = {"PATH=/usr/sbin:/usr/local/sbin:/usr/bin:/bin"},
                                   .out = folder / "pgbouncer.log",
                                   .err = folder / "pgbouncer.log"};
    if (::geteuid() == 0) {
        fs::permissions(folder, fs::perms{0755});
        if (::chown(folder.c_str(), owner.st_uid, owner.st_gid) != 0) {
            throw std::runtime_error{"cannot change the owner of " + folder.string()};
        }
        options.run_as = {owner.st_uid, owner.st_gid};
    }
    auto started = process::child_process::start(options);
    if (!started) {
        throw std::runtime_error{started.error().message + " (run scripts/setup)"};
    }
    return std::move(*started);
}

} // namespace

pooler::pooler(std::string const& server, std::string const& mode)
    : server_{server},
      program_{start(folder_.path(), server, mode)} {
    if (!wait_until(soon(), [&] { return accepts(socket_of(folder_.path(), port)); })) {
        std::ifstream log{folder_ / "pgbouncer.log"};
        std::string const text{std::istreambuf_iterator<char>{log}, {}};
        throw std::runtime_error{"pgbouncer does not respond: " + text};
    }
}

std::string pooler::dsn() const {
    return fmt::format("{} host={} port={}", server_, folder_.path().string(), port);
}

} // namespace tasker::testing
