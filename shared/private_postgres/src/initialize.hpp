#pragma once

#include "cluster_folder.hpp"

#include "tasker/private_postgres/server_programs.hpp"

namespace tasker::private_postgres {

/// Creates data/ with initdb, completely or not at all. Takes about a second. A durable cluster is
/// also written to the disk.
result<void> initialize(cluster_folder const& folder, server_programs const& programs,
                        bool is_durable, deadline until);

} // namespace tasker::private_postgres
