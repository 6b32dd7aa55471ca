#include "tasker/model/input_validator.hpp"

#include "problem_list.hpp"
#include "schema_compiler.hpp"
#include "schema_evaluator.hpp"

#include "tasker/base/assert.hpp"

#include <simdjson.h>

namespace tasker::model {

namespace {

// A parser keeps the memory of the largest text it has seen: large ones get their own.
constexpr std::size_t largest_kept = std::size_t{64} << 10;

} // namespace

struct input_validator::compiled {
    std::shared_ptr<schema const> root;
};

input_validator::input_validator(std::string_view schema) {
    document const source = read_json(schema);
    problem_list problems;
    auto root = compile_schema({source, problems}, document_path{}, source.root());
    TASKER_ASSERT(problems.empty());
    compiled_ = std::make_shared<compiled const>(compiled{std::move(root)});
}

std::vector<located_problem> input_validator::validate(std::string_view context) const {
    if (!compiled_) {
        return {};
    }
    thread_local simdjson::dom::parser kept;
    simdjson::dom::parser own;
    simdjson::dom::element value;
    auto& parser = context.size() <= largest_kept ? kept : own;
    auto const failure = parser.parse(context.data(), context.size()).get(value);
    if (failure != simdjson::SUCCESS) {
        return {{.path = "context", .problem = "is not valid JSON"}};
    }
    document_path const root;
    return evaluate(*compiled_->root, value, document_path{root, "context"});
}

} // namespace tasker::model
