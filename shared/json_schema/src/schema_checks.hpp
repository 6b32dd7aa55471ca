#pragma once

#include "documents.hpp"
#include "json_values.hpp"
#include "schema.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tasker::json_schema {

/// A value and the subschema that it must match.
struct evaluation {
    subschema const& by;
    document_path const& path;
    problem_list* problems;
    bool fits = true;

    void refuse(std::string problem) {
        refuse(path, std::move(problem));
    }

    void refuse(document_path const& at, std::string problem) {
        fits = false;
        if (problems != nullptr) {
            problems->add(at.to_string(), 0, std::move(problem));
        }
    }

    bool done() const {
        return !fits && problems == nullptr;
    }
};

/// A set, because a whole number is also a number.
std::uint8_t types_of(simdjson::dom::element value);

/// "1 item", "2 items".
std::string plural(std::size_t count, std::string_view one, std::string_view many);

void check_number(evaluation& out, long double number);
void check_string(evaluation& out, std::string_view text);

} // namespace tasker::json_schema
