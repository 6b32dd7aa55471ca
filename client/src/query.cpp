#include "query.hpp"

#include "tasker/base/percent.hpp"

namespace tasker::client {

void add_query(std::string& target, std::string_view name, std::string_view value) {
    target += target.find('?') == std::string::npos ? '?' : '&';
    target += name;
    target += '=';
    target += percent_encode(value);
}

} // namespace tasker::client
