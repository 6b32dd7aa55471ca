#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker {

/// The hosts that a request to an HTTP port may name in its Host field or absolute target.
///
/// A web page can point its own host name at 127.0.0.1 (DNS rebinding). Its scripts then read from
/// the port as from their own site. Such a request names the page's host, so names are refused
/// unless a setting lists them. IP addresses and "localhost" cannot be rebound and are always
/// allowed.
///
/// Threads: const members from any thread.
class host_rule {
public:
    /// `setting`: the path of the setting for messages, "http.allowed_hosts". `names`: without
    /// ports, in any case.
    host_rule(std::string_view setting, std::vector<std::string> names);

    /// `authority`: a host with an optional port. An empty one is allowed: no browser sends it.
    /// REQUIRES: it is_well_formed().
    bool admits(std::string_view authority) const;

    /// The message for a refused host: that it is not allowed, and what to do.
    std::string refusal(std::string_view authority) const;

    /// True if the text is a host with an optional port, or empty (RFC 9110, 7.2). A host is an
    /// IPv4 address, an IPv6 address in brackets or a name.
    static bool is_well_formed(std::string_view authority);

    /// Why the setting may not list the text; none if it may.
    static std::optional<std::string> name_problem(std::string_view text);

private:
    std::string setting_;
    std::vector<std::string> names_; ///< in lower case
};

/// The parts of a request target like "http://host:80/path?query" (RFC 9112, 3.2.2).
struct absolute_target {
    std::string_view authority; ///< well-formed and not empty
    std::string_view path;      ///< with the query; may be empty
};

/// None if the target has another form. Case of the scheme does not count.
std::optional<absolute_target> parse_absolute_target(std::string_view target);

} // namespace tasker
