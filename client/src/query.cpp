#include "query.hpp"

#include "tasker/base/percent.hpp"

namespace tasker::client {

void add_query(std::string& target, std::string_view name, std::string_view value) {
    target += target.find('?') == std::string::npos ? '?' : '&';
    target += name;
    target += '=';
    target += percent_encode(value);
}

void add_optional(std::string& target, std::string_view name,
                  std::optional<std::string> const& value) {
    if (value) {
        add_query(target, name, *value);
    }
}

void add_page(std::string& target, page_request const& part) {
    add_query(target, "limit", std::to_string(part.limit));
    if (part.cursor) {
        add_query(target, "cursor", *part.cursor);
    }
}

} // namespace tasker::client
