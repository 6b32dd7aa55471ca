#include "tasker/base/host_rule.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tasker {
namespace {

TEST(HostRule, AdmitsAddressesAndLocalhostWithoutASetting) {
    host_rule const rule{"http.allowed_hosts", {}};
    for (auto const* each :
         {"127.0.0.1", "127.0.0.1:8080", "10.1.2.3:80", "[::1]", "[::1]:8080", "[fe80::1]:1",
          "localhost", "LOCALHOST:8080", "localhost.", "localhost:", ""}) {
        EXPECT_TRUE(host_rule::is_well_formed(each)) << each;
        EXPECT_TRUE(rule.admits(each)) << each;
    }
}

TEST(HostRule, AdmitsOnlyTheNamesOfTheSetting) {
    host_rule const rule{"http.allowed_hosts", {"Orchestrator", "api.example.org."}};
    for (auto const* each :
         {"orchestrator:8080", "ORCHESTRATOR", "api.example.org", "api.example.org."}) {
        EXPECT_TRUE(rule.admits(each)) << each;
    }
    for (auto const* each :
         {"evil.example", "evil.example:8080", "example.org", "localhost.evil.example",
          "127.0.0.1.evil.example", "x.api.example.org", "127.1", "2130706433", "localhost..",
          "orchestrator_"}) {
        EXPECT_TRUE(host_rule::is_well_formed(each)) << each;
        EXPECT_FALSE(rule.admits(each)) << each;
    }
    EXPECT_EQ(rule.refusal("evil.example:1"),
              "host \"evil.example:1\" is not allowed; use the IP address or localhost, or "
              "add the name to http.allowed_hosts");
}

TEST(HostRule, FindsMalformedHosts) {
    for (auto const* each :
         {"x y/z", "a:b", "a:1:2", "a:123456", "[::1", "[::1]x", "[x]", "[]", "[", "::1",
          "user@localhost", "localhost/", "a,b", "%6c", ":80", "-"}) {
        EXPECT_FALSE(host_rule::is_well_formed(each)) << each;
    }
    EXPECT_FALSE(host_rule::is_well_formed(std::string(256, 'a')));
    EXPECT_FALSE(host_rule::is_well_formed(std::string{"[::1\0x]", 7}));
}

TEST(HostRule, TakesNamesWithoutPortsInTheSetting) {
    EXPECT_EQ(host_rule::name_problem("orchestrator"), std::nullopt);
    EXPECT_EQ(host_rule::name_problem("tasker.ns.svc.cluster.local"), std::nullopt);
    for (auto const* each : {"", "*", "http://a", "a b", "-a"}) {
        EXPECT_TRUE(host_rule::name_problem(each)) << each;
    }
    EXPECT_EQ(host_rule::name_problem("a:80"),
              "\"a:80\" must be a host name without scheme and port, as in \"tasker.example.org\"");
}

} // namespace
} // namespace tasker
