#pragma once

#include "tasker/base/error.hpp"

#include <filesystem>
#include <optional>

namespace tasker::cluster {

/// The PostgreSQL server programs of one installation.
struct server_programs {
    std::filesystem::path folder; ///< holds initdb and postgres
    int major_version;

    std::filesystem::path initdb() const {
        return folder / "initdb";
    }
    std::filesystem::path postgres() const {
        return folder / "postgres";
    }
};

/// Finds them: the folder named by TASKER_PG_BIN and nowhere else, if that is set; otherwise the
/// folder that `pg_config --bindir` tells, then /usr/lib/postgresql/*/bin, newest first. The first
/// of version `major_version`, if one is asked for.
/// Errors: errc::not_found, telling where it looked.
result<server_programs> find_server_programs(std::optional<int> major_version = {});

} // namespace tasker::cluster
