#pragma once

#include "tasker/worker/step_context.hpp"

#include <string>
#include <string_view>

namespace tasker::worker {

/// Placeholders in strings of an initialization: `${context/order/id}` and `${parents/price/total}`
/// are replaced by the value at the JSON pointer (RFC 6901) after the first word. `$${` is a
/// plain `${`.
///
/// Errors: throw permanent_failure of type "invalid_placeholder" for a placeholder that is not
/// closed, has another first word, or finds nothing.
enum class embedding {
    text, ///< strings without quotes, any other value as its JSON text
    url,  ///< the same, percent-encoded except letters, digits and "-._~"
};

std::string fill_text(step_context const& step, std::string_view with_placeholders,
                      embedding embedding);

/// Fills in every string of a value in JSON text, except keys. A string that is exactly one
/// placeholder becomes the JSON value found, of any type. All values stay unchanged otherwise.
std::string fill_json(step_context const& step, std::string_view with_placeholders);

} // namespace tasker::worker
