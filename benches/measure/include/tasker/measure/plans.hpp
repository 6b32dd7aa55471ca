#pragma once

#include "tasker/measure/engine.hpp"
#include "tasker/measure/session.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace tasker::measure {

/// In statements that a bench needs for itself: they are left out of plans.
inline constexpr std::string_view upkeep_mark = "/* upkeep */";

/// How the statements of some calls were executed, those inside functions included.
struct executed_plans {
    std::string json; ///< an array of auto_explain's plans (analyze, buffers)
    std::size_t statements = 0;
    std::int64_t blocks_hit = 0;
    std::int64_t blocks_read = 0;
    std::set<std::string> sequential_scans; ///< of tables of 100 rows or more, by name

    double hit_percent() const;
};

/// A session whose every statement is explained (auto_explain), for looking, not for timing. The
/// plans are read from the private server's log.
/// Errors: throws engine::not_private.
class explained_session {
public:
    explained_session(engine& on, std::string const& dsn);

    session& get() noexcept {
        return *session_;
    }

    /// The plans since the last call.
    executed_plans take();

private:
    std::filesystem::path log_;
    std::unique_ptr<session> session_;
    std::streamoff read_to_ = 0;
};

} // namespace tasker::measure
