#pragma once

#include "tasker/testing/temporary_folder.hpp"

#include <pqxx/pqxx>

#include <filesystem>
#include <string>

namespace tasker::sql {

/// The server programs of this machine in another folder, where extensions can be added without
/// touching the system: PostgreSQL finds its files relative to its program.
class relocated_server {
public:
    /// `session`: a session of any server with the same programs.
    explicit relocated_server(pqxx::connection& session);

    /// Offers an extension pgmq of that version, made by `script`.
    void add_pgmq(std::string const& version, std::string_view script);

    /// For TASKER_PG_BIN.
    std::filesystem::path programs() const;

private:
    /// The place of a system path in the folder.
    std::filesystem::path moved(std::filesystem::path const& path) const;

    testing::temporary_folder folder_;
    std::filesystem::path programs_;
    std::filesystem::path share_;
};

} // namespace tasker::sql
