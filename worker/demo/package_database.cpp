#include "package_database.hpp"

#include <charconv>
#include <map>
#include <set>
#include <string_view>

namespace demo {

namespace {

using paragraph = std::map<std::string, std::string, std::less<>>;

std::string_view trim(std::string_view text) {
    auto const first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// False at the end of the input.
bool read_paragraph(std::istream& from, paragraph& fields) {
    fields.clear();
    std::string line;
    std::string* last = nullptr;
    while (std::getline(from, line)) {
        if (trim(line).empty()) {
            if (!fields.empty()) {
                return true;
            }
        } else if (line.front() == ' ' || line.front() == '\t') {
            if (last != nullptr) { // continuation of a long value
                *last += '\n';
                *last += trim(line);
            }
        } else if (auto const colon = line.find(':'); colon != std::string::npos) {
            last = &fields[line.substr(0, colon)];
            *last = trim(std::string_view{line}.substr(colon + 1));
        }
    }
    return !fields.empty();
}

std::string_view field(paragraph const& fields, std::string_view name) {
    auto const found = fields.find(name);
    return found == fields.end() ? std::string_view{} : std::string_view{found->second};
}

/// "libc6 (>= 2.34), debconf (>= 0.5) | debconf-2.0, perl:any" -> libc6, debconf, debconf-2.0, perl
void add_names(std::string_view relation, std::set<std::string>& to) {
    while (!relation.empty()) {
        auto const end = relation.find_first_of(",|");
        auto const one = trim(relation.substr(0, end));
        auto const name = trim(one.substr(0, one.find_first_of(" (:[<\n\t")));
        if (!name.empty()) {
            to.emplace(name);
        }
        relation.remove_prefix(end == std::string_view::npos ? relation.size() : end + 1);
    }
}

package to_package(paragraph const& fields) {
    package made;
    made.name = field(fields, "Package");
    auto const section = field(fields, "Section");
    made.section = section.empty() ? "unknown" : section;
    auto const size = field(fields, "Installed-Size");
    std::from_chars(size.data(), size.data() + size.size(), made.installed_size_kb);
    std::set<std::string> names;
    add_names(field(fields, "Depends"), names);
    add_names(field(fields, "Pre-Depends"), names);
    made.depends.assign(names.begin(), names.end());
    return made;
}

} // namespace

std::vector<package> read_package_database(std::istream& from) {
    std::vector<package> packages;
    paragraph fields;
    while (read_paragraph(from, fields)) {
        if (field(fields, "Status") == "install ok installed") {
            packages.push_back(to_package(fields));
        }
    }
    return packages;
}

} // namespace demo
