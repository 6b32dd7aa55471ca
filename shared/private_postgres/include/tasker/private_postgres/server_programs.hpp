#pragma once

#include "tasker/base/error.hpp"

#include <filesystem>
#include <optional>

namespace tasker::private_postgres {

/// The PostgreSQL server programs of one installation.
struct server_programs {
    std::filesystem::path folder; ///< contains initdb and postgres
    int major_version;

    std::filesystem::path initdb() const {
        return folder / "initdb";
    }
    std::filesystem::path postgres() const {
        return folder / "postgres";
    }
};

/// Finds them: only in the folder TASKER_PG_BIN, if that is set; otherwise in the folder of
/// `pg_config --bindir`, then in /usr/lib/postgresql/*/bin, newest first. Returns the first of
/// version `major_version`, if one is given.
/// Errors: errc::not_found, with the searched folders.
result<server_programs> find_server_programs(std::optional<int> major_version = {});

} // namespace tasker::private_postgres
