#include "e2e_workflows.hpp"

namespace tasker::suites {

using namespace measure;

namespace {

shape conditional() {
    return {.name = "conditional",
            .parents = {{}, {0}, {0}, {1, 2}},
            .names = {"choose", "left", "right", "join"},
            .handlers = {"bench.choose", "bench.branch", "bench.branch", "bench.sum"}};
}

/// One step that starts, five that each take a fifth of the rows, one that joins.
shape batch_of_rows() {
    return {.name = "rows",
            .parents = {{}, {0}, {0}, {0}, {0}, {0}, {1, 2, 3, 4, 5}},
            .initialization = R"({"parts":5})",
            .names = {"read", "part-0", "part-1", "part-2", "part-3", "part-4", "sum"},
            .handlers = {"bench.calculate", "bench.rows", "bench.rows", "bench.rows", "bench.rows",
                         "bench.rows", "bench.sum"}};
}

std::string thousand_rows() {
    std::string out = R"({"rows":[)";
    for (int i = 1; i <= 1'000; ++i) {
        out += R"({"amount":)" + std::to_string(i) + "},";
    }
    out.back() = ']';
    return out + '}';
}

} // namespace

std::vector<workflow> workflows(bench const& on) {
    auto const many = on.sized(100, 60, 4);
    auto const some = on.sized(20, 15, 2);
    auto const few = on.sized(5, 4, 1);
    return {
        {"single step", named_shape("single"), many},
        {"linear-3", named_shape("linear3"), many},
        {"linear-4", named_shape("linear4"), many},
        {"diamond-4", named_shape("diamond4"), many},
        {"mixed DAG-7", named_shape("mixed7"), many},
        {"tree-7", named_shape("tree7"), many},
        {"tree-8", named_shape("tree8"), many},
        {"conditional-4", conditional(), many, R"({"order":18})", R"("join" : 1)"},
        {"batch of 1,000 rows", batch_of_rows(), some, thousand_rows(), R"("sum" : 500500)"},
        {"chain-40", chain(40), some},
        {"fan-out 1,000", fan(1'000), few},
    };
}

} // namespace tasker::suites
