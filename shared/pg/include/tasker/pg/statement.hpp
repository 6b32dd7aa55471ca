#pragma once

#include "tasker/pg/params.hpp"

#include <utility>

namespace tasker::pg {

/// One SQL statement and the name under which a connection prepares it, once, at its first use and
/// in the same flush. The types of its parameters are those of that first call; later calls must
/// use the same (asserted).
///
/// Lifetime: the texts must outlive every connection that ran it, so make it an `inline constexpr`
/// object.
struct statement {
    char const* name; ///< unique among all statements of the program
    char const* sql;
};

/// A statement with its parameters: one implicit transaction.
struct call {
    call(pg::statement const& statement, params parameters = {})
        : text(&statement),
          values(std::move(parameters)) {}

    statement const* text;
    params values;
};

} // namespace tasker::pg
