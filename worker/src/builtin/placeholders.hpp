#pragma once

#include "tasker/worker/step_context.hpp"

#include <string>
#include <string_view>

namespace tasker::worker {

/// Placeholders in strings of an initialization: `${context/order/id}` and `${parents/price/total}`
/// are replaced by what the JSON pointer (RFC 6901) after the first word finds there. `$${` is a
/// plain `${`.
///
/// Errors: throw permanent_failure of type "invalid_placeholder" for one that is not closed, names
/// something else, or finds nothing.
enum class embedding {
    text, ///< strings without quotes, any other value as its JSON text
    url,  ///< the same, percent-encoded but for letters, digits and "-._~"
};

std::string fill_text(step_context const& step, std::string_view with_placeholders, embedding how);

/// Fills in every string of a value in JSON text, except keys. A string that is exactly one
/// placeholder becomes the JSON that was found, whatever its type. All other values, and what was
/// found, stay unchanged.
std::string fill_json(step_context const& step, std::string_view with_placeholders);

} // namespace tasker::worker
