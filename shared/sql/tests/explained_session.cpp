#include "explained_session.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <regex>

namespace tasker::sql::testing {
namespace {

using nlohmann::json;

constexpr std::string_view plan_mark = "plan:\n";

/// EXPLAIN's counts are means over the loops.
double total(json const& node, char const* count) {
    return node.value(count, 0.0) * node.value("Actual Loops", 0.0);
}

class plan_reader {
public:
    plan_reader(std::set<std::string> const& tables,
                std::map<std::string, std::string> const& first_columns, double most_rows)
        : tables_{tables},
          first_columns_{first_columns},
          most_rows_{most_rows} {}

    std::vector<std::string> read(json const& node) {
        auto const table = node.value("Relation Name", std::string{});
        auto const type = node.value("Node Type", std::string{});
        if (tables_.contains(table) && type != "ModifyTable") {
            check_access(node, table, type);
        }
        if (auto const discarded = total(node, "Rows Removed by Join Filter");
            discarded > most_rows_) {
            found_.push_back(fmt::format("{} throws {} rows away", type, discarded));
        }
        for (auto const& below : node.value("Plans", json::array())) {
            read(below);
        }
        return found_;
    }

private:
    void check_access(json const& node, std::string const& table, std::string const& type) {
        auto const rows = total(node, "Actual Rows") + total(node, "Rows Removed by Filter") +
                          total(node, "Rows Removed by Index Recheck");
        if (rows > most_rows_) {
            found_.push_back(fmt::format("{} of {} reads {} rows", type, table, rows));
        }
        if (type != "Index Scan" && type != "Index Only Scan") {
            found_.push_back(fmt::format("{} of {}", type, table));
            return;
        }
        auto const condition = node.value("Index Cond", std::string{});
        auto const column = first_columns_.at(node.at("Index Name"));
        bool const is_bounded =
            std::regex_search(condition, std::regex{"\\(\"?" + column + "\"? [=<>]"});
        if (!is_bounded && rows > 1) {
            found_.push_back(fmt::format("{} of {} has no bound in {}: {}", type,
                                         std::string{node.at("Index Name")}, column, condition));
        }
    }

    std::set<std::string> const& tables_;
    std::map<std::string, std::string> const& first_columns_;
    double most_rows_;
    std::vector<std::string> found_;
};

} // namespace

bool explained_session::ear::operator()(char const notice[]) noexcept {
    texts_.emplace_back(notice);
    return false; // no other handler prints it
}

explained_session::explained_session(std::string const& dsn)
    : session_{dsn},
      ear_{session_, texts_} {
    pqxx::nontransaction now{session_};
    for (auto const& row : now.exec("select relname from pg_catalog.pg_class where relnamespace in "
                                    "('tasker'::regnamespace, 'pgmq'::regnamespace)")) {
        tables_.insert(row[0].as<std::string>());
    }
    for (auto const& row : now.exec(
             "select x.indexrelid::regclass::text, c.relname, a.attname from pg_catalog.pg_index x "
             "join pg_catalog.pg_class c on c.oid = x.indexrelid "
             "join pg_catalog.pg_attribute a on a.attrelid = x.indexrelid and a.attnum = 1")) {
        first_columns_[row[1].as<std::string>()] = row[2].as<std::string>();
    }
    now.exec("load 'auto_explain'; set auto_explain.log_level = notice; "
             "set auto_explain.log_analyze = on; set auto_explain.log_timing = off; "
             "set auto_explain.log_format = json; set auto_explain.log_nested_statements = on; "
             "set client_min_messages = notice; set log_min_messages = fatal; set jit = off");
    now.exec("set auto_explain.log_min_duration = 0");
}

pqxx::result explained_session::exec(std::string const& statement) {
    pqxx::nontransaction now{session_};
    own_.insert(statement);
    return now.exec(statement);
}

std::vector<std::string> explained_session::faults(double most_rows) {
    std::set<std::string> found;
    for (auto const& text : texts_) {
        auto const at = text.find(plan_mark);
        if (at == std::string::npos) {
            continue;
        }
        auto const plan = json::parse(text.substr(at + plan_mark.size()));
        auto const query = plan.at("Query Text").get<std::string>();
        if (own_.contains(query)) {
            continue;
        }
        for (auto const& each :
             plan_reader{tables_, first_columns_, most_rows}.read(plan.at("Plan"))) {
            found.insert(each + " in: " + query.substr(0, 160));
        }
    }
    texts_.clear();
    return {found.begin(), found.end()};
}

int pages_of(pqxx::connection& session, std::string const& query) {
    pqxx::nontransaction now{session};
    now.exec(
        "create or replace function pg_temp.pages(query text) returns int language plpgsql as $$ "
        "declare plan json; begin "
        "execute 'explain (analyze, buffers, format json) ' || query into plan; "
        "return (plan #>> '{0,Plan,Shared Hit Blocks}')::int; end $$");
    return now.exec("select pg_temp.pages(" + now.quote(query) + ")")[0][0].as<int>();
}

} // namespace tasker::sql::testing
