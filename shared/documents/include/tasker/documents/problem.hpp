#pragma once

#include <string>

namespace tasker::documents {

/// A problem of a document, and its place.
struct located_problem {
    std::string path;    ///< "steps[3].retry.max_attempts"; empty: the document as a whole
    std::string problem; ///< a sentence without its subject: "must be a number, not a string"
    int line = 0;        ///< from 1; 0: no line is known

    friend bool operator==(located_problem const&, located_problem const&) = default;
};

/// "line 7: steps[3].handler: must be a mapping, not a string"
std::string to_string(located_problem const& problem);

} // namespace tasker::documents
