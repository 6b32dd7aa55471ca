#pragma once

#include <string_view>
#include <vector>

namespace tasker::sql {

/// An SQL file.
struct script {
    std::string_view name; ///< "0001_core.sql", "claim_steps.sql"
    std::string_view checksum;
    std::string_view text;
};

/// The scripts that the migrator applies.
struct script_set {
    /// Tables and data. Migration n is the n-th element, counted from 1, and its name begins with
    /// that number in four digits.
    std::vector<script> migrations;
    /// All functions of schema tasker, in any order.
    std::vector<script> functions;
    std::string_view functions_checksum;
    script pgmq;
    /// A hash of everything above: equal if and only if two builds create the same schema.
    std::string_view fingerprint;

    int version() const noexcept {
        return static_cast<int>(migrations.size());
    }
};

/// The scripts of this build.
script_set const& embedded_scripts();

} // namespace tasker::sql
