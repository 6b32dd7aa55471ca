#include "tasker/measure/plans.hpp"

#include "tasker/measure/clock.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <vector>

namespace tasker::measure {

namespace {

constexpr char const* explain_everything =
    " options='-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0"
    " -c auto_explain.log_analyze=on -c auto_explain.log_buffers=on"
    " -c auto_explain.log_format=json -c auto_explain.log_nested_statements=on"
    " -c client_min_messages=warning'";

/// A planner should read a table with fewer rows completely.
constexpr double many_rows = 100;

/// The texts after "plan:", each continued on lines that begin with a tab.
std::vector<std::string> plans_in(std::istream& log) {
    std::vector<std::string> out;
    bool inside = false;
    for (std::string line; std::getline(log, line);) {
        if (line.ends_with(" plan:")) {
            out.emplace_back();
            inside = true;
        } else if (inside && line.starts_with('\t')) {
            out.back().append(line, 1) += '\n';
        } else {
            inside = false;
        }
    }
    return out;
}

void visit(nlohmann::json const& node, executed_plans& to) {
    auto const type = node.value("Node Type", std::string{});
    auto const rows = node.value("Actual Rows", 0.0) + node.value("Rows Removed by Filter", 0.0);
    if (type == "Seq Scan" && rows >= many_rows) {
        to.sequential_scans.insert(node.value("Relation Name", std::string{"?"}));
    }
    if (auto const below = node.find("Plans"); below != node.end()) {
        for (auto const& each : *below) {
            visit(each, to);
        }
    }
}

} // namespace

double executed_plans::hit_percent() const {
    auto const touched = blocks_hit + blocks_read;
    ensure(touched != 0, "the statements touched no page of the buffers");
    return 100 * static_cast<double>(blocks_hit) / static_cast<double>(touched);
}

explained_session::explained_session(engine& on, std::string const& dsn)
    : log_{on.server().log_file()},
      session_{std::make_unique<session>(dsn + explain_everything)} {
    read_to_ = static_cast<std::streamoff>(std::filesystem::file_size(log_));
}

executed_plans explained_session::take() {
    std::ifstream log{log_};
    log.seekg(read_to_);
    executed_plans out;
    auto all = nlohmann::json::array();
    for (auto const& text : plans_in(log)) {
        auto plan = nlohmann::json::parse(text, nullptr, false);
        if (plan.is_discarded() || !plan.contains("Plan") ||
            plan.value("Query Text", std::string{}).find(upkeep_mark) != std::string::npos) {
            continue;
        }
        auto const& root = plan.at("Plan");
        // A node's buffers include those of the nodes below it. A nested statement is counted in
        // the statement that calls its function, too, so use the ratio and not the sum.
        out.blocks_hit += root.value("Shared Hit Blocks", std::int64_t{0});
        out.blocks_read += root.value("Shared Read Blocks", std::int64_t{0});
        visit(root, out);
        ++out.statements;
        all.push_back(std::move(plan));
    }
    read_to_ = static_cast<std::streamoff>(std::filesystem::file_size(log_));
    ensure(out.statements != 0, "the server's log holds no plan: is auto_explain there?");
    out.json = all.dump(1);
    return out;
}

} // namespace tasker::measure
