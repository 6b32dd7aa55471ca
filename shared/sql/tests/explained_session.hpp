#pragma once

#include <pqxx/pqxx>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace tasker::sql::testing {

/// A session that keeps the executed plan of each statement, including those inside functions, and
/// looks for what a plan of the core must not do.
///
/// Needs auto_explain, and a role that may load it.
class explained_session {
public:
    explicit explained_session(std::string const& dsn);

    pqxx::result exec(std::string const& statement);

    /// The violations since the last call, one text each. The rules, for each table of schemas
    /// tasker and pgmq:
    /// - it is read through an index, by that index's first column;
    /// - no part of a plan reads, or discards, more than `most_rows` rows.
    std::vector<std::string> faults(double most_rows);

    /// How many plans were checked since the last call of faults.
    std::size_t plans() const {
        return texts_.size();
    }

private:
    class ear : public pqxx::errorhandler {
    public:
        ear(pqxx::connection_base& connection, std::vector<std::string>& texts)
            : errorhandler{connection},
              texts_{texts} {}
        bool operator()(char const notice[]) noexcept override;

    private:
        std::vector<std::string>& texts_;
    };

    std::vector<std::string> texts_;
    pqxx::connection session_;
    std::set<std::string> own_; ///< the statements of exec
    std::set<std::string> tables_;
    std::map<std::string, std::string> first_columns_; ///< by index
    ear ear_;
};

/// The pages that a query touches, including those that its functions touch.
int pages_of(pqxx::connection& session, std::string const& query);

} // namespace tasker::sql::testing
