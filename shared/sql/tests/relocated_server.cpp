#include "relocated_server.hpp"

#include <fstream>

namespace tasker::sql {

namespace {

namespace fs = std::filesystem;

fs::path configured(pqxx::connection& session, char const* name) {
    pqxx::work work{session};
    return work.exec("select setting from pg_config where name = " + work.quote(name))[0][0]
        .as<std::string>();
}

void link_entries(fs::path const& from, fs::path const& to) {
    fs::create_directories(to);
    for (auto const& entry : fs::directory_iterator{from}) {
        fs::create_symlink(entry.path(), to / entry.path().filename());
    }
}

} // namespace

relocated_server::relocated_server(pqxx::connection& session)
    : programs_{configured(session, "BINDIR")},
      share_{configured(session, "SHAREDIR")} {
    fs::permissions(folder_.path(), fs::perms{0755});
    fs::create_directories(programs());
    for (char const* const name : {"initdb", "postgres"}) { // links would be followed
        fs::copy_file(programs_ / name, programs() / name);
    }
    fs::path const libraries = programs_.parent_path() / "lib";
    link_entries(libraries, moved(libraries));
    link_entries(share_, moved(share_));
    fs::remove(moved(share_) / "extension");
    link_entries(share_ / "extension", moved(share_) / "extension");
}

void relocated_server::add_pgmq(std::string const& version, std::string_view script) {
    fs::path const extensions = moved(share_) / "extension";
    std::ofstream{extensions / "pgmq.control"} << "default_version = '" << version << "'\n"
                                               << "schema = 'pgmq'\nrelocatable = false\n"
                                               << "superuser = false\n";
    std::ofstream{extensions / ("pgmq--" + version + ".sql")} << script;
}

fs::path relocated_server::programs() const {
    return moved(programs_);
}

fs::path relocated_server::moved(fs::path const& path) const {
    return folder_.path() / path.relative_path();
}

} // namespace tasker::sql
