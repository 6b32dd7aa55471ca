#include "tasker/queue/diagnosis.hpp"

#include "text_columns.hpp"

namespace asio = boost::asio;

namespace tasker::queue {
namespace {

constexpr pg::statement diagnose_sql{
    "tasker_diagnose", "select severity, subject, sentence, hint from tasker.diagnose()"};

} // namespace

asio::awaitable<result<wire::diagnosis>> diagnose(pg::connection& connection, deadline until) {
    auto const answer = co_await connection.run({diagnose_sql, {}}, until);
    if (!answer) {
        co_return answer.error();
    }
    wire::diagnosis found;
    found.findings.reserve(answer->size());
    for (std::size_t row = 0; row < answer->size(); ++row) {
        found.findings.push_back({.severity = text(*answer, row, 0),
                                  .subject = text(*answer, row, 1),
                                  .sentence = text(*answer, row, 2),
                                  .hint = text(*answer, row, 3)});
    }
    co_return found;
}

} // namespace tasker::queue
