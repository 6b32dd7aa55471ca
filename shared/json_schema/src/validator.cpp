#include "tasker/json_schema/validator.hpp"

#include "documents.hpp"
#include "schema_compiler.hpp"
#include "schema_defaults.hpp"
#include "schema_evaluator.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace tasker::json_schema {

namespace {

// A parser keeps the memory of its largest text, so large texts get their own parser.
constexpr std::size_t largest_kept = std::size_t{64} << 10;

bool fits_64_bits(std::string_view integer) {
    auto const fits = [&](auto number) {
        return std::from_chars(integer.data(), integer.data() + integer.size(), number).ec ==
               std::errc{};
    };
    return fits(std::int64_t{}) || fits(std::uint64_t{});
}

/// Replaces integers that do not fit into 64 bits by the nearest double: simdjson refuses them, and
/// a schema compares numbers with the precision of a double. REQUIRES: `text` is JSON.
std::string with_large_integers_rounded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    bool in_string = false;
    for (std::size_t at = 0; at < text.size();) {
        char const c = text[at];
        if (in_string && c == '\\') {
            out.append(text.substr(at, 2));
            at += 2;
            continue;
        }
        auto const length =
            std::min(text.find_first_not_of("+-.eE0123456789", at), text.size()) - at;
        if (in_string || length == 0 || c == 'e' || c == 'E') {
            in_string = in_string != (c == '"');
            out += c;
            ++at;
            continue;
        }
        auto const number = text.substr(at, length);
        at += length;
        double value = 0;
        std::from_chars(number.data(), number.data() + length, value);
        if (number.find_first_of(".eE") != std::string_view::npos || fits_64_bits(number)) {
            out += number;
            continue;
        }
        std::array<char, 32> digits{};
        auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                        std::chars_format::scientific)
                              .ptr;
        out.append(digits.data(), end);
    }
    return out;
}

} // namespace

void throw_exception_from_error(invalid_schema const& invalid,
                                boost::source_location const& /*where*/) {
    std::string message = "the schema is not valid";
    for (auto const& problem : invalid.problems) {
        message.append("\n").append(to_string(problem));
    }
    throw std::runtime_error{message};
}

struct validator::compiled {
    std::shared_ptr<schema const> root;
};

boost::system::result<validator, invalid_schema> validator::compile(std::string_view schema,
                                                                    std::string_view name) {
    try {
        documents::document const source = documents::read_json(schema);
        problem_list problems;
        document_path const root;
        auto compiled_root =
            compile_schema({source, problems}, document_path{root, name}, source.root());
        if (!problems.empty()) {
            return invalid_schema{std::move(problems).finish()};
        }
        validator out;
        out.compiled_ = std::make_shared<compiled const>(compiled{std::move(compiled_root)});
        return out;
    } catch (documents::unreadable_document const& unreadable) {
        auto problem = unreadable.problem;
        problem.path.insert(0, name);
        return invalid_schema{{std::move(problem)}};
    }
}

std::vector<located_problem> validator::validate(std::string_view json,
                                                 std::string_view name) const {
    if (!compiled_) {
        return {};
    }
    thread_local simdjson::dom::parser kept;
    simdjson::dom::parser own;
    simdjson::dom::element value;
    auto& parser = json.size() <= largest_kept ? kept : own;
    auto failure = parser.parse(json.data(), json.size()).get(value);
    std::string rounded;
    if (failure == simdjson::NUMBER_ERROR) {
        rounded = with_large_integers_rounded(json);
        failure = parser.parse(rounded).get(value);
    }
    if (failure != simdjson::SUCCESS) {
        return {{.path = std::string{name}, .problem = "is not valid JSON"}};
    }
    document_path const root;
    return evaluate(*compiled_->root, value, document_path{root, name});
}

std::optional<std::string> validator::with_defaults(std::string_view json) const {
    return compiled_ && compiled_->root->has_defaults ? fill_defaults(*compiled_->root, json)
                                                      : std::nullopt;
}

} // namespace tasker::json_schema
